package table

// makeRoom takes a row from the budget, and reports whether there was one or another made
// room for it. If the budget was lowered a second one goes, so that the limit is reached.
func (s *shard) makeRoom(l *Lane) bool {
	b := s.table.budget
	if b.take() {
		return true
	}
	if l == s.table.over || !s.evict(l) { // what an operator has said does not make room for itself
		b.refused.Add(1)
		return false
	}
	if b.full() {
		s.evict(l)
	}
	b.used.Add(1)
	return true
}

// Sizes of the sample from which a row is chosen to make room for another: that many of the
// lane's own, and that many looked at to find them.
const (
	sample = 16
	looks  = 256
)

// evict removes a row to make room for another of the same lane: one in which no other lane
// counts, the oldest of a sample. It reports whether there was one. It looks into this shard
// alone: what a lane fills elsewhere it does not lose here.
func (s *shard) evict(l *Lane) bool {
	var oldest uint32
	for looked, own := 0, 0; looked < looks && own < sample; looked++ {
		id := s.draw()
		if looked >= looks-sample { // many places are free: whoever lies behind them
			id = s.rows.next(max(id, 1), never)
		}
		if !s.rows.has(id) || !s.evictable(id, l) {
			continue
		}
		own++
		if oldest == 0 || s.rows.at(id).touched < s.rows.at(oldest).touched {
			oldest = id
		}
	}
	if oldest == 0 {
		return false
	}
	s.removeRow(oldest)
	s.table.budget.evicted.Add(1)
	return true
}

// draw is a place of a row by chance, whether there is one or not.
func (s *shard) draw() uint32 {
	s.dice ^= s.dice << 13
	s.dice ^= s.dice >> 7
	s.dice ^= s.dice << 17
	return uint32(s.dice>>32) % s.rows.memory()
}

// evictable reports whether a row that the lane feeds may go for another of the lane's: no
// other lane's share counts in it. Copies that replicas keep in reserve do not keep it.
func (s *shard) evictable(id uint32, l *Lane) bool {
	r := s.rows.at(id)
	if i, ok := find(s.heads(r), l.id); !ok || s.heads(r)[i].state&expired != 0 {
		return false
	}
	s.align(id)
	if r.live == 1 || r.zeroed {
		return !r.zeroed // readers are still to be told
	}
	for _, h := range s.heads(r) {
		if h.lane != l.id && h.state&(expired|idle) == 0 {
			return false
		}
	}
	return true
}
