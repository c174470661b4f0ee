package table

import "slices"

// Something ends in rows without an update: a share's life, a window of a rate, the time
// until a row is pushed again. Each row knows at which tick the first of that is (due), each
// group of 16 rows the earliest of theirs, and each chunk of rows the earliest of its groups. So
// to find what is due costs a look at one number for a thousand rows, and to schedule a row writes three
// numbers and touches no other row. A group may be early, never late: it learns better when
// it is looked at.
type dues struct {
	chunks []uint32
	groups []uint32
}

const (
	groupShift = 4
	group      = 1 << groupShift
)

// reach sees to it that there are groups for a row.
func (d *dues) reach(id uint32) {
	for int(id>>mostShift) >= len(d.chunks) {
		d.chunks = append(d.chunks, never)
		for range mostPlaces / group {
			d.groups = append(d.groups, never)
		}
	}
}

// lower notes that a row is due at a tick.
func (d *dues) lower(id, due uint32) {
	if g := &d.groups[id>>groupShift]; due < *g {
		*g = due
		c := &d.chunks[id>>mostShift]
		*c = min(*c, due)
	}
}

// schedule makes a row due at a tick, if that is earlier than it is due already.
func (s *shard) schedule(id, due uint32) {
	r := s.rows.at(id)
	if r.due <= due {
		return
	}
	r.due = max(due, s.clock+1)
	s.dues.lower(id, r.due)
}

// advance settles rows that are due until now, about n of them, and reports whether there
// are more.
func (s *shard) advance(now int64, n int) (more bool) {
	tick := tickOf(now)
	s.clock = max(s.clock, tick)
	for int(s.swept) < len(s.dues.chunks) {
		if s.dues.chunks[s.swept] > tick {
			s.swept++
			continue
		}
		if n <= 0 {
			return true
		}
		n -= s.advanceChunk(s.swept, tick, now, n)
	}
	s.swept = 0
	return false
}

// advanceChunk settles those rows of a chunk that are due, group by group until n are, and
// returns how many. What is left is due still.
func (s *shard) advanceChunk(c, tick uint32, now int64, n int) (done int) {
	groups := s.dues.groups[c<<(mostShift-groupShift):][:mostPlaces/group]
	for g := range groups {
		if groups[g] > tick || done >= n {
			continue
		}
		groups[g] = never
		from := c<<mostShift | uint32(g)<<groupShift
		s.aheadOfGroup(from, tick)
		for id := s.rows.next(from, from+group); id != 0; id = s.rows.next(id+1, from+group) {
			if s.rows.at(id).due <= tick {
				s.settle(id, now)
				done++
			} else {
				groups[g] = min(groups[g], s.rows.at(id).due)
			}
		}
	}
	s.dues.chunks[c] = slices.Min(groups)
	return done
}

// Advance carries out what is due by time alone: lives that end, windows of rates, rows to
// be pushed again. To be called about every 50 ms while NextDue says that something is due.
// Changes tells whether readers have something new.
func (t *Table) Advance(now int64) {
	for i := range t.shards {
		s := &t.shards[i]
		for more := true; more; {
			t.mu.RLock()
			s.mu.Lock()
			more = s.advance(now, 256) // not longer under the lock than a batch takes
			s.mu.Unlock()
			t.mu.RUnlock()
		}
	}
}

// NextDue is the earliest time, in ms of the caller's clock, at which Advance may have
// something to do; now at least, and at most about eight years off. It may be early, but
// nothing is due before unless rows come meanwhile.
func (t *Table) NextDue(now int64) (ms int64) {
	due := uint32(never)
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for _, c := range s.dues.chunks {
			due = min(due, c)
		}
		s.mu.Unlock()
	}
	return max(now, int64(due)<<tickShift)
}

// Changes counts the times that a row has become due to readers. It takes no lock.
func (t *Table) Changes() (n uint64) {
	for i := range t.shards {
		n += t.shards[i].version.Load()
	}
	return n
}
