package bench

import (
	"fmt"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// run is how many updates a step does at most: enough for a steady figure, few enough for
// a coffee.
const run = 1 << 20

// now of the measurements, in ms.
const now = int64(3_600_000_000)

// steps measures each step alone, on a table with that many keys and members.
func steps(keys, members int) []result {
	n := min(keys, run)
	s := schema("/t")
	order := order(keys)[:n]
	t, lanes := fill(s, keys, members)
	r := t.NewReader()
	drain(r, nil) // a receiver that has heard everything

	messages := stream(s, order, 1, 1)
	rows := make([]stick.Row, 0, n)
	decode := measure("decode", n, func() { rows = decodeAll(s, messages, rows) })
	apply := measure("apply", n, func() { applyAll(t, lanes[0], rows) })
	var sums []stick.Row
	sum := measure("sum", n, func() { sums = drain(r, make([]stick.Row, 0, n)) })
	buf := make([]byte, 0, 64*n)
	encode := measure("encode", n, func() {
		for i := range sums {
			buf = wire.AppendUpdate(buf, uint32(i+1), true, s, &sums[i], nil)
		}
	})
	return []result{decode, apply, sum, encode}
}

// fill makes a table in which every member has a share of every key.
func fill(s *stick.Schema, keys, members int) (*table.Table, []*table.Lane) {
	t := table.New(table.Config{Seed: 1})
	var lanes []*table.Lane
	for m := range members {
		l, _ := t.Define(now, nil, fmt.Sprint("lb", m), m, s)
		lanes = append(lanes, l)
	}
	rows := make([]stick.Row, 256)
	for k := 0; k < keys; k += len(rows) {
		b := rows[:min(len(rows), keys-k)]
		for i := range b {
			row(&b[i], uint32(k+i), 0)
		}
		for _, l := range lanes {
			t.Apply(now, l, b, 0)
		}
	}
	return t, lanes
}

// decodeAll decodes a stream as a session does. The rows alias it.
func decodeAll(s *stick.Schema, b []byte, rows []stick.Row) []stick.Row {
	words := s.Words()
	values := make([]uint64, 0, words*cap(rows))
	id := uint32(0)
	for len(b) > 0 {
		m, n, err := wire.Next(b)
		if err != nil {
			panic(err) // our own stream
		}
		b = b[n:]
		if m.Type == wire.Definition {
			continue
		}
		var r stick.Row
		if id, r, values, err = wire.ParseUpdate(m, s, id, nil, values); err != nil {
			panic(err)
		}
		rows = append(rows, r)
	}
	return rows
}

func applyAll(t *table.Table, l *table.Lane, rows []stick.Row) {
	for len(rows) > 0 {
		n := min(256, len(rows)) // as a session does
		t.Apply(now+1, l, rows[:n], 0)
		rows = rows[n:]
	}
}

// drain reads everything that is pending. With keep the rows are copied there.
func drain(r *table.Reader, keep []stick.Row) []stick.Row {
	out := table.Rows{Max: 1024}
	for r.Pending() {
		out.Reset()
		r.Read(now+2, 3600_000, &out)
		if keep == nil {
			continue
		}
		for _, row := range out.Rows {
			keep = append(keep, stick.Row{Key: row.Key, Values: row.Values, Life: row.Life})
		}
		out = table.Rows{Max: 1024, Rows: out.Rows} // what was read keeps its memory
	}
	return keep
}
