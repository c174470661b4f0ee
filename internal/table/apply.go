package table

import (
	"slices"

	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// How tells under what circumstances rows came.
type How uint8

const (
	// InLesson: the rows came in a lesson, so when their values changed is unknown.
	InLesson How = 1 << iota
	// Guarded: the peer may have lost its memory. A row with any counter lower than the one
	// held (elements of arrays included; not the gauge, rates, tags and texts) is not taken.
	Guarded
)

// Applied is what became of rows.
type Applied struct {
	Held    int  // not taken, since they were guarded and lower
	Refused int  // not taken, since there are too many rows
	Changed bool // readers have something new
}

// batch is how many rows are sorted by shard at once.
const batch = 256

// Apply replaces the lane's shares of some keys by what its peer has reported now. The rows
// are not kept. A lane belongs to one goroutine at a time.
//
// Rows are sorted by shard, so that a batch takes each lock once; in a shard the places of
// all rows are found before the first is folded, so that their misses overlap.
func (t *Table) Apply(now int64, l *Lane, rows []stick.Row, how How) (a Applied) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	t.updates.Add(uint64(len(rows)))
	if l.aside != "" || t.lanes[l.id] != l {
		return a
	}
	for len(rows) > 0 {
		n := min(len(rows), batch)
		t.applyBatch(now, l, rows[:n], how, &a)
		rows = rows[n:]
	}
	return a
}

// work is a lane's room for a batch. It makes Apply free of allocations.
type work struct {
	hashes  [batch]uint64
	order   [batch]uint16
	places  [batch]uint32
	touched uint32
}

func (t *Table) applyBatch(now int64, l *Lane, rows []stick.Row, how How, a *Applied) {
	w := &l.work
	var counts [shards + 1]uint16
	for i := range rows {
		h := t.hash(rows[i].Key)
		w.hashes[i] = h
		counts[shardOf(h)+1]++
	}
	for i := range shards {
		counts[i+1] += counts[i]
	}
	starts := counts
	for i := range rows {
		at := &starts[shardOf(w.hashes[i])]
		w.order[*at] = uint16(i)
		*at++
	}
	for i := range shards {
		if run := w.order[counts[i]:counts[i+1]]; len(run) > 0 {
			t.shards[i].applyRun(now, l, rows, run, how, a)
		}
	}
}

// applyRun applies those rows of a batch that are the shard's.
func (s *shard) applyRun(now int64, l *Lane, rows []stick.Row, run []uint16, how How, a *Applied) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.version.Load()
	if s.rows.used == 0 {
		s.clock = max(s.clock, tickOf(now)-1) // nothing can be due
	}
	s.ahead(l, run)
	w := &l.work
	for k, i := range run {
		sh, hash := w.places[k], uint32(w.hashes[i])
		if sh == 0 || !s.isShareOf(sh, l.id, rows[i].Key) {
			// A wrong guess, or the key stands twice in the batch, or its share is gone.
			sh = s.findShare(hash, l.id, rows[i].Key)
		}
		s.apply(now, l, hash, &rows[i], sh, how, a)
	}
	a.Changed = a.Changed || s.version.Load() != before
}

// apply replaces one share. sh is its place, 0 if it has none.
func (s *shard) apply(now int64, l *Lane, hash uint32, in *stick.Row, sh uint32, how How, a *Applied) {
	now32 := uint32(now)
	first := sh == 0
	if first {
		if sh = s.admit(l, hash, in.Key, now32); sh == 0 {
			a.Refused++
			return
		}
	}
	x := s.shares.at(sh)
	id := x.row
	s.align(id)
	l.decode(s.news, in, now32) // not before: making room and aligning use news as well
	x.lesson = l.lesson
	cells := s.shares.numbersAt(sh)
	if how&Guarded != 0 && s.plan.Falls(cells, s.news) {
		x.state |= heldBack
		a.Held++
		return
	}
	x.state &^= heldBack
	fresh := first // it holds zeros
	if x.state&expired != 0 {
		if in.Replay {
			return // it has had its life
		}
		s.revive(x, l)
		fresh = true
	}
	r := s.rows.at(id)
	if s.plan.Rates && now32-r.base > 1<<29 { // or it lies ahead: clocks are read before locks are taken
		s.rebase(id, now32)
	}
	if x.state&idle != 0 {
		s.keep(id, sh, in, first, now)
		return
	}
	if r.zeroed {
		r.zeroed, r.lives = false, 0 // it counts again: the share is fresh
	}
	changed := fresh || !slices.Equal(cells, s.news)
	s.live(id, sh, in, first, now)
	if changed {
		s.latest(id, sh, fresh, how)
		s.fold(id, sh, s.news)
		s.touch(id)
	}
	s.schedule(id, s.windowEnd(sh, now))
}

// admit makes the share of a lane that has had none for the key, and the row if need be. It
// returns 0 if there are too many rows.
func (s *shard) admit(l *Lane, hash uint32, key []byte, now32 uint32) uint32 {
	id := s.findRow(hash, key)
	if id == 0 {
		if !s.makeRoom(l) {
			return 0
		}
		id = s.addRow(hash, key, now32)
	}
	return s.addShare(id, l)
}

// revive makes an expired share count again, if its lane does. It holds zeros.
func (s *shard) revive(x *share, l *Lane) {
	x.state = x.state&^(expired|idle) | l.idleness()
	s.rows.at(x.row).live++
	l.live.Add(1)
}

// live renews the life of a share, unless its peer has sent that change before. A row that
// lives longer is due to readers, but not for each update: once in half of its life.
func (s *shard) live(id, sh uint32, in *stick.Row, first bool, now int64) {
	x, r := s.shares.at(sh), s.rows.at(id)
	if in.Replay && !first {
		return
	}
	old := x.until
	x.until = until(in, now)
	switch {
	case x.until >= r.lives || r.live == 1:
		longer := x.until > r.lives
		r.lives = x.until
		if longer {
			soon := s.clock + 1 // for ever now: that is told once
			if in.Life != stick.Forever {
				soon = r.touched + ticks(in.Life)/2
			}
			r.refresh = min(r.refresh, soon)
			s.schedule(id, r.refresh)
		}
	case old == r.lives:
		s.relive(id)
	}
	s.schedule(id, x.until)
}

// until is the tick at which a reported life ends: not early, and not 0, which means that
// nothing counts.
func until(in *stick.Row, now int64) uint32 {
	if in.Life == stick.Forever {
		return never
	}
	return max(1, tickOf(now+int64(in.Life)+1<<tickShift-1))
}

// relive finds the longest life of a row's shares that count. A cleared row has none, and
// lives until readers have been told.
func (s *shard) relive(id uint32) {
	r := s.rows.at(id)
	if r.zeroed {
		return
	}
	r.lives = 0
	for sh := r.shares; sh != 0; sh = s.shares.at(sh).next {
		if x := s.shares.at(sh); x.state&(expired|idle) == 0 {
			r.lives = max(r.lives, x.until)
		}
	}
}

// latest decides the columns whose last change counts, for a share whose new cells are in
// news and whose old ones are still in place. fresh: it had none that counted.
func (s *shard) latest(id, sh uint32, fresh bool, how How) {
	sum, cells := s.rows.numbersAt(id), s.shares.numbersAt(sh)
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Latest || cells[o.Cell] == s.news[o.Cell] {
			continue // no change, or the empty value of a new entry
		}
		value := s.news[o.Cell]
		if fresh && how&InLesson != 0 && aggregate.LatestValue(sum[o.Word:]) != 0 {
			if !s.beats(id, sh, o, value, aggregate.LatestOwner(sum[o.Word:])) {
				continue
			}
		}
		aggregate.SetLatest(sum[o.Word:], value, uint64(s.shares.at(sh).lane))
	}
}

// beats compares a share that was learned with the one that decides until now.
func (s *shard) beats(id, sh uint32, o *aggregate.Op, value uint32, owner uint64) bool {
	mine := s.candidate(sh, o.Cell)
	mine.Value = value
	return mine.Beats(s.owners(id, o, owner))
}

// owners is what the lane that decides a Latest column says, the empty candidate if it does
// not count.
func (s *shard) owners(id uint32, o *aggregate.Op, owner uint64) aggregate.Candidate {
	for sh := s.rows.at(id).shares; sh != 0; sh = s.shares.at(sh).next {
		if uint64(s.shares.at(sh).lane) == owner {
			return s.candidate(sh, o.Cell)
		}
	}
	return aggregate.Candidate{}
}

// windowEnd is the tick at which the first window of a share's rates ends.
func (s *shard) windowEnd(sh uint32, now int64) uint32 {
	due := uint32(never)
	if !s.plan.Rates {
		return due
	}
	cells := s.shares.numbersAt(sh)
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Rate {
			continue
		}
		if w := aggregate.WindowOf(cells[o.Cell:]); !w.Empty() {
			due = min(due, tickOf(now+int64(int32(w.Ends(o.Period)-uint32(now))))+1)
		}
	}
	return due
}
