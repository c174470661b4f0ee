package table

import (
	"cmp"
	"slices"

	"tallystick/internal/stick"
)

// Entry is a row as an observer sees it. It is a copy.
type Entry struct {
	stick.Row               // the sum; zeros with a life of 0 if no share counts
	Schema    *stick.Schema // of the sum and of all shares
	Shares    []Share       // in the order of the configuration

	// Deciders are the lanes whose value a tag or a text of the sum is, by column and element; nil
	// elsewhere, and where nobody has one. Only Get tells them, and only if there are such columns.
	Deciders []*Lane
}

// Share is what one lane last reported for a key. Values are those of the sum's schema;
// columns that the lane does not have are 0.
type Share struct {
	stick.Row
	Label   string // of the lane
	order   int
	Expired bool  // it counts nothing any more
	Lane    *Lane // whose it is
	Standby bool  // its lane does not count: another one's share is in the sum in its place
}

// Place is where a Scan goes on. The zero value is the start.
type Place struct {
	Bare  bool // entries come without their shares, which are most of the work
	shard int
	row   uint32
}

// Scan calls f for up to max rows and moves p behind them. It reports whether there are
// more. f is called outside of all locks; between two calls of Scan rows may come and go.
func (t *Table) Scan(now int64, p *Place, max int, f func(*Entry)) (more bool) {
	var entries []Entry
	t.mu.RLock()
	for p.shard < shards && len(entries) < max && t.plan != nil {
		s := &t.shards[p.shard]
		s.mu.Lock()
		id := s.rows.next(p.row+1, never)
		for ; id != 0 && len(entries) < max; id = s.rows.next(id+1, never) {
			if r := s.rows.at(id); (r.due > tickOf(now) || s.settle(id, now)) && !r.blank() {
				entries = append(entries, s.entry(r, now, p.Bare))
			}
			p.row = id
		}
		if id == 0 {
			p.shard, p.row = p.shard+1, 0
		}
		s.mu.Unlock()
	}
	more = p.shard < shards && t.plan != nil
	t.mu.RUnlock()
	for i := range entries {
		f(&entries[i])
	}
	return more
}

// Get calls f for the row of one key, outside of all locks, and reports whether there is one.
func (t *Table) Get(now int64, key []byte, f func(*Entry)) bool {
	h := t.hash(key)
	s := &t.shards[shardOf(h)]
	t.mu.RLock()
	s.mu.Lock()
	id := s.findRow(uint32(h), key)
	if id == 0 || s.rows.at(id).due <= tickOf(now) && !s.settle(id, now) || s.rows.at(id).blank() {
		s.mu.Unlock()
		t.mu.RUnlock()
		return false
	}
	e := s.entry(s.rows.at(id), now, false)
	e.Deciders = s.deciders(s.rows.at(id))
	s.mu.Unlock()
	t.mu.RUnlock()
	f(&e)
	return true
}

// entry copies a row; bare without its shares.
func (s *shard) entry(r *row, now int64, bare bool) Entry {
	n := s.plan.Schema.Words()
	e := Entry{Schema: s.plan.Schema}
	e.Key = s.keys.append(nil, r.key)
	e.Values = make([]uint64, n)
	s.say(r, uint32(now), &e.Row)
	if r.counts() {
		e.Life = capped(left(r.lives, tickOf(now)), s.plan.Schema.Expire)
	}
	if bare {
		return e
	}
	for i, h := range s.heads(r) {
		e.Shares = append(e.Shares, s.shareEntry(h, s.cells(r, i), n, now))
	}
	sortShares(e.Shares)
	return e
}

func (s *shard) shareEntry(h head, cells []uint32, n int, now int64) Share {
	l := s.table.lanes[h.lane]
	c := Share{Label: l.label, order: l.order, Expired: h.state&expired != 0, Lane: l, Standby: s.standby(h)}
	c.Values = make([]uint64, n)
	s.report(cells, s.plan.Ops, uint32(now), &c.Row, 0)
	c.Life = left(h.until, tickOf(now))
	if !s.isOver(h) { // whose lives are its own
		c.Life = capped(c.Life, l.schema.Expire)
	}
	return c
}

// sortShares puts shares into the order of the configuration, those of one peer by their label.
func sortShares(l []Share) {
	slices.SortFunc(l, func(a, b Share) int { return cmp.Or(a.order-b.order, cmp.Compare(a.Label, b.Label)) })
}

// capped is a life that was kept in ticks as nobody could see it longer than it began.
func capped(life, expire uint32) uint32 {
	if expire == 0 || life == stick.Forever {
		return life
	}
	return min(life, expire)
}
