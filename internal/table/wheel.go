package table

// The wheel finds the rows in which something ends: a share's life, a window of a rate, the
// time until a row is pushed again. Each row is in at most one bucket, that of its earliest
// due modulo the number of buckets; a row that is due in a later turn stays where it is.
// It is looked at once a turn (four minutes), which costs less than finer wheels.
const buckets = 1 << 12

// schedule makes a row due at a tick, if that is earlier than it is due already.
func (s *shard) schedule(id, due uint32) {
	if due == never {
		return
	}
	due = max(due, s.clock+1)
	r := s.rows.at(id)
	if r.due <= due {
		return
	}
	s.unschedule(id)
	if s.wheel == nil {
		s.wheel = make([]uint32, buckets)
	}
	r.due = due
	head := &s.wheel[due%buckets]
	r.wheel = link{next: *head}
	if *head != 0 {
		s.rows.at(*head).wheel.prev = id
	}
	*head = id
}

// unschedule makes a row never due.
func (s *shard) unschedule(id uint32) {
	r := s.rows.at(id)
	if r.due == never {
		return
	}
	if r.wheel.prev != 0 {
		s.rows.at(r.wheel.prev).wheel.next = r.wheel.next
	} else {
		s.wheel[r.due%buckets] = r.wheel.next
	}
	if r.wheel.next != 0 {
		s.rows.at(r.wheel.next).wheel.prev = r.wheel.prev
	}
	r.due, r.wheel = never, link{}
}

// advance settles rows that are due until now, at most n of them, and reports whether
// there are more.
func (s *shard) advance(now int64, n int) (more bool) {
	tick := tickOf(now)
	if s.wheel == nil {
		s.clock = max(s.clock, tick)
		return false
	}
	if tick-s.clock > buckets && tick > s.clock { // we were suspended: one turn finds everything
		s.clock = tick - buckets
	}
	for ; s.clock < tick; s.clock++ {
		for id := s.wheel[(s.clock+1)%buckets]; id != 0; {
			r := s.rows.at(id)
			next := r.wheel.next
			if r.due <= s.clock+1 {
				if n--; n < 0 {
					return true
				}
				s.unschedule(id)
				s.settle(id, now)
			}
			id = next
		}
	}
	return false
}

// Advance carries out what is due by time alone: lives that end, windows of rates, rows to
// be pushed again. To be called about every 50 ms; it costs next to nothing when nothing
// is due. Changes tells whether readers have something new.
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

// Changes counts the times that a row has become due to readers. It takes no lock.
func (t *Table) Changes() (n uint64) {
	for i := range t.shards {
		n += t.shards[i].version.Load()
	}
	return n
}
