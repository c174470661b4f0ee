package table

import (
	"fmt"
	"slices"
	"testing"

	"tallystick/internal/stick"
)

// count lets a lane report each key with a value.
func (f *fixture) count(l *Lane, value uint64, keys ...string) {
	for _, k := range keys {
		f.apply(l, 0, reported(k, 60_000, value))
	}
}

// TestNewestOnce: a receiver hears each row once, as it is when it is read, however often
// it has changed and however far behind it is.
func TestNewestOnce(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	quick, slow := f.table.NewReader(), f.table.NewReader()
	heard := 0
	for i := range 1000 {
		f.count(l, uint64(i), fmt.Sprint("k", i%10))
		heard += len(f.drain(quick, 60_000))
	}
	if heard != 1000 {
		t.Errorf("who reads at once hears each change: %d of 1000", heard)
	}
	f.dueNow(slow, "who lags hears the newest of each row", "k0[990]", "k1[991]", "k2[992]", "k3[993]", "k4[994]",
		"k5[995]", "k6[996]", "k7[997]", "k8[998]", "k9[999]")
	if slow.Pending() || quick.Pending() {
		t.Error("nothing is left to read")
	}
	f.count(l, 999, "k9")
	if slow.Pending() {
		t.Error("the same value with the same life is nothing to read")
	}
	f.count(l, 1000, "k9")
	if !slow.Pending() || !quick.Pending() {
		t.Error("a change is, for everybody")
	}
}

// TestReadByPieces: reading by pieces, while rows change, ends, and misses nothing.
func TestReadByPieces(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	for i := range 500 {
		f.count(l, 1, fmt.Sprint("k", i))
	}
	heard := map[string]string{}
	out := Rows{Max: 7}
	for n := 0; ; n++ {
		out.Reset()
		got := r.Read(f.now, 60_000, &out)
		if got != len(out.Rows) || got > 7 {
			t.Fatalf("%d rows said, %d read, 7 wanted", got, len(out.Rows))
		}
		for _, row := range out.Rows {
			heard[string(row.Key)] = print(row)
		}
		if n < 50 {
			f.count(l, uint64(n+2), fmt.Sprint("k", n*3), fmt.Sprint("k", 499-n*3))
		} else if got < 7 {
			break
		}
	}
	for i := range 500 {
		k := fmt.Sprint("k", i)
		if heard[k] != f.sum(k) {
			t.Errorf("%s: heard %s, it is %s", k, heard[k], f.sum(k))
		}
	}
}

// TestAcks: a process that comes back goes on behind what it has acked.
func TestAcks(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	f.count(l, 1, "a", "b")
	f.drain(r, 60_000)
	r.Resume()
	f.dueNow(r, "nothing was acked: from the start", "a[1]", "b[1]")
	r.Checkpoint()
	f.count(l, 2, "c")
	f.drain(r, 60_000)
	r.Resume()
	f.dueNow(r, "nor yet", "a[1]", "b[1]", "c[2]")
	r.Commit()
	f.drain(r, 60_000)
	r.Resume()
	f.dueNow(r, "a and b were read before the checkpoint, c was not", "c[2]")
	f.count(l, 3, "a")
	r.Resume()
	f.dueNow(r, "what has changed since is due as well", "a[3]", "c[2]")
	r.Checkpoint()
	r.Commit()
	r.Resume()
	if got := f.drain(r, 60_000); len(got) != 0 {
		t.Errorf("all is acked: %v", got)
	}
}

// TestRewind: a lesson is all that there is; its end is known even while rows change.
func TestRewind(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	var keys []string
	for i := range 100 {
		keys = append(keys, fmt.Sprint("k", i))
	}
	f.count(l, 1, keys...)
	f.drain(r, 60_000)
	if r.Rewound() {
		t.Error("no lesson yet")
	}
	r.Rewind()
	if !r.Rewound() || !r.Pending() {
		t.Error("all is to be read again")
	}
	out := Rows{Max: 10}
	read := map[string]int{}
	for n := 0; r.Rewound(); n++ {
		if n > 100 {
			t.Fatal("the lesson never ends while rows change")
		}
		out.Reset()
		r.Read(f.now, 60_000, &out)
		for _, row := range out.Rows {
			read[string(row.Key)]++
		}
		f.count(l, uint64(n+2), keys[:50]...)
	}
	f.drain(r, 60_000)
	for _, k := range keys[50:] {
		if read[k] != 1 {
			t.Errorf("%s has not changed: it is read once, not %d times", k, read[k])
		}
	}
	r.Rewind()
	r.Resume()
	if r.Rewound() {
		t.Error("a new session has asked for no lesson")
	}
}

// TestRewindOfNothing: a lesson of an empty table ends at once, with or without a definition.
func TestRewindOfNothing(t *testing.T) {
	f := newFixture(t)
	for range 2 {
		r := f.table.NewReader()
		r.Rewind()
		if got := f.drain(r, 60_000); len(got) != 0 || r.Rewound() || r.Pending() {
			t.Errorf("read %v, rewound %v, pending %v", got, r.Rewound(), r.Pending())
		}
		f.lane(oneCounter)
	}
}

// TestManyReaders: each has its own place, and places are used again.
func TestManyReaders(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	var readers []*Reader
	for range 20 {
		readers = append(readers, f.table.NewReader())
	}
	for i := range uint64(50) {
		f.count(l, i, "a", "b")
		f.drain(readers[i%20], 60_000)
	}
	f.dueNow(readers[9], "read last, as the only one with no lag", []string{}...)
	f.dueNow(readers[10], "behind by a few", "a[49]", "b[49]")
	for i, r := range readers {
		if i%2 == 0 {
			r.Rewind()
			r.Close()
		}
	}
	marks := len(f.table.shards[0].marks)
	for range 10 {
		r := f.table.NewReader()
		if r.Rewound() {
			t.Error("a new reader is in no lesson, whatever its place was used for before")
		}
		f.dueNow(r, "a new reader is at the start", "a[49]", "b[49]")
	}
	if s := f.table.Stats(); s.Readers != 20 || len(f.table.shards[0].marks) != marks {
		t.Errorf("%d readers with %d marks, want 20 with %d", s.Readers, len(f.table.shards[0].marks), marks)
	}
	for i, r := range readers {
		if i%2 == 1 && i != 9 {
			f.dueNow(r, "those who stayed have lost nothing", "a[49]", "b[49]")
		}
	}
}

// TestRowsKeepTheirMemory: rows read before in the same room stay whole when it grows.
func TestRowsKeepTheirMemory(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	var want []string
	for i := range 300 {
		f.apply(l, 0, stick.Row{Key: fmt.Appendf(nil, "key %03d that is not short", i), Values: []uint64{uint64(i)}, Life: 60_000})
		want = append(want, fmt.Sprintf("key %03d that is not short[%d]", i, i))
	}
	f.dueNow(r, "all of them", want...)
	if !slices.IsSorted(want) {
		t.Fatal("the test compares sorted lists")
	}
}
