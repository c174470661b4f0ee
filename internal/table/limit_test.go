package table

import (
	"fmt"
	"testing"

	"tallystick/internal/stick"
)

// limited is a fixture whose table may have max rows.
func limited(t *testing.T, max int64) (*fixture, *Budget) {
	b := NewBudget(max)
	f := newFixture(t)
	f.table = New(Config{Seed: 7, Budget: b})
	return f, b
}

// sameShard makes n keys of one shard, so that a test knows where there is something to evict.
func (f *fixture) sameShard(n int) (keys []string) {
	for i := 0; len(keys) < n; i++ {
		if k := fmt.Sprint("key", i); shardOf(f.table.hash([]byte(k))) == 3 {
			keys = append(keys, k)
		}
	}
	return keys
}

// TestLimit: the peer that causes the excess loses rows of its own, those that it alone
// feeds; if it has none its new row is refused.
func TestLimit(t *testing.T) {
	f, b := limited(t, 3)
	k := f.sameShard(6)
	a, o := f.lane(oneCounter), f.lane(oneCounter)
	f.apply(a, 0, reported(k[0], 60_000, 1), reported(k[1], 60_000, 2))
	f.apply(o, 0, reported(k[1], 60_000, 10), reported(k[2], 60_000, 20))
	if got := f.apply(a, 0, reported(k[3], 60_000, 3)); got.Refused != 0 || b.Evicted() != 1 || b.Used() != 3 {
		t.Errorf("lb1 makes room itself: %+v, %d evicted, %d used", got, b.Evicted(), b.Used())
	}
	f.want("it alone fed this one", k[0], "")
	f.want("both feed this one", k[1], "[12]")
	f.want("lb2's own", k[2], "[20]")
	f.want("the new one is whole", k[3], "[3]")

	f.apply(o, 0, reported(k[3], 60_000, 30))
	if got := f.apply(a, 0, reported(k[4], 60_000, 4), reported(k[3], 60_000, 5)); got.Refused != 1 || b.Refused() != 1 {
		t.Errorf("lb1 has nothing alone any more: %+v, %d refused", got, b.Refused())
	}
	f.want("refused", k[4], "")
	f.want("rows that there are go on", k[3], "[35]")
	f.table.Drop(a)
	f.table.Drop(o)
	if b.Used() != 0 || b.Max() != 3 {
		t.Errorf("all is given back: %d of %d used", b.Used(), b.Max())
	}
}

// TestLimitExpired: a row that another member feeds is not the lane's to give, though the
// lane's own share of it shows as expired.
func TestLimitExpired(t *testing.T) {
	f, b := limited(t, 1)
	k := f.sameShard(2)
	a, o := f.lane(oneCounter), f.lane(oneCounter)
	f.apply(a, 0, reported(k[0], 1000, 1))
	f.apply(o, 0, reported(k[0], 60_000, 10))
	f.pass(1200)
	if got := f.apply(a, 0, reported(k[1], 60_000, 2)); got.Refused != 1 || b.Evicted() != 0 {
		t.Errorf("lb1 feeds no row: %+v, %d evicted", got, b.Evicted())
	}
	f.want("lb2's", k[0], "[10]")
}

// TestLimitOldestGoes: of a sample the row that has not changed for longest.
func TestLimitOldestGoes(t *testing.T) {
	f, _ := limited(t, 4)
	k := f.sameShard(5)
	l := f.lane(oneCounter)
	for i := range 4 {
		f.apply(l, 0, reported(k[i], 60_000, 1))
		f.pass(1000)
	}
	f.apply(l, 0, reported(k[0], 60_000, 2)) // the first is the newest again
	f.apply(l, 0, reported(k[4], 60_000, 5))
	f.want("touched last", k[0], "[2]")
	f.want("the oldest", k[1], "")
	f.want("younger", k[2], "[1]")
}

// TestLimitInBatch: rows of one batch may make each other go, and come twice.
func TestLimitInBatch(t *testing.T) {
	f, b := limited(t, 2)
	k := f.sameShard(20)
	l := f.lane(everything)
	r := f.table.NewReader()
	var rows []stick.Row
	for n := range 250 {
		rows = append(rows, reported(k[n*7%20], 60_000, 1, 2, 3, 0, 4, 5, 6, 7, uint64(n)))
	}
	for range 20 {
		if got := f.apply(l, 0, rows...); got.Refused != 0 {
			t.Fatalf("there is always one of its own to evict: %+v", got)
		}
		if s := f.table.Stats(); s.Rows != 2 || s.Shares != 2 || b.Used() != 2 || l.Contributions() != 2 {
			t.Fatalf("%d rows, %d shares, %d used, %d contributions; want 2 of each", s.Rows, s.Shares, b.Used(), l.Contributions())
		}
		f.want("the last row of the batch is whole", k[249*7%20], "[1 2 3 0 4 5 6 7 249]")
		if got := f.drain(r, 60_000); len(got) != 2 {
			t.Fatalf("who has gone is not read: %v", got)
		}
	}
}

// TestLimitShared: the tables of a section share their budget.
func TestLimitShared(t *testing.T) {
	f, b := limited(t, 1)
	other := newFixture(t)
	other.table = New(Config{Seed: 7, Budget: b})
	f.apply(f.lane(oneCounter), 0, reported("k", 60_000, 1))
	if got := other.apply(other.lane(oneCounter), 0, reported("k", 60_000, 1)); got.Refused != 1 {
		t.Errorf("the row is taken: %+v", got)
	}
	f.pass(61_000)
	if got := other.apply(other.table.lanes[1], 0, reported("k", 60_000, 1)); got.Refused != 0 {
		t.Errorf("it has been given back: %+v", got)
	}
}
