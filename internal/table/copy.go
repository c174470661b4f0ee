package table

import (
	"slices"

	"tallystick/internal/stick"
)

// copying is the shares of a lane on their way to another table, a few at a time.
type copying struct {
	now          int64
	from, to     *Lane
	told, untold Rows     // by whether the peer has mentioned them in its lesson
	held         [][]byte // keys of which something was held back
	refused      int
}

// CopyTo applies what the lane's peer has last reported to another lane of the same peer: a
// new one, in another table, with the same definition. Values, windows of rates and the lives
// that are left are kept, and what the peer has mentioned in a lesson counts as mentioned
// there, too. Columns that did not count here are zeros there. It returns how many rows did
// not go over, since there are too many; as with Apply, rows that came first may have to make
// room for others. The lane stays as it is.
//
// Both lanes belong to the caller. No lock is held across the tables, and none for long.
func (l *Lane) CopyTo(now int64, to *Lane) (refused int) {
	if a, b := l.Schema(), to.Schema(); !a.SameKeys(b) || !slices.Equal(a.Columns, b.Columns) {
		return l.Contributions() // they would be read wrongly
	}
	c := &copying{now: now, from: l, to: to}
	l.table.walk(c.collect, c.flush)
	return c.refused
}

// collect takes a share along, if it is one of the lane's. It is called under locks.
func (c *copying) collect(s *shard, id uint32) {
	l, r := c.from, s.rows.at(id)
	i, ok := find(s.heads(r), l.id)
	if !ok || s.table.lanes[l.id] != l || s.heads(r)[i].state&expired != 0 {
		return
	}
	h, rows := s.heads(r)[i], &c.told
	if h.lesson != l.lesson {
		rows = &c.untold
	}
	row := rows.add(s, r, l.schema.Words())
	row.Life = left(h.until, tickOf(c.now))
	for j := range l.columns {
		o := &l.columns[j]
		s.report(s.cells(r, i), s.plan.Ops[o.op:o.op+o.len], uint32(c.now), row, o.value)
	}
	if h.state&heldBack != 0 {
		c.held = append(c.held, row.Key)
	}
}

// flush applies what was collected.
func (c *copying) flush() {
	c.to.lesson = 0 // no lesson: what it marks was not mentioned in any
	c.apply(c.untold.Rows)
	c.to.lesson = c.from.lesson
	c.apply(c.told.Rows)
	for _, key := range c.held {
		c.to.table.holdBack(c.to, key)
	}
	c.held = c.held[:0]
	c.told.Reset()
	c.untold.Reset()
}

func (c *copying) apply(rows []stick.Row) {
	c.refused += c.to.table.Apply(c.now, c.to, rows, InLesson).Refused
}

// holdBack notes that less was reported of a lane's share than it holds.
func (t *Table) holdBack(l *Lane, key []byte) {
	h := t.hash(key)
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := &t.shards[shardOf(h)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, i, ok := s.findShare(uint32(h), l.id, key); ok {
		s.heads(s.rows.at(id))[i].state |= heldBack
	}
}
