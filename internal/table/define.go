package table

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// Disagreement is one thing in which a member's definition is not that of the sum.
type Disagreement struct {
	Lane string // its label
	Text string // a sentence that names both definitions
}

// Disagreements lists what is set aside now, and why.
func (t *Table) Disagreements() []Disagreement {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Clone(t.disagree)
}

// Define gives a lane its definition, and makes the lane if l is nil: its session lives. The
// definition of the sum is decided anew (aggregate.Merge); columns that stay keep their
// values. order is the peer's place in the configuration.
//
// relearn lists the other lanes whose rows must be asked for again: they were set aside,
// wholly or in a column, and now count. A nil lane means that the table has 65535 already.
func (t *Table) Define(l *Lane, label string, order int, s *stick.Schema) (lane *Lane, relearn []*Lane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l == nil {
		l = &Lane{table: t, label: label, order: order, lesson: 1}
		l.up.Store(true)
		if !t.enlist(l) {
			return nil, nil
		}
	}
	l.schema = s
	for _, other := range t.resolve() {
		if other != l {
			relearn = append(relearn, other)
		}
	}
	return l, relearn
}

// enlist gives the lane a number, if there is one left.
func (t *Table) enlist(l *Lane) bool {
	i := slices.Index(t.lanes[1:], nil) + 1
	if i == 0 {
		i = len(t.lanes)
		if i > math.MaxUint16 {
			return false
		}
		t.lanes = append(t.lanes, nil)
	}
	l.id = uint16(i)
	t.lanes[i] = l
	return true
}

// Guest makes a lane that has no say about the definition of the sum: it always has the one
// that there is. The table must have one.
func (t *Table) Guest(label string, order int) *Lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &Lane{table: t, label: label, order: order, lesson: 1, guest: true}
	if !t.enlist(l) {
		return nil
	}
	t.resolve()
	return l
}

// ApplyGuest is Apply for a guest's row that was made for a schema of the sum. It reports
// false if that is not the schema any more: the row must be made anew.
func (t *Table) ApplyGuest(now int64, l *Lane, schema *stick.Schema, row stick.Row) (a Applied, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.plan == nil || t.plan.Schema != schema || t.lanes[l.id] != l {
		return a, false
	}
	t.applyBatch(now, l, []stick.Row{row}, 0, &a)
	return a, true
}

// resolve decides what the sum looks like and what of each lane counts, rebuilds the shards
// if that has changed, and returns the lanes of which more counts than before. t.mu is held.
func (t *Table) resolve() (gained []*Lane) {
	var lanes, guests []*Lane
	var members []aggregate.Member
	for _, l := range t.sortedLanes() {
		if l.guest {
			guests = append(guests, l)
			continue
		}
		lanes = append(lanes, l)
		members = append(members, aggregate.Member{Label: l.label, Live: l.up.Load(), Schema: l.schema})
	}
	var last *stick.Schema
	if t.plan != nil {
		last = t.plan.Schema
	}
	schema, verdicts := aggregate.Merge(members, last)
	if schema == nil {
		if last == nil {
			return nil
		}
		schema = last // nobody is left: what was decided stays, for the next
	}
	for _, l := range guests {
		l.schema = schema
		lanes, verdicts = append(lanes, l), append(verdicts, aggregate.Verdict{})
	}
	t.disagree = t.disagree[:0:0]
	for i, l := range lanes {
		t.disagree = append(t.disagree, complaints(l.label, verdicts[i])...)
	}
	return t.relay(schema, lanes, verdicts)
}

func complaints(label string, v aggregate.Verdict) (d []Disagreement) {
	if v.Aside != "" {
		return []Disagreement{{label, v.Aside}}
	}
	for _, typ := range slices.Sorted(maps.Keys(v.Columns)) {
		d = append(d, Disagreement{label, fmt.Sprintf("%v: %s", typ, v.Columns[typ])})
	}
	return d
}

// relay binds the lanes to the plan of a schema. If it is another plan, or other columns of a
// lane count, the shards are rebuilt.
func (t *Table) relay(schema *stick.Schema, lanes []*Lane, verdicts []aggregate.Verdict) (gained []*Lane) {
	for i := range t.shards {
		t.shards[i].mu.Lock()
		defer t.shards[i].mu.Unlock()
	}
	plan := t.plan
	if plan == nil || !plan.Schema.Equal(schema) {
		plan = aggregate.Compile(schema)
	}
	rebuild := t.plan == nil || !slices.Equal(plan.Schema.Columns, t.plan.Schema.Columns) || !plan.Schema.SameKeys(t.plan.Schema)
	for i, l := range lanes {
		old := l.binding()
		l.bind(plan, verdicts[i])
		rebuild = rebuild || l.lost(old)
		if l.gained(old) {
			gained = append(gained, l)
		}
	}
	t.plan = plan
	if rebuild {
		t.layout++
	}
	for i := range t.shards {
		if rebuild {
			t.shards[i].rebuild(plan)
		} else {
			t.shards[i].plan = plan
		}
	}
	return gained
}

// binding is what bind decides.
type binding struct {
	columns []column
	aside   string
	missing map[stick.DataType]string
}

func (l *Lane) binding() binding { return binding{l.columns, l.aside, l.missing} }

// gained reports whether anything of the lane counts that was set aside in its old binding.
func (l *Lane) gained(old binding) bool {
	if l.aside != "" {
		return false
	}
	for typ := range old.missing {
		if _, still := l.missing[typ]; !still {
			return true
		}
	}
	return old.aside != ""
}

// lost reports whether anything of the lane does not count any more that did in its old
// binding: then its cells are not zero.
func (l *Lane) lost(old binding) bool {
	for _, c := range old.columns {
		if !slices.ContainsFunc(l.columns, func(n column) bool { return n.typ == c.typ && n.period == c.period && n.len >= c.len }) {
			return true
		}
	}
	return old.columns != nil && l.aside != ""
}

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
	n.zeroed, n.lives = r.zeroed, r.lives
	if n.live == 0 && !n.zeroed {
		s.removeRow(id)
		return
	}
	if !n.zeroed {
		s.relive(id)
	}
	s.touch(id)
	s.schedule(id, s.clock+1) // whatever ends is found then
}

func (s *shard) carryShare(old *storage, from, id uint32, l *Lane) {
	x := old.shares.at(from)
	to := s.addShare(id, l)
	y := s.shares.at(to)
	y.until, y.lesson, y.state = x.until, x.lesson, x.state&heldBack
	s.translate(old, from, l)
	s.latest(id, to, true, InLesson)
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
			return x.state&expired == 0 && s.shares.numbersAt(sh)[cell] == value
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
