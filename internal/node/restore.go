package node

import (
	"slices"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// restoring is one source table on its way back to a node that has lost its memory.
type restoring struct {
	id     uint32
	rows   *table.Restorer
	schema *stick.Schema // the node's own definition, without conn_cur
	next   uint32
}

// startRestore prepares the peer's own last contributions, in the definitions that it has
// announced in this session.
func (v *sink) startRestore() {
	names := make([]string, 0, len(v.book.lanes))
	for name, l := range v.book.lanes {
		if l.visited {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		l := v.book.lanes[name]
		r := l.target.table.Restore(l.lane)
		s := *r.Schema()
		s.Name = name
		v.restore = append(v.restore, restoring{id: restoreTables + uint32(i), rows: r, schema: &s, next: 1})
	}
}

// pull fills b with the next rows that are taught back and returns how many.
func (r *restoring) pull(now int64, b *wire.Batch) (n int) {
	rows := table.Rows{Max: 256}
	n = r.rows.Read(now, &rows)
	if n == 0 {
		return 0
	}
	b.Table, b.Schema = r.id, r.schema
	for i := range rows.Rows {
		b.Buf = wire.AppendUpdate(b.Buf, r.next, b.Timed && r.schema.Expire != 0, r.schema, &rows.Rows[i], b.Dict)
		r.next++
	}
	return n
}
