package fakepeer

import (
	"context"
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"

	"tallystick/internal/stick"
)

// Change is what happens to one value of an entry. Make it with Set, Add or Text.
type Change struct {
	column stick.DataType
	index  int
	value  uint64
	add    bool
	text   string
}

// Set sets a value, as "set table" of HAProxy's CLI does: of a rate the events of a
// window that begins now.
func Set(c stick.DataType, v uint64) Change { return Change{column: c, value: v} }

// Add counts v more: in a rate v events.
func Add(c stick.DataType, v uint64) Change { return Change{column: c, value: v, add: true} }

// Text sets a value of type text.
func Text(c stick.DataType, s string) Change { return Change{column: c, text: s} }

// At is the same change of element i of an array.
func (c Change) At(i int) Change {
	c.index = i
	return c
}

// Key converts a key from the way in which people write it: "192.0.2.1", "2001:db8::1",
// "7"; strings and binary keys are as they are.
func Key(t stick.KeyType, s string) string {
	switch t {
	case stick.Integer:
		v, _ := strconv.ParseUint(s, 10, 32)
		return string(binary.BigEndian.AppendUint32(nil, uint32(v)))
	case stick.IPv4, stick.IPv6:
		a, _ := netip.ParseAddr(s)
		return string(a.AsSlice())
	}
	return s
}

// Touch changes an entry of the node's own doing, and pushes it. The entry is made if
// there is none. key is as on the wire. It panics if the table or a column is unknown.
func (n *Node) Touch(table, key string, changes ...Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	t, e := n.change(now, table, key, changes)
	t.touch(now, e)
	n.notify()
	if n.link != nil {
		n.link.poke()
	}
}

// Learn changes an entry as one of the node's other peers would have it: it is taught, and not
// pushed, until it is touched.
func (n *Node) Learn(table, key string, changes ...Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	t, e := n.change(now, table, key, changes)
	e.live(now, t.schema.Expire)
	t.learn(e)
	n.notify()
}

// pad fills a binary key with zeros to the length of the table.
func pad(s *stick.Schema, key string) string {
	if s.KeyType == stick.Binary {
		return key + string(make([]byte, max(0, int(s.KeyLen)-len(key))))
	}
	return key
}

// change makes changes to an entry, which is made if there is none. n.mu is held.
func (n *Node) change(now time.Time, name, key string, changes []Change) (*table, *entry) {
	t := n.table(name)
	e := t.get(now, pad(t.schema, key))
	for _, c := range changes {
		t.change(n.clock(now), e, c)
	}
	return t, e
}

func (t *table) change(clock uint32, e *entry, c Change) {
	words, col := t.words(e.vals, c.column)
	switch {
	case c.column.Kind() == stick.Text:
		e.text = c.text
	case c.column.Kind() == stick.Rate && c.add:
		rate(words[3*c.index:][:3]).count(clock, col.Period, c.value)
	case c.column.Kind() == stick.Rate:
		copy(words[3*c.index:], []uint64{uint64(clock &^ 1), c.value, 0})
	case c.add:
		words[c.index] += c.value
	default:
		words[c.index] = c.value
	}
}

func (n *Node) table(name string) *table {
	for _, t := range n.tables {
		if t.schema.Name == name {
			return t
		}
	}
	panic("fakepeer: no table " + name)
}

// Clear removes an entry without a word, as "clear table" and evictions do.
func (n *Node) Clear(table, key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.table(table).entries, key)
}

// Read returns what an ACL of the node would read: a counter, a rate of the moment, of an
// array its first element. ok: there is such an entry.
func (n *Node) Read(table, key string, c stick.DataType) (v uint64, ok bool) {
	return n.ReadAt(table, key, c, 0)
}

// ReadAt is Read for element i of an array.
func (n *Node) ReadAt(table, key string, c stick.DataType, i int) (v uint64, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	t := n.table(table)
	e := t.find(now, pad(t.schema, key))
	if e == nil {
		return 0, false
	}
	if words, col := t.words(e.vals, c); c.Kind() == stick.Rate {
		return rate(words[3*i:][:3]).read(n.clock(now), col.Period), true
	} else {
		return words[i], true
	}
}

// Row returns an entry as the node would send it now.
func (n *Node) Row(table, key string) (row stick.Row, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	t := n.table(table)
	e := t.find(now, pad(t.schema, key))
	if e == nil {
		return stick.Row{}, false
	}
	return t.row(now, n.clock(now), e), true
}

// Keys returns the keys of the entries of a table, in no order.
func (n *Node) Keys(table string) (keys []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, now := n.table(table), time.Now()
	for key := range t.entries {
		if t.find(now, key) != nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// Progress returns, by number of change, what a table has of its own, pushed in this
// session, and was acked.
func (n *Node) Progress(table string) (counter, pushed, acked uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := n.table(table)
	return t.counter, t.pushed, t.acked
}

// Stats returns the counters of the node.
func (n *Node) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.stats
	s.Up, s.Learned = n.link != nil, n.upToDate(time.Now())
	return s
}

// Misbehave replaces what the node does wrong; the zero value ends it.
func (n *Node) Misbehave(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
}

func (n *Node) currentFaults() Faults {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.faults
}

// Send says raw bytes between two messages of the session, if there is one.
func (n *Node) Send(raw []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.link != nil {
		n.link.out = append(n.link.out, raw...)
		n.link.poke()
	}
}

// WaitFor waits until ok, which may call the node's methods, or the end of ctx. It looks
// whenever the node changes, and every 10 ms for what depends on time.
func (n *Node) WaitFor(ctx context.Context, ok func() bool) error {
	for !ok() {
		n.mu.Lock()
		changed := n.changed
		n.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
