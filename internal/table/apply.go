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
const batch = 512

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
	before, gone := s.version.Load(), s.gone
	s.clock = max(s.clock, tickOf(now))
	s.ahead(l, run)
	w := &l.work
	for k, i := range run {
		id, hash := w.places[k], uint32(w.hashes[i])
		if id == 0 || s.gone != gone || !s.isRowOf(id, rows[i].Key) {
			// A wrong guess, or the row has come with this batch, or made room for another.
			id = s.findRow(hash, rows[i].Key)
		}
		s.apply(now, l, hash, &rows[i], id, how, a)
	}
	if s.version.Load() != before {
		a.Changed = true
		if len(s.ended) > 0 {
			s.note(l.stamp)
		}
	}
}

// apply replaces one share. id is the row's place, 0 if there is none.
func (s *shard) apply(now int64, l *Lane, hash uint32, in *stick.Row, id uint32, how How, a *Applied) {
	now32 := uint32(now)
	id, i, first := s.admit(l, hash, in.Key, id)
	if id == 0 {
		a.Refused++
		return
	}
	s.align(id)
	l.decode(s.news, in, now32) // not before: making room and aligning use news as well
	r := s.rows.at(id)
	h := &s.heads(r)[i]
	h.lesson = l.lesson
	cells := s.cells(r, i)
	if how&Guarded != 0 && s.plan.Falls(cells, s.news) {
		h.state |= heldBack
		a.Held++
		return
	}
	h.state &^= heldBack
	fresh := first // it holds zeros
	if h.state&expired != 0 {
		if in.Replay {
			return // it has had its life
		}
		s.revive(r, h, l)
		fresh = true
	}
	if k := s.kept(r); k != nil && s.plan.Rates && now32-baseOf(k) > 1<<29 { // or it lies ahead: clocks are read before locks are taken
		s.rebase(r, now32)
	}
	if h.state&idle != 0 {
		s.keep(id, i, in, first, now)
		return
	}
	if r.zeroed {
		r.zeroed, r.lives = false, 0 // it counts again: the share is fresh
	}
	changed := fresh || !slices.Equal(cells, s.news)
	s.live(id, i, in, first, now)
	if changed {
		s.latest(r, i, fresh, how)
		s.fold(r, i, s.news)
		s.touch(id)
	}
	s.schedule(id, s.windowEnd(cells, now))
}

// admit finds the share of a lane in a row, and makes it if the lane has had none for the key, and
// the row (id 0) if need be. It returns no place if there are too many rows.
func (s *shard) admit(l *Lane, hash uint32, key []byte, id uint32) (place uint32, i int, first bool) {
	if id == 0 {
		if !s.index.hasRoom(hash) || !s.makeRoom(l) {
			return 0, 0, false
		}
		id = s.addRow(hash, key)
	}
	i, ok := find(s.heads(s.rows.at(id)), l.id)
	if !ok {
		s.addShare(id, i, l)
	}
	return id, i, !ok
}

// revive makes an expired share count again, if its lane does. It holds zeros.
func (s *shard) revive(r *row, h *head, l *Lane) {
	h.state = h.state&^(expired|idle) | l.idleness()
	r.live++
	l.live.Add(1)
}

// live renews the life of a share, unless its peer has sent that change before. A row that
// lives longer is due to readers, but not for each update: once in half of its life.
func (s *shard) live(id uint32, i int, in *stick.Row, first bool, now int64) {
	r := s.rows.at(id)
	h := &s.heads(r)[i]
	if in.Replay && !first {
		return
	}
	old := h.until
	h.until = until(in, now)
	switch {
	case h.until >= r.lives || r.live == 1:
		longer := h.until > r.lives
		r.lives = h.until
		if longer {
			soon := s.clock + 1 // for ever now: that is told once
			if in.Life != stick.Forever {
				soon = r.touched + ticks(in.Life)/2
			}
			r.refresh = min(r.refresh, soon)
			s.schedule(id, r.refresh)
		}
	case old == r.lives:
		s.relive(r)
	}
	s.schedule(id, h.until)
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
func (s *shard) relive(r *row) {
	if r.zeroed {
		return
	}
	r.lives = 0
	for _, h := range s.heads(r) {
		if h.state&(expired|idle) == 0 {
			r.lives = max(r.lives, h.until)
		}
	}
}

// latest decides the columns whose last change counts, for a share whose new cells are in
// news and whose old ones are still in place. fresh: it had none that counted.
func (s *shard) latest(r *row, i int, fresh bool, how How) {
	if !s.plan.History || s.isOver(s.heads(r)[i]) {
		return
	}
	sum, cells := s.kept(r), s.cells(r, i)
	for j := range s.plan.Ops {
		o := &s.plan.Ops[j]
		if o.Rule != aggregate.Latest || cells[o.Cell] == s.news[o.Cell] {
			continue // no change, or the empty value of a new entry
		}
		value := s.news[o.Cell]
		if fresh && how&InLesson != 0 && aggregate.LatestValue(sum[o.Word:]) != 0 {
			if !s.beats(r, i, o, value, aggregate.LatestOwner(sum[o.Word:])) {
				continue
			}
		}
		aggregate.SetLatest(sum[o.Word:], value, uint64(s.heads(r)[i].lane))
	}
}

// beats compares a share that was learned with the one that decides until now.
func (s *shard) beats(r *row, i int, o *aggregate.Op, value uint32, owner uint64) bool {
	mine := s.candidate(r, i, o.Cell)
	mine.Value = value
	return mine.Beats(s.owners(r, o, owner))
}

// owners is what the lane that decides a Latest column says, the empty candidate if it does
// not count.
func (s *shard) owners(r *row, o *aggregate.Op, owner uint64) aggregate.Candidate {
	if i, ok := find(s.heads(r), uint16(owner)); ok {
		return s.candidate(r, i, o.Cell)
	}
	return aggregate.Candidate{}
}

// windowEnd is the tick at which the first window of a share's rates ends.
func (s *shard) windowEnd(cells []uint32, now int64) uint32 {
	due := uint32(never)
	if !s.plan.Rates {
		return due
	}
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
