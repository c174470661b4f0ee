package table

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

// TestScan: by pieces of any size every row is seen once.
func TestScan(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	for i := range 300 {
		f.count(l, uint64(i), fmt.Sprint("k", i))
	}
	for _, max := range []int{1, 7, 299, 300, 1000} {
		seen := map[string]int{}
		var p Place
		for more := true; more; {
			n := 0
			more = f.table.Scan(f.now, &p, max, func(e *Entry) { seen[string(e.Key)]++; n++ })
			if n > max {
				t.Fatalf("%d rows at once, %d wanted", n, max)
			}
		}
		for i := range 300 {
			if n := seen[fmt.Sprint("k", i)]; n != 1 {
				t.Fatalf("%d at a time: k%d is seen %d times", max, i, n)
			}
		}
	}
}

// TestBareScan: the same sums, without shares.
func TestBareScan(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	for i := range 300 {
		f.count(l, uint64(i), fmt.Sprint("k", i))
	}
	whole, bare := map[string]uint64{}, map[string]uint64{}
	var p Place
	for f.table.Scan(f.now, &p, 64, func(e *Entry) { whole[string(e.Key)] = e.Values[0] }) {
	}
	p = Place{Bare: true}
	for f.table.Scan(f.now, &p, 64, func(e *Entry) {
		if bare[string(e.Key)] = e.Values[0]; e.Shares != nil {
			t.Fatalf("%s has shares", e.Key)
		}
	}) {
	}
	if len(whole) != 300 || !maps.Equal(whole, bare) {
		t.Errorf("%d sums, and %d bare ones: they are the same", len(whole), len(bare))
	}
}

// TestLongKeysGiveBack: keys that come and go do not make the table grow.
func TestLongKeysGiveBack(t *testing.T) {
	f := newFixture(t)
	l := f.lane(schema(0, stick.Column{Type: stick.GPC0}))
	var bytes int
	for n := range 50 {
		for i := range 200 {
			f.count(l, 1, fmt.Sprintf("%d of %d %s", i, n, strings.Repeat("long ", 100)))
		}
		if n == 1 {
			bytes = f.table.Stats().Bytes
		}
		f.table.DropForever(l)
		f.pass(61_000)
	}
	if s := f.table.Stats(); s.Rows != 0 || s.Bytes > bytes+bytes/10 { // shards are not filled evenly
		t.Errorf("%d rows; %d bytes, after the first rounds it was %d", s.Rows, s.Bytes, bytes)
	}
}
