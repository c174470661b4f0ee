package table

// One guest of a table may overrule its members: what it says of a tag is what readers are told,
// whatever members have said and will say meanwhile. That is kept beneath, so that it is there again
// when the guest is silent. Numbers of the guest are added to theirs like any other's.
//
// It is an operator's word, so nothing but Withdraw takes it away: it does not end by itself, is
// not cleared, and makes room for nobody. The life that it is given is what readers are told.

// Overruler makes the guest that overrules the others, as Guest does. There must not be one.
func (t *Table) Overruler(label string, order int) *Lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = t.invite(label, order)
	return t.over
}

// isOver reports whether a share is the overruler's.
func (s *shard) isOver(h head) bool { return s.table.over != nil && h.lane == s.table.over.id }

// overruled reports whether the overruler has a share of a row.
func (s *shard) overruled(r *row) bool {
	over := s.table.over
	if over == nil {
		return false
	}
	_, ok := find(s.heads(r), over.id)
	return ok
}

// orders are the cells of the overruler's share of a row, nil if it has none.
func (s *shard) orders(r *row) []uint32 {
	over := s.table.over
	if over == nil {
		return nil
	}
	if i, ok := find(s.heads(r), over.id); ok {
		return s.cells(r, i)
	}
	return nil
}

// Withdraw takes a guest's share of a key out of the sum, and reports whether there was one. Readers
// are told the rest at once; if nothing else counts in the row it goes to them once more, as zeros,
// since nothing else makes HAProxy forget it.
func (t *Table) Withdraw(now int64, l *Lane, key []byte) bool {
	h := t.hash(key)
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := &t.shards[shardOf(h)]
	s.mu.Lock()
	defer s.mu.Unlock()
	id, i, ok := s.findShare(uint32(h), l.id, key)
	if !ok || t.lanes[l.id] != l {
		return false
	}
	s.clock = max(s.clock, tickOf(now))
	s.align(id)
	s.removeShare(id, i)
	r := s.rows.at(id)
	s.relive(r)
	if !r.counts() && !r.zeroed {
		s.blank(id, now)
		return true
	}
	s.touch(id)
	return true
}
