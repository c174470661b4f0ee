package table

import "tallystick/internal/stick"

// keep takes what was reported, and is in news, for a share that does not count. The sum and
// the row's life are not its business; that something of it ends is.
func (s *shard) keep(id uint32, i int, in *stick.Row, first bool, now int64) {
	r := s.rows.at(id)
	h, cells := &s.heads(r)[i], s.cells(r, i)
	copy(cells, s.news)
	if !in.Replay || first {
		h.until = until(in, now)
		s.schedule(id, h.until)
	}
	s.schedule(id, s.windowEnd(cells, now))
	if r.counts() {
		return
	}
	r.touched, r.passed = s.clock, true // nobody has been told of it: this is only for who is to be evicted
	if r.link == (link{}) {
		s.insert(id, ends) // every row is in the list. Readers pass it, whenever they come by
	}
}
