package node

import (
	"sync"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// operator holds the lanes of what an operator has set by hand: one for each table in
// which anything was set, beside those of the peers. They have no say about definitions.
// Safe for concurrent use.
type operator struct {
	mu    sync.Mutex
	lanes map[*table.Table]*table.Lane
}

// operatorLabel is what shows call the operator's lane. No peer can have that name: it has
// a blank in it.
const operatorLabel = "(set by hand)"

// Set makes an operator's own contribution to a key of t, a table of this section: assign
// changes the values that were set before, zeros if none were, which are those of the
// schema. It lives as long as an entry of the table. t must have a schema.
func (s *Section) Set(t *table.Table, key []byte, assign func(row *stick.Row, schema *stick.Schema)) {
	s.operator.mu.Lock()
	defer s.operator.mu.Unlock()
	now, schema := s.Now(), t.Schema()
	l := s.operator.lanes[t]
	if l == nil || !l.Schema().Equal(schema) {
		l, _ = t.Define(now, l, operatorLabel, len(s.peers), schema)
		t.SetUp(now, l, false)
		if s.operator.lanes == nil {
			s.operator.lanes = map[*table.Table]*table.Lane{}
		}
		s.operator.lanes[t] = l
	}
	row := stick.Row{Key: key, Values: make([]uint64, schema.Words()), Life: schema.Expire}
	if schema.Expire == 0 {
		row.Life = stick.Forever
	}
	t.Get(now, key, func(e *table.Entry) {
		for _, c := range e.Shares {
			if c.Label == operatorLabel && !c.Expired && len(c.Values) == len(row.Values) {
				row.Values, row.Text = c.Values, c.Text
			}
		}
	})
	assign(&row, schema)
	t.Apply(now, l, []stick.Row{row}, 0)
	s.changed()
}

// tick forgets lanes whose contributions have all expired or been cleared, so that their
// definition of the table does not outlive them.
func (o *operator) tick(now int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for t, l := range o.lanes {
		if l.Contributions() == 0 {
			t.Drop(now, l)
			delete(o.lanes, t)
		}
	}
}
