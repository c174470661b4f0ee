package node

import (
	"errors"
	"fmt"
	"math"
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

// operatorLabel is what shows call the operator's lane. No peer can have that name, since
// parentheses are not permitted in one.
const operatorLabel = "(operator)"

// lastOrder puts it behind all peers.
const lastOrder = math.MaxInt32

// Set makes an operator's own contribution to a key of t, a table of this section: assign
// changes the values that were set before, zeros if none were, which are those of the
// schema. It lives as long as an entry of the table. The error is a sentence.
func (s *Section) Set(t *table.Table, key []byte, assign func(row *stick.Row, schema *stick.Schema)) error {
	s.operator.mu.Lock()
	defer s.operator.mu.Unlock()
	l, err := s.operatorLane(t)
	for err == nil {
		schema := t.Schema()
		row := handRow(t, s.Now(), key, schema)
		assign(&row, schema)
		a, ok := t.ApplyGuest(s.Now(), l, schema, row)
		if ok && a.Refused > 0 {
			err = fmt.Errorf("the section has as many entries as it may have (max-entries %d)", s.conf().MaxEntries)
		}
		if ok {
			break
		} // else the definition has changed just now
	}
	s.changed()
	return err
}

// operatorLane finds or makes the operator's lane of a table. operator.mu is held.
func (s *Section) operatorLane(t *table.Table) (*table.Lane, error) {
	if !s.tables.publishes(t) || t.Schema() == nil {
		return nil, errors.New("the table is gone, or not yet there")
	}
	l := s.operator.lanes[t]
	if l != nil {
		return l, nil
	}
	if l = t.Guest(operatorLabel, lastOrder); l == nil {
		return nil, errors.New("too many peers feed the table")
	}
	if s.operator.lanes == nil {
		s.operator.lanes = map[*table.Table]*table.Lane{}
	}
	s.operator.lanes[t] = l
	return l, nil
}

// handRow is what was set by hand for a key until now.
func handRow(t *table.Table, now int64, key []byte, schema *stick.Schema) stick.Row {
	row := stick.Row{Key: key, Values: make([]uint64, schema.Words()), Life: schema.Expire}
	if schema.Expire == 0 {
		row.Life = stick.Forever
	}
	t.Get(now, key, func(e *table.Entry) {
		for _, c := range e.Shares {
			if c.Label == operatorLabel && !c.Expired && e.Schema == schema {
				row.Values, row.Text = c.Values, c.Text
			}
		}
	})
	return row
}

// tick forgets lanes whose contributions have all expired or been cleared.
func (o *operator) tick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for t, l := range o.lanes {
		if l.Contributions() == 0 {
			t.Drop(l)
			delete(o.lanes, t)
		}
	}
}

// leave forgets what was set in a table that goes.
func (o *operator) leave(t *table.Table) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.lanes, t)
}
