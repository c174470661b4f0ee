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
	first := l.schema == nil
	l.schema = s
	if first && t.adds(s) {
		l.bind(t.plan, aggregate.Verdict{})
		return l, nil
	}
	for _, other := range t.resolve() {
		if other != l {
			relearn = append(relearn, other)
		}
	}
	return l, relearn
}

// adds reports whether a definition of a new lane leaves that of the sum as it is, and all of
// it counts. Nothing need be decided then: thousands of nodes with the same tables come at once, and to
// ask each of them again for each of them would take its square. t.mu is held.
func (t *Table) adds(s *stick.Schema) bool {
	if t.plan == nil || len(t.disagree) > 0 {
		return false
	}
	sum := t.plan.Schema
	if !s.SameKeys(sum) || s.KeyLen > sum.KeyLen || sum.Expire != 0 && (s.Expire == 0 || s.Expire > sum.Expire) {
		return false
	}
	for _, c := range s.Columns {
		i := sum.Column(c.Type)
		if i < 0 || sum.Columns[i].Period != c.Period || c.Len > sum.Columns[i].Len {
			return false
		}
	}
	return true
}

// leaves reports whether a lane that goes leaves the definition of the sum as it is: another one
// announces the same. t.mu is held.
func (t *Table) leaves(gone *Lane) bool {
	return len(t.disagree) == 0 && slices.ContainsFunc(t.lanes, func(o *Lane) bool {
		return o != nil && !o.guest && o.schema.SameKeys(gone.schema) && o.schema.KeyLen == gone.schema.KeyLen &&
			o.schema.Expire == gone.schema.Expire && slices.Equal(o.schema.Columns, gone.schema.Columns)
	})
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
	return t.invite(label, order)
}

// invite makes a guest. t.mu is held.
func (t *Table) invite(label string, order int) *Lane {
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
	if l == t.over && a.Refused == 0 {
		t.touch(row.Key) // its life may be another one, which is told at once
		a.Changed = true
	}
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
