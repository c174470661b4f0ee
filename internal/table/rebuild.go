package table

import (
	"slices"

	"tallystick/internal/aggregate"
)

// rebuild lays the shard out for another plan. Shares of lanes that count keep the columns
// that they have in both plans; readers start again, since rows look different now.
func (s *shard) rebuild(p *aggregate.Plan) {
	old := s.storage()
	s.lay(p)
	s.marks = append(s.marks[:0], link{ends, ends})
	s.room(len(s.table.readers))
	for id := old.marks[0].next; id != ends; {
		if id&isMark != 0 {
			id = old.marks[id&^isMark].next
			continue
		}
		s.carry(old, id)
		id = old.rows.at(id).next
	}
	s.restart()
}

// storage is the part of a shard that a rebuild replaces.
type storage struct {
	plan   *aggregate.Plan
	rows   slab[row, uint64]
	shares slab[share, uint32]
	arena  arena
	marks  []link
}

func (s *shard) storage() *storage {
	return &storage{s.plan, s.rows, s.shares, s.arena, slices.Clone(s.marks)}
}

// carry moves a row with its shares to the new layout. What no lane feeds any more is left
// behind.
func (s *shard) carry(old *storage, from uint32) {
	r := old.rows.at(from)
	key := r.key[:min(r.klen, inlineKey)]
	if r.klen > inlineKey {
		key = old.arena.get(reference(&r.key), int(r.klen))
	}
	id := s.addRow(r.hash, key, r.base)
	s.insert(id, ends)
	for sh := r.shares; sh != 0; sh = old.shares.at(sh).next {
		x := old.shares.at(sh)
		l := s.table.lanes[x.lane]
		if x.state&expired == 0 {
			l.live.Add(-1)
		}
		if l.aside == "" && old.plan.Schema.SameKeys(s.plan.Schema) {
			s.carryShare(old, sh, id, l)
		}
	}
	s.carryDecided(old, from, id)
	n := s.rows.at(id)
	s.relive(id)
	if r.zeroed && n.lives == 0 {
		n.zeroed, n.lives = true, r.lives
	}
	if n.live == 0 && !n.zeroed {
		s.removeRow(id)
		return
	}
	s.touch(id)
	s.schedule(id, s.clock+1) // whatever ends is found then
}

func (s *shard) carryShare(old *storage, from, id uint32, l *Lane) {
	x := old.shares.at(from)
	to := s.addShare(id, l)
	y := s.shares.at(to)
	y.until, y.lesson = x.until, x.lesson
	y.state |= x.state & heldBack
	s.translate(old, from, l)
	if y.state&idle == 0 {
		s.latest(id, to, true, InLesson)
	}
	s.fold(id, to, s.news)
	if x.state&expired != 0 {
		s.expire(to)
	}
}

// carryDecided leaves it to whoever decided a Latest column, if that lane still says so.
func (s *shard) carryDecided(old *storage, from, id uint32) {
	was, sum := old.rows.numbersAt(from), s.rows.numbersAt(id)
	for i, c := range s.plan.Schema.Columns {
		j := old.plan.Schema.Column(c.Type)
		if j < 0 || aggregate.RuleOf(c.Type) != aggregate.Latest {
			continue
		}
		for e := range min(c.Len, old.plan.Schema.Columns[j].Len) {
			o := &s.plan.Ops[s.plan.First[i]+int(e)]
			w := was[old.plan.Ops[old.plan.First[j]+int(e)].Word:]
			value, owner := aggregate.LatestValue(w), aggregate.LatestOwner(w)
			if s.says(id, owner, o.Cell, value) {
				aggregate.SetLatest(sum[o.Word:], value, owner)
			}
		}
	}
}

// says reports whether a lane's share of a row counts and has that value in a cell.
func (s *shard) says(id uint32, owner uint64, cell int, value uint32) bool {
	for sh := s.rows.at(id).shares; sh != 0; sh = s.shares.at(sh).next {
		if x := s.shares.at(sh); uint64(x.lane) == owner {
			return x.state&(expired|idle) == 0 && s.shares.numbersAt(sh)[cell] == value
		}
	}
	return false
}

// translate writes the cells of an old share, as far as its lane's columns count in the new
// plan, to news.
func (s *shard) translate(old *storage, from uint32, l *Lane) {
	clear(s.news)
	cells := old.shares.numbersAt(from)
	for _, c := range l.columns {
		i := old.plan.Schema.Column(c.typ)
		if i < 0 || old.plan.Schema.Columns[i].Period != c.period {
			continue
		}
		n := min(c.len, old.plan.First[i+1]-old.plan.First[i])
		for j := range n {
			a, b := &old.plan.Ops[old.plan.First[i]+j], &s.plan.Ops[c.op+j]
			size := aggregate.Cells(b.Rule)
			copy(s.news[b.Cell:b.Cell+size], cells[a.Cell:a.Cell+size])
		}
	}
}

// restart puts every reader back to the start, those in a lesson at its start.
func (s *shard) restart() {
	for n, taken := range s.table.readers {
		if !taken {
			continue
		}
		for kind := reading; kind <= acked; kind++ {
			s.move(mark(n, kind), s.first())
		}
		s.move(mark(n, lessonEnd), ends)
	}
	s.version.Add(1)
}
