package fakepeer

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"tallystick/internal/stick"
)

// table is a stick table with its queue of changes. Guarded by the node's lock.
type table struct {
	id      uint32
	schema  *stick.Schema
	entries map[string]*entry
	counter uint32 // number of the last change, own or learned
	queue   []slot // own changes by number

	// By number of change, as "show peers" has them.
	acked  uint32 // by the peer, whatever the session
	pushed uint32 // last one pushed in this session
	origin uint32 // where a CONFIRM rewinds to
}

// slot is a change. It is void when its entry has changed again since, or is gone.
type slot struct {
	id    uint32
	entry *entry
}

type entry struct {
	key   string
	id    uint32   // number of its last change; learned ones are 2^31 ahead
	vals  []uint64 // as in stick.Row, but a rate has its start in place of its age
	text  string
	until time.Time // zero: for ever
}

func newTable(id uint32, s *stick.Schema) *table {
	return &table{id: id, schema: s, entries: map[string]*entry{}}
}

// inherit fills t with all that the table of the old process held, as learned from it.
// shift is what its clock lacks to that of the new one.
func (t *table) inherit(old *table, shift uint32) {
	for _, s := range old.lesson(0) {
		c := *s.entry
		c.vals = slices.Clone(c.vals)
		t.rates(c.vals, func(r rate, _ uint32) { r[0] = uint64(uint32(r[0]) + shift) })
		t.entries[c.key] = &c
		t.learn(&c)
	}
}

// get returns the entry of a key: a new one if there is none, or none that lives.
func (t *table) get(now time.Time, key string) *entry {
	e := t.find(now, key)
	if e == nil {
		e = &entry{key: key, vals: make([]uint64, t.schema.Words())}
		t.entries[key] = e
	}
	return e
}

// find returns the entry of a key, or nil. An expired one is gone.
func (t *table) find(now time.Time, key string) *entry {
	e := t.entries[key]
	if e != nil && e.gone(now) {
		delete(t.entries, key)
		return nil
	}
	return e
}

func (e *entry) gone(now time.Time) bool { return !e.until.IsZero() && !now.Before(e.until) }

// touch queues a change of the node's own and renews the entry's life.
func (t *table) touch(now time.Time, e *entry) {
	t.counter++
	e.id = t.counter
	e.live(now, t.schema.Expire)
	t.queue = append(t.queue, slot{e.id, e})
	if len(t.queue) > 2*len(t.entries)+1000 {
		t.queue = slices.DeleteFunc(t.queue, func(s slot) bool { return s.void(t) })
	}
}

// learn marks an entry as changed by the peer: it is not pushed, but taught.
func (t *table) learn(e *entry) {
	t.counter++
	e.id = t.counter + 1<<31
}

func (s slot) void(t *table) bool { return s.entry.id != s.id || t.entries[s.entry.key] != s.entry }

// live lets the entry live for ms from now on; 0 is for ever.
func (e *entry) live(now time.Time, ms uint32) {
	if e.until = (time.Time{}); ms != 0 {
		e.until = now.Add(time.Duration(ms) * time.Millisecond)
	}
}

// due returns the next change of the node's own behind the last one pushed, or nil.
func (t *table) due(now time.Time) *entry {
	i := sort.Search(len(t.queue), func(i int) bool { return int32(t.queue[i].id-t.pushed) > 0 })
	for ; i < len(t.queue); i++ {
		if s := t.queue[i]; !s.void(t) && !s.entry.gone(now) {
			return s.entry
		}
	}
	return nil
}

// lesson returns all entries by number, beginning behind origin.
func (t *table) lesson(origin uint32) []slot {
	all := make([]slot, 0, len(t.entries))
	for _, e := range t.entries {
		all = append(all, slot{e.id, e})
	}
	slices.SortFunc(all, func(a, b slot) int { return cmp.Compare(a.id-origin-1, b.id-origin-1) })
	return all
}

// rates calls f for each rate among vals.
func (t *table) rates(vals []uint64, f func(r rate, period uint32)) {
	for _, c := range t.schema.Columns {
		for i := 0; c.Type.Kind() == stick.Rate && i < c.Words(); i += 3 {
			f(rate(vals[i:i+3]), c.Period)
		}
		vals = vals[c.Words():]
	}
}

// words returns those of vals that belong to the column of type typ, and the column.
func (t *table) words(vals []uint64, typ stick.DataType) ([]uint64, stick.Column) {
	for _, c := range t.schema.Columns {
		if c.Type == typ {
			return vals[:c.Words()], c
		}
		vals = vals[c.Words():]
	}
	return nil, stick.Column{}
}

// row is the entry as it is sent: rates by age, what is left of its life.
func (t *table) row(now time.Time, clock uint32, e *entry) stick.Row {
	r := stick.Row{Key: []byte(e.key), Values: slices.Clone(e.vals), Text: e.text, Life: stick.Forever}
	if !e.until.IsZero() {
		r.Life = uint32(max(0, e.until.Sub(now).Milliseconds()))
	}
	t.rates(r.Values, func(r rate, _ uint32) { r[0] = uint64(clock - uint32(r[0])) })
	return r
}

// overwrite replaces what the peer has told of an entry: column by column, elements that
// both have, nothing added.
func (t *table) overwrite(clock uint32, e *entry, from *stick.Schema, row *stick.Row, connCur bool) {
	theirs := slices.Clone(row.Values)
	for _, c := range from.Columns {
		words := theirs[:c.Words()]
		theirs = theirs[c.Words():]
		for i := 0; c.Type.Kind() == stick.Rate && i < len(words); i += 3 {
			words[i] = uint64((clock - uint32(words[i])) &^ 1)
		}
		if c.Type != stick.ConnCur || connCur {
			to, _ := t.words(e.vals, c.Type)
			copy(to, words)
		}
		if c.Type == stick.ServerKey && t.schema.Column(c.Type) >= 0 {
			e.text = row.Text
		}
	}
}
