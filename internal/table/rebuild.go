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

// storage is the part of a shard that a rebuild replaces, as a shard that has no other.
func (s *shard) storage() *shard {
	return &shard{table: s.table, plan: s.plan, layout: s.layout, rows: s.rows, keys: s.keys, blocks: s.blocks, marks: slices.Clone(s.marks)}
}

// carry moves a row with its shares to the new layout. What no lane feeds any more is left
// behind, and everything if keys are of another type now.
func (s *shard) carry(old *shard, from uint32) {
	was := old.rows.at(from)
	for _, h := range old.heads(was) {
		if h.state&expired == 0 {
			s.table.lanes[h.lane].live.Add(-1)
		}
	}
	if old.plan == nil || !old.plan.Schema.SameKeys(s.plan.Schema) {
		s.table.budget.give()
		return
	}
	s.key = old.keys.append(s.key[:0], was.key)
	id := s.addRow(uint32(s.table.hash(s.key)), s.key)
	s.insert(id, ends)
	for i, h := range old.heads(was) {
		if l := s.table.lanes[h.lane]; l.aside == "" {
			s.carryShare(old, was, i, id, l)
		}
	}
	r := s.rows.at(id)
	s.carryDecided(old, was, r)
	s.relive(r)
	if was.zeroed && r.lives == 0 {
		r.zeroed, r.lives = true, was.lives
	}
	if r.live == 0 && !r.zeroed {
		s.removeRow(id)
		return
	}
	s.touch(id)
	s.schedule(id, s.clock+1) // whatever ends is found then
}

func (s *shard) carryShare(old *shard, was *row, j int, id uint32, l *Lane) {
	x := old.heads(was)[j]
	r := s.rows.at(id)
	i, _ := find(s.heads(r), l.id)
	s.addShare(id, i, l)
	h := &s.heads(r)[i]
	h.until, h.lesson = x.until, x.lesson
	h.state |= x.state & heldBack
	s.translate(old, old.cells(was, j), l)
	if h.state&idle == 0 {
		s.latest(r, i, true, InLesson)
	}
	s.fold(r, i, s.news)
	if x.state&expired != 0 {
		s.expire(r, i)
	}
}

// carryDecided leaves it to whoever decided a Latest column, if that lane still says so.
func (s *shard) carryDecided(old *shard, was, r *row) {
	if !s.plan.History || !old.plan.History || r.shares == 0 || was.shares == 0 {
		return
	}
	from, sum := old.kept(was), s.kept(r)
	for i, c := range s.plan.Schema.Columns {
		j := old.plan.Schema.Column(c.Type)
		if j < 0 || aggregate.RuleOf(c.Type) != aggregate.Latest {
			continue
		}
		for e := range min(c.Len, old.plan.Schema.Columns[j].Len) {
			o := &s.plan.Ops[s.plan.First[i]+int(e)]
			w := from[old.plan.Ops[old.plan.First[j]+int(e)].Word:]
			value, owner := aggregate.LatestValue(w), aggregate.LatestOwner(w)
			if s.says(r, owner, o.Cell, value) {
				aggregate.SetLatest(sum[o.Word:], value, owner)
			}
		}
	}
}

// says reports whether a lane's share of a row counts and has that value in a cell.
func (s *shard) says(r *row, owner uint64, cell int, value uint32) bool {
	i, ok := find(s.heads(r), uint16(owner))
	return ok && s.heads(r)[i].state&(expired|idle) == 0 && s.cells(r, i)[cell] == value
}

// translate writes the cells of an old share, as far as its lane's columns count in the new
// plan, to news.
func (s *shard) translate(old *shard, cells []uint32, l *Lane) {
	clear(s.news)
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
		s.unnote(n)
	}
	s.version.Add(1)
}
