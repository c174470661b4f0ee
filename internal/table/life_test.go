package table

import (
	"slices"
	"testing"

	"tallystick/internal/stick"
)

var oneCounter = schema(60_000, stick.Column{Type: stick.GPC0})

// inUse has a gauge, which holds an entry alive on its node.
var inUse = schema(60_000, stick.Column{Type: stick.ConnCur}, stick.Column{Type: stick.HTTPReqCnt})

// dueNow fails unless exactly these rows are due to the reader.
func (f *fixture) dueNow(r *Reader, why string, want ...string) {
	f.t.Helper()
	got := f.drain(r, 60_000)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		f.t.Errorf("%s: due are %v, want %v", why, got, want)
	}
}

// TestExpiry: a share counts until its life is over, and shows as expired beside others.
func TestExpiry(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(oneCounter), f.lane(oneCounter)
	f.apply(a, 0, reported("both", 2000, 1), reported("alone", 2000, 3))
	f.apply(b, 0, reported("both", 8000, 10))
	r := f.table.NewReader()
	f.dueNow(r, "a new reader hears all", "alone[3]", "both[11]")
	f.pass(1900)
	f.dueNow(r, "nothing has ended yet")
	f.pass(300)
	f.dueNow(r, "the sum is smaller, if others remain; if none does nothing is said", "both[10]")
	f.want("the row goes with its last share", "alone", "")

	e := f.entry("both")
	if len(e.Shares) != 2 || !e.Shares[0].Expired || e.Shares[0].Label != "lb1" || e.Shares[0].Values[0] != 0 {
		t.Errorf("lb1's share shows as expired, with zeros: %+v", e.Shares)
	}
	if a.Contributions() != 0 || b.Contributions() != 1 {
		t.Errorf("%d and %d shares count, want 0 and 1", a.Contributions(), b.Contributions())
	}
	f.pass(6000)
	f.dueNow(r, "the last one ends in silence")
	if s := f.table.Stats(); s.Rows != 0 || s.Shares != 0 {
		t.Errorf("an expired share goes with the row: %d rows, %d shares", s.Rows, s.Shares)
	}
}

// TestHeld: an entry that connections use does not expire on its node, nor here.
func TestHeld(t *testing.T) {
	for _, c := range []struct {
		why  string
		end  func(f *fixture, l *Lane)
		want string
	}{
		{"no end: it is held while the session is up", func(f *fixture, l *Lane) {}, "[2 5]"},
		{"the session is down", func(f *fixture, l *Lane) { f.table.SetUp(l, false) }, ""},
		{"the connections are lost", func(f *fixture, l *Lane) { f.table.LoseGauges(l) }, ""},
		{"the connections have ended, in a replay", func(f *fixture, l *Lane) {
			r := reported("k", 1000, 0, 5)
			r.Replay = true
			f.apply(l, 0, r)
		}, ""},
		{"the connections have ended: it lives on from then", func(f *fixture, l *Lane) { f.apply(l, 0, reported("k", 5000, 0, 5)) }, "[0 5]"},
	} {
		f := newFixture(t)
		l := f.lane(inUse)
		f.apply(l, 0, reported("k", 1000, 2, 5))
		f.pass(30_000)
		f.want("held far beyond its life", "k", "[2 5]")
		c.end(f, l)
		f.pass(1200) // a share that is held is looked at once a second
		f.want(c.why, "k", c.want)
	}
}

// TestLoseGauges: a lost session takes its connections with it, and nothing else.
func TestLoseGauges(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(inUse), f.lane(inUse)
	f.apply(a, 0, reported("k", 60_000, 2, 5), reported("idle", 60_000, 0, 7))
	f.apply(b, 0, reported("k", 60_000, 3, 10))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	f.table.LoseGauges(a)
	f.dueNow(r, "only what had connections changes", "k[3 15]")
	f.table.LoseGauges(a)
	f.dueNow(r, "nothing is lost twice")
}

// TestForever: shares without expiry stay until they are dropped.
func TestForever(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(schema(0, stick.Column{Type: stick.GPC0})), f.lane(oneCounter)
	f.apply(a, 0, reported("k", stick.Forever, 1), reported("alone", stick.Forever, 2))
	f.apply(b, 0, reported("k", 60_000, 10))
	r := f.table.NewReader()
	f.drain(r, 0)
	f.now += 1000 * 3_600_000 // a thousand hours in one step: a machine that was suspended
	f.table.Advance(f.now)
	f.want("the other's has expired", "k", "[1]")
	if e := f.entry("k"); e.Life != stick.Forever {
		t.Errorf("it lives for ever, not for %d ms", e.Life)
	}
	f.apply(b, 0, reported("k", 60_000, 10))
	f.drain(r, 0)
	f.table.DropForever(b)
	f.dueNow(r, "nothing of lb2 lives for ever")
	f.table.DropForever(a)
	f.dueNow(r, "dropped, and what remains is due", "k[10]")
	f.want("dropped with its row", "alone", "")
}

// TestLifeBecomesForever: a life that has no end any more is news to who was told of its end.
func TestLifeBecomesForever(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	f.apply(l, 0, reported("k", 10_000, 1))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	f.table.Define(l, "lb1", 0, schema(0, stick.Column{Type: stick.GPC0}))
	f.drain(r, 60_000)
	f.apply(l, 0, reported("k", stick.Forever, 1))
	f.pass(5000)
	if rows := f.drainRows(r, 60_000); len(rows) != 1 || rows[0].Life != 60_000 {
		t.Errorf("due again with all the life that the receiver can give: got %v", rows)
	}
}

// TestRenewal: a renewed life is told, but not at each update: once in half of it.
func TestRenewal(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	told := 0
	for range 600 { // ten minutes, an update each second
		f.apply(l, 0, reported("k", 60_000, 5))
		told += len(f.drain(r, 60_000))
		f.pass(1000)
	}
	if told < 20 || told > 21 {
		t.Errorf("told %d times in ten minutes of a life of one: want every 30 s", told)
	}
}

// TestLongestLife: the sum lives as long as its longest share, also when that changes.
func TestLongestLife(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(oneCounter), f.lane(oneCounter)
	life := func(why string, want uint32) {
		t.Helper()
		if got := f.entry("k").Life; got < want || got > want+128 {
			t.Errorf("%s: a life of %d, want %d", why, got, want)
		}
	}
	f.apply(a, 0, reported("k", 30_000, 1))
	f.apply(b, 0, reported("k", 60_000, 1))
	life("the longer one", 60_000)
	if rows := f.drainRows(f.table.NewReader(), 60_000); rows[0].Life != 60_000 {
		t.Errorf("rounding makes no life longer than the receiver can give: %d", rows[0].Life)
	}
	f.apply(b, 0, reported("k", 40_000, 1))
	life("it may become shorter", 40_000)
	f.table.Drop(b)
	life("or go", 30_000)
}
