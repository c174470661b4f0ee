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
	row    uint32
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
	r.layout, r.shard, r.row = r.lane.table.layout, 0, 1
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
	for ; r.shard < shards && len(out.Rows) < out.Max; r.shard, r.row = r.shard+1, 1 {
		s := &t.shards[r.shard]
		s.mu.Lock()
		r.readShard(s, now, out)
		s.mu.Unlock()
		if r.row != 0 {
			break
		}
	}
	return len(out.Rows) - before
}

// readShard reads on in one shard, and leaves r.row at the next row, 0 if there is none.
func (r *Restorer) readShard(s *shard, now int64, out *Rows) {
	for r.row = s.rows.next(r.row, never); r.row != 0 && len(out.Rows) < out.Max; r.row = s.rows.next(r.row+1, never) {
		row := s.rows.at(r.row)
		if i, ok := find(s.heads(row), r.lane.id); ok && lost(s.heads(row)[i], r.lane) {
			r.read(s, row, i, now, out)
		}
	}
}

// lost reports whether a share of the lane must be taught back.
func lost(h head, l *Lane) bool {
	return h.state&expired == 0 && (h.lesson != l.lesson || h.state&heldBack != 0)
}

func (r *Restorer) read(s *shard, from *row, i int, now int64, out *Rows) {
	row := out.add(s, from, r.schema.Words())
	row.Life = left(s.heads(from)[i].until, tickOf(now))
	v := 0
	for _, c := range r.parts {
		v = s.report(s.cells(from, i), s.plan.Ops[c.op:c.op+c.len], uint32(now), row, v)
	}
}

// report writes what a share's cells hold of some ops to out.Values from v on, as its peer would
// report it at now, and returns where the next column begins.
func (s *shard) report(cells []uint32, ops []aggregate.Op, now32 uint32, out *stick.Row, v int) (next int) {
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
