package table

import (
	"fmt"
	"slices"
	"testing"

	"tallystick/internal/stick"
)

// replicas is a fixture with two lanes that report the same. The first counts.
func replicas(t *testing.T, s *stick.Schema) (f *fixture, a, b *Lane) {
	f = newFixture(t)
	a, b = f.lane(s), f.lane(s)
	f.table.Weigh(nil, []*Lane{b})
	return f, a, b
}

// takeover lets b count in the place of a.
func (f *fixture) takeover(a, b *Lane) { f.table.Weigh([]*Lane{b}, []*Lane{a}) }

// silent fails if what is done makes anything due to readers: not even a row that they pass.
func (f *fixture) silent(why string, do func()) {
	f.t.Helper()
	before := f.table.Changes()
	if do(); f.table.Changes() != before {
		f.t.Errorf("%s: readers are woken", why)
	}
}

// TestWeigh: one of two replicas counts, the other's shares are kept for when it does.
func TestWeigh(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	c := f.lane(oneCounter)
	if !a.Counts() || b.Counts() || !c.Counts() {
		t.Error("a lane counts until it is weighed out")
	}
	r := f.table.NewReader()
	f.apply(a, 0, reported("k", 60_000, 5), reported("same", 60_000, 4))
	f.apply(b, 0, reported("k", 60_000, 7), reported("same", 60_000, 4), reported("b's", 60_000, 1))
	f.apply(c, 0, reported("k", 60_000, 100))
	f.dueNow(r, "lb2 stands by", "k[105]", "same[4]")
	if got := f.apply(b, 0, reported("k", 60_000, 8)); got.Changed {
		t.Error("what it reports is nothing to readers")
	}
	f.dueNow(r, "nor due to any")
	f.takeover(a, b)
	f.dueNow(r, "it counts with what it has reported last; what reads the same is not told", "b's[1]", "k[108]")
	f.takeover(b, a)
	f.dueNow(r, "and back; what counts nowhere any more is not told", "k[105]")
	f.want("a row in which nothing counts is shown", "b's", "[0]")
	f.apply(b, 0, reported("zero", 60_000, 0))
	f.table.Weigh([]*Lane{b}, nil)
	f.dueNow(r, "both: the caller decides", "b's[1]", "k[113]", "same[8]", "zero[0]")
	if a.Contributions() != 2 || b.Contributions() != 4 {
		t.Errorf("%d and %d contributions, want 2 and 4, whoever counts", a.Contributions(), b.Contributions())
	}
}

// TestWeighShows: an observer sees all shares, and which are in the sum.
func TestWeighShows(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	f.apply(a, 0, reported("k", 1000, 5))
	f.apply(b, 0, reported("k", 1000, 7), reported("b's", 60_000, 1))
	third := f.lane(oneCounter)
	f.apply(third, 0, reported("k", 60_000, 1))
	lanes := map[string]*Lane{"lb1": a, "lb2": b, "lb3": third}
	show := func(key string) (s string) {
		e := f.entry(key)
		for _, sh := range e.Shares {
			s += fmt.Sprintf(", %s%v", sh.Label, sh.Values)
			if sh.Standby {
				s += " standby"
			}
			if sh.Expired {
				s += " expired"
			}
			if sh.Lane != lanes[sh.Label] {
				s += " of another lane"
			}
		}
		return fmt.Sprintf("%v lives %v%s", e.Values, e.Life != 0, s)
	}
	for _, c := range []struct{ why, key, want string }{
		{"lb2's share is beside the sum", "k", "[6] lives true, lb1[5], lb2[7] standby, lb3[1]"},
		{"nothing counts: zeros and no life", "b's", "[0] lives false, lb2[1] standby"},
	} {
		if got := show(c.key); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.why, got, c.want)
		}
	}
	f.pass(1200)
	f.takeover(a, b)
	if got, want := show("k"), "[1] lives true, lb1[0] standby expired, lb2[0] expired, lb3[1]"; got != want {
		t.Errorf("what has expired stands by with its lane:\n got %s\nwant %s", got, want)
	}
	n := 0
	for p := (Place{}); f.table.Scan(f.now, &p, 1, func(*Entry) { n++ }); {
	}
	if n != 2 {
		t.Errorf("a scan shows %d rows, want both", n)
	}
}

// TestIdleExpiryIsSilent: the life of a share that does not count ends, and no reader hears
// of it; the row goes with its last share, whichever that is.
func TestIdleExpiryIsSilent(t *testing.T) {
	f, a, b := replicas(t, inUse)
	r := f.table.NewReader()
	f.apply(a, 0, reported("k", 9000, 0, 5), reported("a's", 9000, 0, 4))
	f.apply(b, 0, reported("k", 2000, 0, 5), reported("b's", 2000, 0, 1), reported("held", 2000, 1, 1))
	f.dueNow(r, "lb1's", "a's[0 4]", "k[0 5]")
	f.silent("lb2's lives end", func() { f.pass(2200) })
	f.want("lb2's alone has gone", "b's", "")
	f.want("its peer holds this one, whether it counts or not", "held", "[0 0]")
	if e := f.entry("k"); len(e.Shares) != 2 || !e.Shares[1].Expired || b.Contributions() != 1 {
		t.Errorf("lb2's share has expired beside lb1's: %+v", e.Shares)
	}
	f.apply(b, 0, reported("k", 60_000, 0, 6))
	f.dueNow(r, "it comes back as silently")
	f.silent("the last that counts has ended: nothing is told, not even 0", func() { f.pass(7000) })
	f.want("the row is kept for the other", "k", "[0 0]")
	f.want("there is no other", "a's", "")
	f.takeover(a, b)
	f.dueNow(r, "it counts", "held[1 1]", "k[0 6]")
}

// TestIdleLivesDoNotCount: a row lives as long as the longest share in its sum, and is held
// by connections in its sum alone.
func TestIdleLivesDoNotCount(t *testing.T) {
	f, a, b := replicas(t, inUse)
	r := f.table.NewReader()
	life := func(why string, want uint32) {
		t.Helper()
		rows := f.drainRows(r, 30_000)
		if len(rows) != 1 || rows[0].Life > want+100 || rows[0].Life+100 < want {
			t.Errorf("%s: read %+v, want a life of %d", why, rows, want)
		}
	}
	f.apply(a, 0, reported("k", 10_000, 0, 1))
	f.apply(b, 0, reported("k", 50_000, 7, 1))
	life("lb1's", 10_000)
	f.apply(a, 0, reported("k", 5_000, 0, 2))
	life("a shorter one of lb1's, though lb2's is longer", 5_000)
	f.takeover(a, b)
	life("lb2's: it is in use there", 30_000)
	f.takeover(b, a)
	life("and back", 5_000)
	f.apply(b, 0, reported("k", 50_000, 0, 2))
	f.takeover(a, b)
	f.dueNow(r, "the same sum with a longer life need not be told at once")
	f.pass(4500)
	life("but before the old life is over", 30_000)
}

// TestIdleReportsDelayNothing: that a copy is reported does not put off when readers hear of
// a longer life.
func TestIdleReportsDelayNothing(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	r := f.table.NewReader()
	f.apply(a, 0, reported("k", 10_000, 1))
	f.drain(r, 60_000)
	for range 9 {
		f.pass(1000)
		f.apply(b, 0, reported("k", 10_000, 1))
	}
	f.apply(a, 0, reported("k", 10_000, 1))
	f.pass(100)
	f.dueNow(r, "they know of one second", "k[1]")
}

// TestIdleReplay: a change that its owner has sent before renews no life of a copy either.
func TestIdleReplay(t *testing.T) {
	f, _, b := replicas(t, oneCounter)
	row := reported("k", 10_000, 5)
	row.Replay = true
	f.apply(b, 0, row)
	f.pass(6000)
	f.apply(b, 0, row)
	f.want("as first heard", "k", "[0]")
	f.pass(4200)
	f.want("its life is over in time", "k", "")
}

// TestRowOfIdleShares: a row in which nothing counts is read by nobody, and is in its place
// when it counts. Readers pass many of them without keeping the lock.
func TestRowOfIdleShares(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	r, late := f.table.NewReader(), f.table.NewReader()
	f.dueNow(r, "nothing is there")
	const n = 3 * stride
	keys := f.sameShard(n)
	for _, k := range keys {
		f.apply(b, 0, reported(k, 60_000, 1))
	}
	if r.Pending() {
		t.Error("nothing is due")
	}
	f.table.Touch([]byte(keys[0]))
	f.dueNow(r, "nor if it is touched")
	r.Rewind()
	f.dueNow(r, "nor in a lesson")
	if r.Rewound() || r.Pending() {
		t.Error("the lesson is over")
	}
	f.apply(a, 0, reported(keys[n/2], 60_000, 5))
	f.dueNow(r, "one that counts among them", keys[n/2]+"[5]")
	f.table.Weigh([]*Lane{b}, nil)
	if got := len(f.drain(r, 60_000)); got != n {
		t.Errorf("they count now: %d read, want all %d", got, n)
	}
	r.Rewind()
	f.silent("they count no more", func() { f.table.Weigh(nil, []*Lane{a, b}) })
	s := &f.table.shards[3]
	s.mu.Lock()
	r.next = 3
	if !r.readShard(s, f.now, 60_000, ends, &Rows{Max: 9}) {
		t.Error("a reader that passes many rows lets others at the lock between")
	}
	s.mu.Unlock()
	f.table.Weigh([]*Lane{a}, nil)
	f.dueNow(late, "who is behind is not told what counts no more", keys[n/2]+"[5]")
}

// TestClearBesideIdle: a cleared row goes out as zeros, and a copy that does not count and
// reports meanwhile neither stops that nor gets lost.
func TestClearBesideIdle(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	r := f.table.NewReader()
	f.apply(a, 0, reported("k", 60_000, 5), reported("l", 60_000, 5))
	f.apply(b, 0, reported("k", 60_000, 5), reported("l", 60_000, 5))
	f.drain(r, 60_000)
	if f.table.ClearAll(f.now) != 2 || b.Contributions() != 0 {
		t.Error("copies are cleared as well")
	}
	f.apply(b, 0, reported("k", 60_000, 6))
	f.dueNow(r, "zeros", "k[0]", "l[0]")
	f.want("it is there again", "k", "[0]")
	f.want("and this is not", "l", "")
	if !f.table.Clear(f.now, []byte("k")) || f.table.Clear(f.now, []byte("k")) {
		t.Error("what has come meanwhile can be cleared, once")
	}
	f.dueNow(r, "and that is told", "k[0]")
	f.apply(b, 0, reported("k", 60_000, 7), reported("l", 2000, 7))
	slow := f.table.NewReader()
	f.apply(b, 0, reported("m", 1000, 7), reported("n", stick.Forever, 7))
	f.table.Clear(f.now, []byte("m"))
	f.table.Clear(f.now, []byte("n"))
	f.apply(b, 0, reported("m", 1000, 7), reported("n", stick.Forever, 7))
	f.pass(1200)
	f.table.DropForever(b)
	f.dueNow(slow, "copies that have come and gone meanwhile stop nothing", "k[0]", "l[0]", "m[0]", "n[0]")
	f.dueNow(r, "the same", "m[0]", "n[0]")
	f.pass(zeroStays + 200)
	f.want("readers have been told: the row is the copy's", "k", "[0]")
	f.want("nobody's", "l", "")
	f.dueNow(r, "which is not read")
	f.takeover(a, b)
	f.dueNow(r, "until it counts", "k[7]")
	f.table.Clear(f.now, []byte("k"))
	f.apply(a, 0, reported("k", 60_000, 1))
	f.takeover(b, a)
	f.dueNow(r, "one that comes while the row is cleared ends that", "k[1]")
}

// TestIdleGauges: connections of a copy that does not count are in no sum when they are lost.
func TestIdleGauges(t *testing.T) {
	f, a, b := replicas(t, inUse)
	r := f.table.NewReader()
	f.apply(a, 0, reported("k", 60_000, 3, 1))
	f.apply(b, 0, reported("k", 60_000, 3, 1), reported("b's", 60_000, 1, 1))
	f.drain(r, 60_000)
	f.table.LoseGauges(b)
	f.dueNow(r, "nothing is lost")
	f.want("lb1 has them", "k", "[3 1]")
	f.takeover(a, b)
	f.dueNow(r, "lb2 has none", "b's[0 1]", "k[0 1]")
}

// TestIdleShareLeaves: a copy that goes, whether a lesson did not mention it or it would
// never expire, is missed by no sum; one that comes alone keeps its row.
func TestIdleShareLeaves(t *testing.T) {
	f, a, b := replicas(t, schema(0, stick.Column{Type: stick.GPC0}))
	r := f.table.NewReader()
	for _, l := range []*Lane{a, b} {
		f.apply(l, 0, reported("mentioned", stick.Forever, 1), reported("not", stick.Forever, 2))
	}
	f.apply(b, 0, reported("b's", stick.Forever, 3))
	f.drain(r, 0)
	f.table.Begin(b)
	f.apply(b, InLesson, reported("mentioned", stick.Forever, 1))
	f.table.End(b, true)
	f.dueNow(r, "lb1 still says the same")
	f.want("lb1's", "not", "[2]")
	f.want("nobody's", "b's", "")
	f.table.DropForever(b)
	f.dueNow(r, "nor then")
	f.apply(b, 0, reported("not", stick.Forever, 2))
	f.silent("what counts goes, and nothing else counts: nothing is told", func() { f.table.DropForever(a) })
	f.want("but the copy is kept", "not", "[0]")
	f.want("and where there is none the row is gone", "mentioned", "")
	f.table.Drop(a)
	f.table.Weigh([]*Lane{b}, []*Lane{a})
	f.dueNow(r, "the leader is gone for good", "not[2]")
}

// TestIdleOverDefinitions: a new layout keeps who counts, and rows that nobody has read.
func TestIdleOverDefinitions(t *testing.T) {
	f, a, b := replicas(t, tags)
	f.apply(a, 0, tagged(1, "s1", 60_000))
	f.apply(b, 0, tagged(2, "s2", 60_000), reported("b's", 60_000, 4, 0, 0, 0))
	wider := *tags
	wider.Columns = append(slices.Clone(tags.Columns), reqs)
	f.table.Define(a, "lb1", 0, &wider)
	r := f.table.NewReader()
	f.dueNow(r, "lb1 decides", "k[0 1 0 0 0] s1")
	f.want("lb2's own is kept", "b's", "[0 0 0 0 0]")
	f.takeover(a, b)
	f.dueNow(r, "and counts", "b's[4 0 0 0 0]", "k[0 2 0 0 0] s2")
}

// TestRestoreIdle: a node that stands by gets its own back as if it led.
func TestRestoreIdle(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	f.apply(a, 0, reported("k", 60_000, 9))
	f.apply(b, 0, reported("k", 60_000, 5), reported("lower", 60_000, 5), reported("told", 60_000, 5))
	f.table.Begin(b)
	if got := f.apply(b, InLesson|Guarded, reported("lower", 60_000, 1), reported("told", 60_000, 6)); got.Held != 1 {
		t.Errorf("what stands by is guarded as well: %+v", got)
	}
	rows, _ := f.restored(b)
	var got []string
	for _, r := range rows {
		got = append(got, string(r.Key)+print(r))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"k[5]", "lower[5]"}) {
		t.Errorf("got %v, want its own two that it has not said as high", got)
	}
}

// TestWeighFresh: who is weighed before its first row never counts, and one whose number was
// given to another has no say in what that one is.
func TestWeighFresh(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	f.table.Drop(b)
	c := f.lane(oneCounter)
	if !c.Counts() || c.id != b.id {
		t.Error("a new lane counts, though its number was that of one that did not")
	}
	for i := range f.table.shards {
		f.table.shards[i].mu.Lock()
	}
	f.table.Weigh(nil, []*Lane{c}) // would wait for ever if it looked for shares
	f.table.Weigh([]*Lane{c}, []*Lane{b})
	for i := range f.table.shards {
		f.table.shards[i].mu.Unlock()
	}
	f.apply(a, 0, reported("k", 60_000, 1))
	f.apply(c, 0, reported("k", 60_000, 2))
	f.want("both count", "k", "[3]")
	if n := testing.AllocsPerRun(10, func() { f.takeover(a, c); f.takeover(c, a) }); n > 2 {
		t.Errorf("%v allocations for two takeovers, want next to none", n)
	}
}

// TestTakeoverOfPassedRows: a row that was kept up to date while nothing in it counted, after readers had
// passed it, is due to them when it counts.
func TestTakeoverOfPassedRows(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	r := f.table.NewReader()
	f.apply(b, 0, reported("k", 60_000, 1))
	f.apply(a, 0, reported("other", 60_000, 1))
	f.dueNow(r, "what counts", "other[1]") // r has passed k
	f.pass(500)
	f.apply(b, 0, reported("k", 60_000, 2))
	f.table.Weigh([]*Lane{b}, []*Lane{a})
	if got := f.drain(r, 60_000); len(got) != 1 || got[0] != "k[2]" {
		t.Errorf("it is due now: %v", got)
	}
	f.pass(500)
	f.table.Weigh(nil, []*Lane{b})
	f.apply(b, 0, reported("k", 60_000, 3))
	f.pass(500)
	f.apply(b, 0, reported("k", 60_000, 4))
	f.table.Weigh([]*Lane{a}, nil)
	f.apply(a, 0, reported("k", 60_000, 5))
	if got := f.drain(r, 60_000); len(got) != 2 || got[0] != "k[5]" { // and what counts again of lb1's
		t.Errorf("also when another lane's report is what counts: %v", got)
	}
}

// TestTouchedUnread: a row that is touched again before anybody reads keeps its place, and is due to all
// readers all the same, to those that read in the same tick as well.
func TestTouchedUnread(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r, late := f.table.NewReader(), f.table.NewReader()
	n := 0
	report := func(key string) {
		n++
		f.apply(l, 0, reported(key, 60_000, uint64(n)))
	}
	for range 3 {
		report("a")
		report("b")
		f.pass(200)
	}
	f.dueNow(r, "both, once", "a[5]", "b[6]")
	report("a") // in the tick in which r has read
	f.dueNow(r, "it was touched behind r", "a[7]")
	f.pass(200)
	report("b")
	f.pass(200)
	report("b")
	f.dueNow(r, "touched twice", "b[9]")
	f.dueNow(late, "who has read nothing yet", "a[7]", "b[9]")
	f.dueNow(r, "nothing more")
}
