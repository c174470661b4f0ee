package table

import (
	"encoding/binary"
	"fmt"
	"testing"

	"tallystick/internal/stick"
)

// usual is what many configurations store of a client address.
var usual = ipTable(stick.Column{Type: stick.ConnCur, Len: 1}, reqs, rate10s)

// perBatch is how many updates come at once, as in a busy session.
const perBatch = 256

// load is a table with keys rows, each fed by all members, and batches of updates that
// walk over them in an order that no cache foresees.
type load struct {
	*Table
	now   int64
	lanes []*Lane
	keys  int
	next  uint32
	rows  []stick.Row
	count uint64
}

func newLoad(keys, members int) *load {
	l := &load{Table: New(Config{Seed: 1}), now: 3_600_000_000, keys: keys, rows: make([]stick.Row, perBatch)}
	for i := range l.rows {
		l.rows[i] = stick.Row{Key: make([]byte, 4), Values: []uint64{1, 0, 500, 10, 10}, Life: 60_000}
	}
	for m := range members {
		lane, _ := l.Define(nil, fmt.Sprint("lb", m), m, usual)
		l.lanes = append(l.lanes, lane)
		for range (keys + perBatch - 1) / perBatch {
			l.Apply(l.now, lane, l.batch(), 0)
		}
		l.next = 0
	}
	return l
}

// batch is the next updates of a lane. The step is prime to any number of keys in use here.
func (l *load) batch() []stick.Row {
	l.count++
	for i := range l.rows {
		l.next = (l.next + 7_368_787) % uint32(l.keys)
		binary.BigEndian.PutUint32(l.rows[i].Key, l.next)
		l.rows[i].Values[1] = l.count
	}
	return l.rows
}

// BenchmarkApply: ns of an update.
func BenchmarkApply(b *testing.B) {
	for _, keys := range []int{10_000, 1_000_000} {
		for _, members := range []int{2, 16} {
			b.Run(fmt.Sprintf("keys=%d/members=%d", keys, members), func(b *testing.B) {
				l := newLoad(keys, members)
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					l.Apply(l.now, l.lanes[n%members], l.batch(), 0)
				}
				perRow(b)
				s := l.Stats()
				b.ReportMetric(float64(s.Bytes)/float64(s.Rows), "B/key")
			})
		}
	}
}

// BenchmarkLearn: ns of a key that nobody knew.
func BenchmarkLearn(b *testing.B) {
	b.ReportAllocs()
	const keys = 1 << 20
	for b.Loop() {
		l := &load{Table: New(Config{Seed: 1}), now: 3_600_000_000, keys: keys, rows: make([]stick.Row, perBatch)}
		for i := range l.rows {
			l.rows[i] = stick.Row{Key: make([]byte, 4), Values: []uint64{1, 0, 500, 10, 10}, Life: 60_000}
		}
		lane, _ := l.Define(nil, "lb", 0, usual)
		for range keys / perBatch {
			l.Apply(l.now, lane, l.batch(), 0)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRead: ns of a row that has changed and is read.
func BenchmarkRead(b *testing.B) {
	for _, keys := range []int{10_000, 1_000_000} {
		for _, members := range []int{2, 16} {
			b.Run(fmt.Sprintf("keys=%d/members=%d", keys, members), func(b *testing.B) {
				l := newLoad(keys, members)
				r := l.NewReader()
				out := Rows{Max: perBatch}
				read := func() int { out.Reset(); return r.Read(l.now, 60_000, &out) }
				for read() > 0 {
				}
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					b.StopTimer()
					l.Apply(l.now, l.lanes[n%members], l.batch(), 0)
					b.StartTimer()
					if read() != len(l.rows) {
						b.Fatal("all that has changed is to be read")
					}
				}
				perRow(b)
			})
		}
	}
}

// perRow reports the time of one row of a batch.
func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perBatch, "ns/row")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMove: ns of a row that changes and is read by four, in turn: what happens under load, small batches included.
func BenchmarkMove(b *testing.B) {
	for _, rows := range []int{4, perBatch} {
		b.Run(fmt.Sprint("rows=", rows), func(b *testing.B) {
			l := newLoad(10_000, 2)
			out := Rows{Max: perBatch}
			var readers []*Reader
			for range 4 {
				readers = append(readers, l.NewReader())
			}
			told := 0
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				lane := l.lanes[n%2]
				lane.Stamp(l.now*1e6 + int64(n))
				l.Apply(l.now, lane, l.batch()[:rows], 0)
				for _, r := range readers {
					for {
						out.Reset()
						k := r.Read(l.now, 60_000, &out)
						if told += k; k < perBatch {
							break
						}
					}
				}
			}
			if told == 0 {
				b.Fatal("nothing was read")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			b.ReportMetric(0, "ns/op")
		})
	}
}
