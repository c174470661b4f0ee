package table

// zeroLife is the life, in ms, with which a cleared row goes to readers: HAProxy forgets an
// entry whose life is over, and nothing else makes it (peers protocol, "Expiry").
const zeroLife = 1000

// zeroStays is for how long a cleared row is kept for readers that are behind, in ms.
const zeroStays = 10_000

// Clear forgets all shares of a key until their members report it again. The row goes to
// readers once more, as zeros, or as what the overruler says, whose share stays. It reports
// whether there was anything to forget.
func (t *Table) Clear(now int64, key []byte) bool {
	h := t.hash(key)
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := &t.shards[shardOf(h)]
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.findRow(uint32(h), key)
	if id == 0 || !s.clearable(id) {
		return false
	}
	s.zero(id, now)
	return true
}

// clearable reports whether a row has shares that can be forgotten.
func (s *shard) clearable(id uint32) bool {
	r := s.rows.at(id)
	return !r.blank() && (int(r.shares) > 1 || !s.overruled(r))
}

// ClearAll forgets all shares of all keys, as Clear does, and returns how many rows that were.
func (t *Table) ClearAll(now int64) (n int) {
	for i := range t.shards {
		s := &t.shards[i]
		for from, more := uint32(1), true; more; from += stride {
			t.mu.RLock()
			s.mu.Lock()
			for id := s.rows.next(from, from+stride); id != 0; id = s.rows.next(id+1, from+stride) {
				if s.clearable(id) {
					s.zero(id, now)
					n++
				}
			}
			more = from+stride < s.rows.end()
			s.mu.Unlock()
			t.mu.RUnlock()
		}
	}
	return n
}

// zero makes a row one that is cleared.
func (s *shard) zero(id uint32, now int64) {
	r := s.rows.at(id)
	for i := int(r.shares) - 1; i >= 0; i-- {
		if !s.isOver(s.heads(r)[i]) {
			s.removeShare(id, i)
		}
	}
	if r.shares > 0 {
		s.relive(r)
		s.touch(id)
		return
	}
	s.blank(id, now)
}

// blank makes a row in which nothing counts go to readers once, as zeros.
func (s *shard) blank(id uint32, now int64) {
	r := s.rows.at(id)
	r.zeroed, r.lives = true, tickOf(now)+ticks(zeroStays)
	s.touch(id)
	s.schedule(id, r.lives)
}
