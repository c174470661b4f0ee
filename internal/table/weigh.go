package table

import (
	"slices"

	"tallystick/internal/aggregate"
)

// Lanes that do not count. Replicas report the same, so of a group of them one lane is in the
// sums and the others stand by: their shares are kept up to date and expire like any other,
// but no reader sees anything of them. Weigh changes who counts.
//
// The lanes' own flags change all at once, the rows follow one after the other. That a share
// is in the sum of its row is a bit of the share, so that each row knows for itself how far
// it has got, and all of its shares are brought in line in one go, under the shard's lock:
// what is read of a row is the old or the new, never both and never neither. Rows in which
// something happens before the walk gets to them are brought in line first.

// Weigh makes the lanes of in count from now on, and those of out count no more. When it
// returns all rows are so. It may be called at any time, also while another call is under
// way: then the later one decides. Lanes without shares cost nothing.
func (t *Table) Weigh(in, out []*Lane) {
	t.mu.Lock()
	some := false
	for _, l := range in {
		some = l.weigh(false) || some
	}
	for _, l := range out {
		some = l.weigh(true) || some
	}
	if some {
		t.weighing++
	}
	t.mu.Unlock()
	if !some {
		return
	}
	t.walk((*shard).align, nil)
	t.mu.Lock()
	t.weighing--
	t.mu.Unlock()
}

// weigh notes whether the lane counts, and reports whether there is any share to follow: it
// may be that another call's walk has not come to it yet.
func (l *Lane) weigh(idle bool) (some bool) {
	some = (l.idle != idle || l.table.weighing > 0) && l.live.Load() > 0
	l.idle = idle
	return some
}

// Counts reports whether the lane's shares are in the sums. It is so from the start.
func (l *Lane) Counts() bool {
	l.table.mu.RLock()
	defer l.table.mu.RUnlock()
	return !l.idle
}

// idleness is the state in which a new share of the lane begins.
func (l *Lane) idleness() uint8 {
	if l.idle {
		return idle
	}
	return 0
}

// askew reports whether a share counts though its lane does not, or the other way round.
// Those that have expired count nothing in either case; revive sees to them.
func (s *shard) askew(h head) bool {
	return h.state&expired == 0 && (h.state&idle != 0) != s.table.lanes[h.lane].idle
}

// standby reports whether a share is not in the sum since its lane does not count.
func (s *shard) standby(h head) bool {
	if h.state&expired != 0 {
		return s.table.lanes[h.lane].idle
	}
	return h.state&idle != 0
}

// align brings a row in line with its lanes. It must come before anything else that happens
// to the row. While no lanes are weighed every row is in line, and this costs nothing.
func (s *shard) align(id uint32) {
	if s.table.weighing == 0 {
		return
	}
	if slices.ContainsFunc(s.heads(s.rows.at(id)), s.askew) {
		s.exchange(id)
	}
}

// exchange puts the shares that shall count into the sum of their row, and takes those out
// that shall not. Readers are told if that changes anything.
func (s *shard) exchange(id uint32) {
	r := s.rows.at(id)
	sum, base := s.total(r)
	copy(s.olds, sum)
	counted, lived := r.counts(), r.lives
	s.inherit(r)
	clear(s.news)
	heads, k := s.heads(r), s.kept(r)
	for i := range heads {
		h, cells := &heads[i], s.cells(r, i)
		switch {
		case !s.askew(*h):
			continue
		case h.state&idle != 0:
			r.zeroed = false
			if k != nil {
				s.plan.Fold(k, s.news, cells, base)
			}
		case k != nil:
			s.plan.Fold(k, cells, s.news, base)
		}
		h.state ^= idle
	}
	s.disown(r)
	s.relive(r)
	switch {
	case !r.counts(): // nothing is said of it
	case !counted || s.differs(r):
		s.touch(id)
	case r.lives > lived:
		// As for any life that grows: readers need not know at once, only before it ends.
		r.refresh = min(r.refresh, s.clock+(max(lived, s.clock)-s.clock)/2)
		s.schedule(id, r.refresh)
	}
}

// differs reports whether a row reads otherwise than when its sum was copied to olds. Who
// decided a Latest column is not read.
func (s *shard) differs(r *row) bool {
	sum, _ := s.total(r)
	for i := range s.plan.Ops {
		if o := &s.plan.Ops[i]; o.Rule == aggregate.Latest {
			aggregate.SetLatest(s.olds[o.Word:], aggregate.LatestValue(s.olds[o.Word:]), aggregate.LatestOwner(sum[o.Word:]))
		}
	}
	return !slices.Equal(s.olds, sum)
}

// inherit decides the Latest columns of a row whose shares are about to be exchanged, as far
// as shares that come have a say. What one that goes has decided, one that comes has as well,
// since they report the same. What a third has decided stays, since that was later; only if
// none goes the history is unknown, and it is as after a lesson.
func (s *shard) inherit(r *row) {
	if !s.plan.History {
		return
	}
	sum := s.kept(r)
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Latest {
			continue
		}
		value, owner := aggregate.LatestValue(sum[o.Word:]), aggregate.LatestOwner(sum[o.Word:])
		heir, going, bereft := s.heir(r, o, value, owner)
		switch {
		case heir.Owner == aggregate.Nobody:
		case bereft && (heir.Value != 0 || value == 0),
			owner == aggregate.Nobody && heir.Value != 0,
			!going && heir.Value != 0 && heir.Beats(s.owners(r, o, owner)):
			aggregate.SetLatest(sum[o.Word:], heir.Value, heir.Owner)
		}
	}
}

// heir finds the best candidate among the shares of a row that come: one that says what is
// said now, else the best. going: some go; bereft: the owner is one of them.
func (s *shard) heir(r *row, o *aggregate.Op, value uint32, owner uint64) (heir aggregate.Candidate, going, bereft bool) {
	for i, h := range s.heads(r) {
		switch {
		case !s.askew(h):
		case h.state&idle == 0:
			going, bereft = true, bereft || uint64(h.lane) == owner
		default:
			c := s.opinion(r, i, o.Cell)
			same := (c.Value == value) == (heir.Value == value)
			if heir.Owner == aggregate.Nobody || !same && c.Value == value || same && c.Beats(heir) {
				heir = c
			}
		}
	}
	return heir, going, bereft
}

// disown finds others for the Latest columns that lanes decide which do not count any more.
func (s *shard) disown(r *row) {
	for _, h := range s.heads(r) {
		if h.state&idle != 0 {
			s.redecide(r, uint64(h.lane))
		}
	}
}
