package node

import (
	"errors"
	"fmt"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// put makes a key's share of the values that are said of it, in the table that has the name now.
func (b *bans) put(s *Section, now time.Time, k outlaw, o *sentence) error {
	t := s.tables.sum(k.base + s.conf().Rules.To)
	if o.in != nil && (t == nil || o.in != t.table) {
		b.withdraw(s, now, k, o)
	}
	if t == nil || t.table.Schema() == nil {
		o.in, o.schema, o.idle = nil, nil, "no peer has a table for it now"
		return nil
	}
	for {
		schema := t.table.Schema()
		row, period := o.row(now, k, schema)
		if o.idle != "" {
			b.withdraw(s, now, k, o)
			o.schema = schema
			return nil
		}
		l, err := b.lane(t.table)
		if err != nil {
			o.idle = err.Error()
			return err
		}
		a, ok := t.table.ApplyGuest(s.ms(now), l, schema, row)
		if ok && a.Refused > 0 {
			err = fmt.Errorf("the section has as many entries as it may have (max-entries %d)", s.conf().MaxEntries)
			o.idle = err.Error()
			return err
		}
		if ok {
			o.in, o.schema, o.renew = t.table, schema, time.Time{}
			if period != 0 { // long before the window ends: then it would decay
				o.renew = now.Add(time.Duration(period) * time.Millisecond / 2)
			}
			return nil
		} // else the definition has changed just now
	}
}

// row is a key's share for a schema, and the shortest period of its rates, 0 if it has none. If there is
// nothing to say in that schema idle is set.
func (o *sentence) row(now time.Time, k outlaw, schema *stick.Schema) (row stick.Row, period uint32) {
	row = stick.Row{Key: []byte(k.key), Values: make([]uint64, schema.Words())}
	o.idle = "the table has no such column now"
	if width := schema.KeyType.Width(schema.KeyLen); schema.KeyType != k.keyType || width >= 0 && width != len(k.key) {
		o.idle = "the table has keys of another type now"
		return row, 0
	}
	var longest time.Duration
	for _, v := range o.values {
		at := schema.Word(v.typ, v.element)
		if at < 0 {
			continue
		}
		o.idle = ""
		longest = max(longest, v.until.Sub(now))
		if v.typ.Kind() != stick.Rate {
			row.Values[at] = v.value
			continue
		}
		// Events of a window that begins now, after one without any: that reads as their number,
		// exactly, until the window ends.
		row.Values[at+1] = v.value
		if p := schema.Columns[schema.Column(v.typ)].Period; period == 0 || p < period {
			period = p
		}
	}
	row.Life = uint32(max(1, longest.Milliseconds()))
	return row, period
}

// lane finds or makes the lane of bans of a table.
func (b *bans) lane(t *table.Table) (*table.Lane, error) {
	if l := b.lanes[t]; l != nil {
		return l, nil
	}
	l := t.Overruler(banLabel, lastOrder)
	if l == nil {
		return nil, errors.New("too many peers feed the table")
	}
	if b.lanes == nil {
		b.lanes = map[*table.Table]*table.Lane{}
	}
	b.lanes[t] = l
	return l, nil
}

// withdraw takes a key's share out of the table that has it.
func (b *bans) withdraw(s *Section, now time.Time, k outlaw, o *sentence) {
	if l := b.lanes[o.in]; l != nil {
		o.in.Withdraw(s.ms(now), l, []byte(k.key))
	}
	o.in, o.schema, o.renew = nil, nil, time.Time{}
}

// sweep drops lanes without shares.
func (b *bans) sweep() {
	for t, l := range b.lanes {
		if l.Contributions() == 0 {
			t.Drop(l)
			delete(b.lanes, t)
		}
	}
}

// soon notes when something of a key is due next.
func (b *bans) soon(o *sentence) {
	for _, v := range o.values {
		b.next = earlier(b.next, v.until)
	}
	if !o.renew.IsZero() {
		b.next = earlier(b.next, o.renew)
	}
}

// renewAhead is by how much windows are renewed early, so that many are at once.
const renewAhead = 100 * time.Millisecond

// tick ends bans whose time is over, renews the windows of rates, and puts everything where it
// belongs if tables or definitions are others than before.
func (b *bans) tick(s *Section, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if version := s.tables.version.Load(); version != b.version || !now.Before(b.next) {
		b.version = version
		b.look(s, now)
	}
}

// follow is tick after the rules of the section have changed.
func (b *bans) follow(s *Section, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look(s, now)
}

func (b *bans) look(s *Section, now time.Time) {
	if len(b.keys) == 0 {
		return
	}
	b.next = now.Add(time.Hour)
	ended := 0
	for k, o := range b.keys {
		ended += b.end(s, now, k, o, func(v banned) bool { return !v.until.After(now) })
		if len(o.values) == 0 {
			continue
		}
		if b.misplaced(s, k, o) || !o.renew.IsZero() && o.renew.Before(now.Add(renewAhead)) {
			_ = b.put(s, now, k, o) // if the section is full it is tried with the next change of tables
		}
		b.soon(o)
	}
	b.sweep()
	if ended > 0 {
		s.log.Info("bans are over", "ended", ended, "left", b.count)
	}
}

// misplaced reports whether a key's share is not where it belongs, or was made for another definition.
func (b *bans) misplaced(s *Section, k outlaw, o *sentence) bool {
	t := s.tables.sum(k.base + s.conf().Rules.To)
	if t == nil {
		return o.in != nil
	}
	return o.in != t.table && o.idle == "" || o.schema != t.table.Schema()
}

// due is when tick has something to do, never if there are no bans.
func (b *bans) due(never time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.keys) == 0 {
		return never
	}
	return earlier(b.next, never)
}

// leave notes that a table goes. The bans wait for another one of its name.
func (b *bans) leave(t *table.Table) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.lanes, t)
	for _, o := range b.keys {
		if o.in == t {
			o.in, o.schema, o.renew, o.idle = nil, nil, time.Time{}, "no peer has a table for it now"
		}
	}
}
