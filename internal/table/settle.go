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
	for sh := r.shares; sh != 0; sh = s.shares.at(sh).next {
		x := s.shares.at(sh)
		if x.state&expired != 0 {
			continue
		}
		if s.plan.Rates {
			ended, more := s.roll(id, sh, uint32(now))
			bent, uneven = bent || ended, uneven+more
		}
		if x.until <= tick && !s.holds(sh) {
			s.expire(sh)
			gone = gone || x.state&idle == 0
			continue
		}
		due = min(due, s.windowEnd(sh, now), s.nextLook(sh, tick))
	}
	if r.live == 0 && !r.zeroed {
		s.removeRow(id)
		return false
	}
	if gone {
		s.relive(id)
	}
	if !r.counts() {
		r.debt, r.refresh = 0, never // the row is not read
	} else if gone || bent && uint64(r.debt)+uneven > 1 || r.refresh <= tick {
		s.touch(id)
	}
	s.unschedule(id)
	s.schedule(id, max(min(due, r.refresh), tick+1))
	return true
}

// roll ends the windows of a share's rates that are over, and adds to the row's debt what
// readers do not know of them. It reports whether any has ended, and |prev - curr| of those
// that go on: readers have one window for all members, which ends at the mean of theirs, so
// once any member's has ended they may bend too early for the members who are left.
func (s *shard) roll(id, sh, now32 uint32) (ended bool, uneven uint64) {
	r, cells, sum := s.rows.at(id), s.shares.numbersAt(sh), s.rows.numbersAt(id)
	counts := s.shares.at(sh).state&idle == 0
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
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
		aggregate.FoldRate(sum[o.Word:], old, w, r.base)
		w.Put(cells[o.Cell:])
		if r.debt += debt; r.debt < debt {
			r.debt = never // so much that it does not matter how much
		}
	}
	return ended, uneven
}

// holds reports whether the peer keeps the entry alive though it sends nothing: HAProxy does
// so while connections use it, and conn_cur tells.
func (s *shard) holds(sh uint32) bool {
	return s.plan.Gauge >= 0 && s.shares.numbersAt(sh)[s.plan.Ops[s.plan.Gauge].Cell] > 0 &&
		s.table.lanes[s.shares.at(sh).lane].up.Load()
}

// nextLook is when the life of a share must be looked at: when it ends, or, for one that is
// held beyond that, a little later.
func (s *shard) nextLook(sh, tick uint32) uint32 {
	if until := s.shares.at(sh).until; until > tick {
		return until
	}
	return tick + 1000>>tickShift
}

// expire makes a share count nothing. It shows as expired as long as its row lives.
func (s *shard) expire(sh uint32) {
	x := s.shares.at(sh)
	s.fold(x.row, sh, nil)
	x.state |= expired
	s.rows.at(x.row).live--
	s.table.lanes[x.lane].live.Add(-1)
	s.redecide(x.row, uint64(x.lane))
}
