package table

import (
	"sync/atomic"

	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// Lane is one source table of one peer, member of a Table. Its definition is guarded by
// the table's lock; Apply, Begin, End and Restore belong to one goroutine at a time.
type Lane struct {
	table  *Table
	id     uint16
	label  string
	order  int
	schema *stick.Schema
	up     atomic.Bool  // its peer is there
	guest  bool         // it has no say about definitions
	idle   bool         // its shares are not in the sums, or will not be when Weigh has been there
	live   atomic.Int64 // shares whose life is not over

	columns []column // those that count; nil before the first plan and if none can
	aside   string   // why none does
	missing map[stick.DataType]string

	lesson uint8 // number of the lesson in which shares are mentioned; from 1
	stamp  int64 // when the rows of the next Apply came; see late.go
	work   work
}

// column is where a lane's own column is in a row that its peer reports, and in a share.
type column struct {
	typ    stick.DataType
	value  int // first word of Row.Values
	op     int // first of the plan's ops
	len    int // elements
	period uint32
}

// Label is what logs and shows call the lane.
func (l *Lane) Label() string { return l.label }

// Schema is the lane's definition as its peer announced it.
func (l *Lane) Schema() *stick.Schema {
	l.table.mu.RLock()
	defer l.table.mu.RUnlock()
	return l.schema
}

// SetAside says why the lane does not count, or "".
func (l *Lane) SetAside() string {
	l.table.mu.RLock()
	defer l.table.mu.RUnlock()
	return l.aside
}

// Contributions is how many shares the lane has whose life is not over, whether they count or not.
func (l *Lane) Contributions() int { return int(l.live.Load()) }

// bind finds the lane's columns in a plan. Those that v sets aside are left out.
func (l *Lane) bind(p *aggregate.Plan, v aggregate.Verdict) {
	l.columns, l.aside, l.missing = nil, v.Aside, v.Columns
	if v.Aside != "" {
		return
	}
	l.columns = []column{}
	value := 0
	for _, c := range l.schema.Columns {
		if _, out := v.Columns[c.Type]; !out {
			i := p.Schema.Column(c.Type)
			l.columns = append(l.columns, column{c.Type, value, p.First[i], int(c.Len), c.Period})
		}
		value += c.Words()
	}
}

// decode writes a reported row as a share's cells.
func (l *Lane) decode(cells []uint32, r *stick.Row, now32 uint32) {
	clear(cells)
	for i := range l.columns {
		c := &l.columns[i]
		ops := l.table.plan.Ops[c.op : c.op+c.len]
		for j := range ops {
			o := &ops[j]
			switch {
			case o.Rule == aggregate.Rate:
				v := r.Values[c.value+3*j:]
				aggregate.Received(now32, uint32(v[0]), uint32(v[1]), uint32(v[2]), o.Period).Put(cells[o.Cell:])
			case o.Rule == aggregate.Wide:
				aggregate.PutWide(cells[o.Cell:], r.Values[c.value+j])
			case o.Text:
				cells[o.Cell] = l.table.texts.number(r.Text)
			default:
				cells[o.Cell] = uint32(r.Values[c.value+j])
			}
		}
	}
}

// SetUp notes whether the lane's peer is there: entries that are in use live on while it is,
// and it has a vote on what the sum looks like. Nodes come and go when they reload, so a peer
// is taken for gone some time after its session. relearn is as for Define.
func (t *Table) SetUp(l *Lane, up bool) (relearn []*Lane) {
	if l.up.Swap(up) == up {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.disagree) == 0 || t.lanes[l.id] != l {
		return nil // nothing to vote about
	}
	return t.resolve()
}

// Begin begins a lesson of the lane's peer: nothing is mentioned yet.
func (t *Table) Begin(l *Lane) {
	if l.lesson++; l.lesson != 0 {
		return
	}
	// The numbers begin anew: no share may seem to be mentioned in a lesson to come.
	l.lesson = 1
	t.eachShare(l, func(s *shard, id uint32, i int) { s.heads(s.rows.at(id))[i].lesson = 0 })
}

// End ends a lesson. With drop the shares that were not mentioned since Begin go.
func (t *Table) End(l *Lane, drop bool) {
	if !drop {
		return
	}
	t.eachShare(l, func(s *shard, id uint32, i int) {
		if s.heads(s.rows.at(id))[i].lesson != l.lesson {
			s.leave(id, i)
		}
	})
}

// Drop takes the lane out of the sums and forgets it. Nobody may use it any more. Its say
// about the definition is gone, too: relearn is as for Define.
func (t *Table) Drop(l *Lane) (relearn []*Lane) {
	t.eachShare(l, (*shard).leave)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lanes[l.id] != l {
		return nil
	}
	t.lanes[l.id] = nil
	if t.over == l {
		t.over = nil
	}
	if t.leaves(l) {
		return nil
	}
	return t.resolve()
}

// DropForever takes shares out that would never expire.
func (t *Table) DropForever(l *Lane) {
	t.eachShare(l, func(s *shard, id uint32, i int) {
		if s.heads(s.rows.at(id))[i].until == never {
			s.leave(id, i)
		}
	})
}

// LoseGauges makes the lane's conn_cur zero: whoever held the connections is gone.
func (t *Table) LoseGauges(l *Lane) {
	t.eachShare(l, func(s *shard, id uint32, i int) {
		if s.plan.Gauge < 0 {
			return
		}
		r := s.rows.at(id)
		o, cells := &s.plan.Ops[s.plan.Gauge], s.cells(r, i)
		if cells[o.Cell] == 0 {
			return
		}
		s.align(id)
		if s.heads(r)[i].state&idle == 0 {
			if k := s.kept(r); k != nil {
				k[o.Word] = aggregate.FoldCount(k[o.Word], cells[o.Cell], 0)
			}
			s.touch(id)
		}
		cells[o.Cell] = 0
		s.schedule(id, s.clock+1) // it may have been held beyond its life
	})
}

// leave takes a share out, and its row if it was the last.
func (s *shard) leave(id uint32, i int) {
	s.align(id)
	r := s.rows.at(id)
	counted := s.heads(r)[i].state&(expired|idle) == 0
	s.removeShare(id, i)
	if r.live == 0 && !r.zeroed {
		s.removeRow(id)
		return
	}
	s.relive(r)
	if counted && r.counts() {
		s.touch(id)
	}
}

// eachShare calls f for every share of the lane, as walk does. A lane that is forgotten has
// none.
func (t *Table) eachShare(l *Lane, f func(s *shard, id uint32, i int)) {
	t.walk(func(s *shard, id uint32) {
		if i, ok := find(s.heads(s.rows.at(id)), l.id); ok && t.lanes[l.id] == l {
			f(s, id, i)
		}
	}, nil)
}

// stride is how many rows are looked at while a lock is held: less than a millisecond.
const stride = 2048

// walk calls f for every row there is, under its shard's lock, a few at a time, so that
// nobody waits for long. f may remove the row. Between, unless it is nil, is called after
// each few, without a lock.
func (t *Table) walk(f func(s *shard, id uint32), between func()) {
	for i := range t.shards {
		s, layout, known := &t.shards[i], uint64(0), false
		for from, more := uint32(1), true; more; from += stride {
			t.mu.RLock()
			s.mu.Lock()
			if !known || layout != t.layout { // the first time, or rows have got other places meanwhile
				from, layout, known = 1, t.layout, true
			}
			for id := s.rows.next(from, from+stride); id != 0; id = s.rows.next(id+1, from+stride) {
				f(s, id)
			}
			more = from+stride < s.rows.end()
			s.mu.Unlock()
			t.mu.RUnlock()
			if between != nil {
				between()
			}
		}
	}
}

// Forget gives back everything that a table holds which nobody feeds or reads any more.
func (t *Table) Forget() {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for id := s.rows.next(1, never); id != 0; id = s.rows.next(id+1, never) {
			s.removeRow(id)
		}
		s.mu.Unlock()
	}
}
