package bench

import (
	"fmt"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"

	"tallystick/internal/bench/measure"
)

// most is how many updates are measured at most: enough for a steady figure.
const most = 1 << 20

// batch is how many updates go through a step at once, as in a session.
const batch = 256

// now of the measurements, in ms.
const now = int64(3_600_000_000)

// steps measures each step of an update's way alone, on a table with that many keys and
// members. The updates go through in batches, each step with buffers that it uses again, so
// that what is measured is the step and not the memory of the measurement.
func steps(keys, members int) []result {
	s := standard()
	t, lanes := fill(s, keys, members)
	w := &walk{schema: s, table: t, lane: lanes[0], reader: t.NewReader(),
		decode: meter{step: "decode"}, apply: meter{step: "apply"}, sum: meter{step: "sum"}, encode: meter{step: "encode"}}
	w.drain() // a receiver that has heard everything
	order := order(keys, 2)
	w.run(order[:min(len(order), 10*batch)]) // buffers find their size
	for _, m := range w.meters() {
		*m = meter{step: m.step}
	}
	w.run(order[:min(len(order), most)])
	var results []result
	for _, m := range w.meters() {
		results = append(results, m.result())
	}
	return results
}

// walk takes batches through all steps.
type walk struct {
	schema *stick.Schema
	table  *table.Table
	lane   *table.Lane
	reader *table.Reader

	stream []byte
	rows   []stick.Row
	values []uint64
	sums   table.Rows
	out    []byte
	round  uint32

	decode, apply, sum, encode meter
}

func (w *walk) meters() []*meter { return []*meter{&w.decode, &w.apply, &w.sum, &w.encode} }

// run measures reports of the keys, batch by batch, and what they allocate.
func (w *walk) run(keys []uint32) {
	w.round++
	for len(keys) > 0 {
		n := min(batch, len(keys))
		w.stream = appendStream(w.stream[:0], w.schema, keys[:n], 1, w.round)
		w.decode.time(n, w.decodeBatch)
		w.apply.time(n, func() { w.table.Apply(now+1, w.lane, w.rows, 0) })
		w.sums.Reset()
		w.sums.Max = n
		w.sum.time(n, func() { w.reader.Read(now+2, 3600_000, &w.sums) })
		w.encode.time(n, w.encodeBatch)
		keys = keys[n:]
	}
	w.countAllocations()
}

// countAllocations takes one more batch through each step to see what it allocates: to ask
// the runtime costs more than a batch does.
func (w *walk) countAllocations() {
	for _, c := range []struct {
		m *meter
		f func()
	}{{&w.decode, w.decodeBatch}, {&w.apply, func() { w.table.Apply(now+1, w.lane, w.rows, 0) }},
		{&w.sum, func() { w.sums.Reset(); w.reader.Read(now+2, 3600_000, &w.sums) }}, {&w.encode, w.encodeBatch}} {
		before := measure.Allocations()
		c.f()
		c.m.allocs = (measure.Allocations() - before) * uint64(c.m.updates) / batch
	}
}

// decodeBatch decodes the stream as a session does. The rows alias it.
func (w *walk) decodeBatch() {
	w.rows, w.values = w.rows[:0], w.values[:0]
	id := uint32(0)
	for b := w.stream; len(b) > 0; {
		m, n, err := wire.Next(b)
		if err != nil {
			panic(err) // our own stream
		}
		b = b[n:]
		if m.Type == wire.Definition {
			continue
		}
		var r stick.Row
		if id, r, w.values, err = wire.ParseUpdate(m, w.schema, id, nil, w.values); err != nil {
			panic(err)
		}
		w.rows = append(w.rows, r)
	}
}

func (w *walk) encodeBatch() {
	w.out = w.out[:0]
	for i := range w.sums.Rows {
		w.out = wire.AppendUpdate(w.out, uint32(i+1), true, w.schema, &w.sums.Rows[i], nil)
	}
}

// drain reads everything that is pending.
func (w *walk) drain() {
	w.sums.Max = 1024
	for w.reader.Pending() {
		w.sums.Reset()
		w.reader.Read(now, 3600_000, &w.sums)
	}
}

// fill makes a table in which every member has a share of every key.
func fill(s *stick.Schema, keys, members int) (*table.Table, []*table.Lane) {
	t := table.New(table.Config{Seed: 1})
	var lanes []*table.Lane
	for m := range members {
		l, _ := t.Define(nil, fmt.Sprint("lb", m), m, s)
		lanes = append(lanes, l)
	}
	rows := make([]stick.Row, batch)
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
