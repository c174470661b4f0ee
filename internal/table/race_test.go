package table

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"tallystick/internal/stick"
)

// TestConcurrent lets everything happen at once. The race detector looks for what is not
// guarded; at the end the sums must be those of what was reported last.
func TestConcurrent(t *testing.T) {
	f := newFixture(t)
	var clock atomic.Int64
	clock.Store(f.now)
	var members, observers sync.WaitGroup
	done := make(chan struct{})
	for m := range 4 {
		s := schema(0, reqs, rate10s)
		l, _ := f.table.Define(nil, fmt.Sprint("lb", m), m, s)
		members.Go(func() { member(f.table, &clock, l, uint64(m)) })
	}
	observe := func(what func(now int64, r *rand.Rand)) {
		seed := rand.NewPCG(9, 9)
		observers.Go(func() {
			for r := rand.New(seed); ; {
				select {
				case <-done:
					return
				default:
					what(clock.Load(), r)
				}
			}
		})
	}
	observe(func(now int64, _ *rand.Rand) { f.table.Advance(clock.Add(10)) })
	for range 2 {
		r := f.table.NewReader()
		out := Rows{Max: 10}
		observe(func(now int64, dice *rand.Rand) {
			out.Reset()
			r.Read(now, 60_000, &out)
			switch dice.IntN(20) {
			case 0:
				r.Rewind()
			case 1:
				r.Checkpoint()
			case 2:
				r.Commit()
			case 3:
				r.Resume()
			case 4:
				r.Close()
				r = f.table.NewReader()
			}
		})
	}
	var place Place
	observe(func(now int64, r *rand.Rand) {
		if !f.table.Scan(now, &place, 20, func(e *Entry) {}) {
			place = Place{}
		}
		f.table.Stats()
		f.table.Schema()
		f.table.Disagreements()
		f.table.Touch([]byte("k1"))
		f.table.Clear(now, []byte("k2"))
	})
	var passing *Lane
	observe(func(now int64, r *rand.Rand) {
		if passing == nil || r.IntN(3) > 0 {
			columns := [][]stick.Column{{reqs}, {errs}, {reqs, rate60s}, {array(3)}}[r.IntN(4)]
			passing, _ = f.table.Define(passing, "passing", 9, schema(60_000, columns...))
			return
		}
		f.table.Drop(passing)
		passing = nil
	})
	members.Wait()
	close(done)
	observers.Wait()
	if passing != nil {
		f.table.Drop(passing)
	}
	f.now = clock.Load()
	for i := range 100 {
		if k := fmt.Sprint("k", i); i != 2 && f.entry(k).Values[0] != 4*uint64(1000+i) {
			t.Errorf("%s: four members have reported %d last, the sum is %s", k, 1000+i, f.sum(k))
		}
	}
}

// member reports, is taught, loses its session; at the end it reports what the test expects.
func member(t *Table, clock *atomic.Int64, l *Lane, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	row := func(key int, count uint64) stick.Row {
		return reported(fmt.Sprint("k", key), stick.Forever, count, uint64(r.IntN(9000)), uint64(r.IntN(50)), uint64(r.IntN(50)))
	}
	for range 300 {
		now := clock.Load()
		var rows []stick.Row
		for range 1 + r.IntN(40) {
			rows = append(rows, row(r.IntN(100), r.Uint64N(1000)))
		}
		t.Apply(now, l, rows, How(r.IntN(4)))
		switch r.IntN(10) {
		case 0:
			t.Begin(l)
		case 1:
			t.End(l, true)
		case 2:
			t.SetUp(l, r.IntN(2) == 0)
			t.LoseGauges(l)
		case 3:
			restorer := t.Restore(l)
			for out := (Rows{Max: 5}); restorer.Read(now, &out) > 0; out.Reset() {
			}
		case 4:
			t.DropForever(l)
		case 5:
			t.Weigh(nil, []*Lane{l})
		case 6:
			t.Weigh([]*Lane{l}, nil)
		case 7:
			other := New(Config{})
			to, _ := other.Define(nil, l.Label(), 0, l.Schema())
			l.CopyTo(now, to)
		}
	}
	t.Weigh([]*Lane{l}, nil)
	for i := range 100 {
		t.Apply(clock.Load(), l, []stick.Row{row(i, uint64(1000+i))}, 0)
	}
}

// TestNoAllocations: the path that runs a million times a second leaves no garbage.
func TestNoAllocations(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(everything), f.lane(everything)
	r := f.table.NewReader()
	rows := make([]stick.Row, 64)
	for i := range rows {
		rows[i] = reported(fmt.Sprintf("key %d, some of which are long", i*i*i), 60_000, 1, 2, 3, 100, 5, 6, 7, 8, 9)
		rows[i].Text = "s1"
	}
	out := Rows{Max: len(rows)}
	round := func() {
		f.now += 70
		for i := range rows {
			rows[i].Values[first]++
		}
		f.table.Apply(f.now, a, rows, 0)
		f.table.Apply(f.now, b, rows, InLesson|Guarded)
		f.table.Advance(f.now)
		out.Reset()
		if n := r.Read(f.now, 60_000, &out); n != len(rows) {
			t.Fatalf("read %d rows of %d", n, len(rows))
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("%v allocations for 128 updates and 64 rows read, want none", n)
	}
}
