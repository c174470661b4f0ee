package table

import (
	"slices"

	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// Restorer walks over what a lane's peer must be taught of its own: the shares that it has
// not mentioned in its lesson, or that it has mentioned with less than it once had counted.
type Restorer struct {
	lane   *Lane
	schema *stick.Schema
	parts  []column
	layout uint64 // of the table for which parts and places hold
	shard  int
	share  uint32
}

// Restore begins the walk. The lesson of the lane's peer must have ended.
func (t *Table) Restore(l *Lane) *Restorer {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := *l.schema
	r := &Restorer{lane: l, schema: &s}
	r.begin()
	s.Columns = r.columns()
	return r
}

// begin puts the walk to the start of the table as it is laid out now.
func (r *Restorer) begin() {
	r.layout, r.shard, r.share = r.lane.table.layout, 0, 1
	r.parts = slices.DeleteFunc(slices.Clone(r.lane.columns), func(c column) bool {
		return c.typ == stick.ConnCur // its connections are gone, whoever held them
	})
}

// columns are those of the lane's own definition that are taught.
func (r *Restorer) columns() (columns []stick.Column) {
	own := r.lane.schema
	for _, c := range r.parts {
		columns = append(columns, own.Columns[own.Column(c.typ)])
	}
	return columns
}

// valid reports whether rows still look as Schema says. If the table has been laid out anew,
// the walk begins anew: what is taught twice does no harm.
func (r *Restorer) valid() bool {
	if r.lane.table.lanes[r.lane.id] != r.lane {
		return false
	}
	if r.layout != r.lane.table.layout {
		r.begin()
	}
	return r.lane.schema.SameKeys(r.schema) && slices.Equal(r.columns(), r.schema.Columns)
}

// Schema is the lane's own definition, without conn_cur and without columns that do not
// count, whose values we do not have.
func (r *Restorer) Schema() *stick.Schema { return r.schema }

// Read appends the next rows, and returns how many; 0 means that there are no more, or that
// the lane is gone or counts with other columns by now.
func (r *Restorer) Read(now int64, out *Rows) (n int) {
	t := r.lane.table
	t.mu.RLock()
	defer t.mu.RUnlock()
	if !r.valid() {
		return 0
	}
	before := len(out.Rows)
	out.Schema = r.schema
	for ; r.shard < shards && len(out.Rows) < out.Max; r.shard, r.share = r.shard+1, 1 {
		s := &t.shards[r.shard]
		s.mu.Lock()
		for ; r.share < s.shares.made && len(out.Rows) < out.Max; r.share++ {
			if s.lost(r.share, r.lane) {
				r.read(s, now, out)
			}
		}
		more := r.share < s.shares.made
		s.mu.Unlock()
		if more {
			break
		}
	}
	return len(out.Rows) - before
}

// lost reports whether a share is one of the lane's that must be taught back.
func (s *shard) lost(sh uint32, l *Lane) bool {
	x := s.shares.at(sh)
	return x.lane == l.id && x.state&expired == 0 && (x.lesson != l.lesson || x.state&heldBack != 0)
}

func (r *Restorer) read(s *shard, now int64, out *Rows) {
	x := s.shares.at(r.share)
	row := out.add(s.keyOf(s.rows.at(x.row)), r.schema.Words())
	row.Life = left(x.until, tickOf(now))
	v := 0
	for _, c := range r.parts {
		v = s.report(r.share, s.plan.Ops[c.op:c.op+c.len], uint32(now), row, v)
	}
}

// report writes the cells of some ops of a share to out.Values from v on, as its peer would
// report them at now, and returns where the next column begins.
func (s *shard) report(sh uint32, ops []aggregate.Op, now32 uint32, out *stick.Row, v int) (next int) {
	cells := s.shares.numbersAt(sh)
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Rule == aggregate.Rate:
			if w, _ := aggregate.WindowOf(cells[o.Cell:]).Roll(now32, o.Period); !w.Empty() {
				out.Values[v], out.Values[v+1], out.Values[v+2] = uint64(max(0, int32(now32-w.Start))), uint64(w.Curr), uint64(w.Prev)
			}
			v += 2
		case o.Rule == aggregate.Wide:
			out.Values[v] = aggregate.WideOf(cells[o.Cell:])
		case o.Text:
			out.Text = s.table.texts.text(cells[o.Cell])
			v--
		default:
			out.Values[v] = uint64(cells[o.Cell])
		}
		v++
	}
	return v
}
