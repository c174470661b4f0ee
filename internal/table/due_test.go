package table

import (
	"testing"

	"tallystick/internal/stick"
)

// TestNextDue: nothing happens in a table before it says so, and it does not say so for nothing for
// long.
func TestNextDue(t *testing.T) {
	f := newFixture(t)
	if due := f.table.NextDue(f.now); due < f.now+int64(1000*3600*24*300) {
		t.Errorf("an empty table is due in %d ms", due-f.now)
	}
	l := f.lane(schema(60_000, stick.Column{Type: stick.HTTPReqCnt}))
	f.apply(l, 0, reported("a", 30_000, 1), reported("b", 50_000, 1))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	seen := 0
	for seen < 200 && f.table.Stats().Rows > 0 {
		due := f.table.NextDue(f.now)
		rows, changes := f.table.Stats().Rows, f.table.Changes()
		f.table.Advance(due - 1<<tickShift)
		if s := f.table.Stats(); s.Rows != rows || s.Changes != changes {
			t.Fatalf("something was due before %d", due)
		}
		f.now = max(due, f.now+1)
		f.table.Advance(f.now)
		seen++
	}
	if seen >= 20 {
		t.Errorf("looked %d times for two rows that expire", seen)
	}
	if f.now > 3_600_000_000+51_000 {
		t.Errorf("the last row has gone %d ms late", f.now-3_600_000_000-50_000)
	}
}

// TestAdvanceStops: much that is due at once is done in parts, so that nobody waits long for a
// shard, and all of it is done.
func TestAdvanceStops(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	keys := f.sameShard(2000)
	for _, k := range keys {
		f.apply(l, 0, reported(k, 1000, 1))
	}
	f.now += 2000
	s := &f.table.shards[3]
	parts := 1
	for ; s.advance(f.now, 256); parts++ {
		if parts > 100 {
			t.Fatal("it does not end")
		}
	}
	if parts < 4 || f.table.Stats().Rows != 0 {
		t.Errorf("%d parts, %d rows left", parts, f.table.Stats().Rows)
	}
}
