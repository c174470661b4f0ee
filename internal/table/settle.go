package table

import "tallystick/internal/aggregate"

// settle brings a row to now: windows of rates that have ended, shares whose life is over,
// the time to push it again. It makes the row due at what ends next. It reports whether
// the row is still there: it goes with its last share. What happens to shares that do not
// count is nothing to readers.
func (s *shard) settle(id uint32, now int64) (there bool) {
	tick := tickOf(now)
	s.align(id)
	r := s.rows.at(id)
	due := uint32(never)
	if r.zeroed {
		if due = r.lives; due <= tick {
			r.zeroed, r.lives, due = false, 0, never // all have been told
		}
	}
	gone, bent := false, false
	var uneven uint64
	heads := s.heads(r)
	for i := range heads {
		h := &heads[i]
		if h.state&expired != 0 {
			continue
		}
		if s.plan.Rates {
			ended, more := s.roll(r, i, uint32(now))
			bent, uneven = bent || ended, uneven+more
		}
		if h.until <= tick && !s.holds(r, i) {
			s.expire(r, i)
			s.expired++
			gone = gone || h.state&idle == 0
			continue
		}
		due = min(due, s.windowEnd(s.cells(r, i), now), nextLook(h.until, tick))
	}
	if r.live == 0 && !r.zeroed {
		s.removeRow(id)
		s.emptied++
		return false
	}
	if gone {
		s.relive(r)
	}
	if !r.counts() {
		r.debt, r.refresh = 0, never // the row is not read
	} else if gone || bent && uint64(r.debt)+uneven > 1 || r.refresh <= tick {
		s.touch(id)
	}
	r.due = never
	s.schedule(id, max(min(due, r.refresh), tick+1))
	return true
}

// roll ends the windows of a share's rates that are over, and adds to the row's debt what
// readers do not know of them. It reports whether any has ended, and |prev - curr| of those
// that go on: readers have one window for all members, which ends at the mean of theirs, so
// once any member's has ended they may bend too early for the members who are left.
func (s *shard) roll(r *row, i int, now32 uint32) (ended bool, uneven uint64) {
	cells := s.cells(r, i)
	counts := s.heads(r)[i].state&idle == 0
	for j := range s.plan.Ops {
		o := &s.plan.Ops[j]
		if o.Rule != aggregate.Rate {
			continue
		}
		old := aggregate.WindowOf(cells[o.Cell:])
		w, debt := old.Roll(now32, o.Period)
		if !counts {
			w.Put(cells[o.Cell:])
			continue
		}
		if w == old {
			uneven += uint64(max(w.Prev, w.Curr) - min(w.Prev, w.Curr))
			continue
		}
		ended = true
		if k := s.kept(r); k != nil {
			aggregate.FoldRate(k[o.Word:], old, w, baseOf(k))
		}
		w.Put(cells[o.Cell:])
		r.owe(debt)
	}
	return ended, uneven
}

// holds reports whether the peer keeps the entry alive though it sends nothing: HAProxy does
// so while connections use it, and conn_cur tells. The overruler says itself when it is over.
func (s *shard) holds(r *row, i int) bool {
	return s.isOver(s.heads(r)[i]) || s.plan.Gauge >= 0 && s.cells(r, i)[s.plan.Ops[s.plan.Gauge].Cell] > 0 &&
		s.table.lanes[s.heads(r)[i].lane].up.Load()
}

// nextLook is when a share whose life ends at until must be looked at: then, or, if it is
// held beyond that, a little later.
func nextLook(until, tick uint32) uint32 {
	if until > tick {
		return until
	}
	return tick + 1000>>tickShift
}

// expire makes a share count nothing. It shows as expired as long as its row lives.
func (s *shard) expire(r *row, i int) {
	h := &s.heads(r)[i]
	s.fold(r, i, nil)
	h.state |= expired
	r.live--
	s.table.lanes[h.lane].live.Add(-1)
	s.redecide(r, uint64(h.lane))
}
