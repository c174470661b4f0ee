package table

import (
	"fmt"
	"slices"
	"testing"

	"tallystick/internal/stick"
)

// other makes another table, with a lane for the same peer, at the same time.
func (f *fixture) other(l *Lane, b *Budget) (*fixture, *Lane) {
	o := &fixture{t: f.t, now: f.now, table: New(Config{Seed: 99, Budget: b})}
	return o, o.lane(l.Schema())
}

// TestCopyTo: what a peer has reported is in the other table as it was in the first, for as
// long as it would have been.
func TestCopyTo(t *testing.T) {
	f := newFixture(t)
	f.now &^= 1
	l, beside := f.lane(everything), f.lane(everything)
	full := func(key string, life uint32, conns uint64) stick.Row {
		r := reported(key, life, 1, 2, conns, 3000, 30, 40, 1<<40, 8, 9)
		r.Text = "s1"
		return r
	}
	f.apply(l, 0, full("short", 2000, 0), full("long", 60_000, 0), full("for ever", stick.Forever, 0), full("in use", 500, 5), full("over", 100, 0))
	f.apply(beside, 0, full("long", 60_000, 3), full("over", 60_000, 3), full("not its", 60_000, 3))
	f.pass(1000)
	o, to := f.other(l, nil)
	if refused := l.CopyTo(f.now, to); refused != 0 || to.Contributions() != 4 || l.Contributions() != 4 {
		t.Errorf("%d refused, %d copied of %d, want all 4", refused, to.Contributions(), l.Contributions())
	}
	for _, key := range []string{"short", "long", "for ever", "in use"} {
		conns := 0
		if key == "in use" {
			conns = 5
		}
		o.want("values, the window a second older, text", key, fmt.Sprintf("[1 2 %d 4000 30 40 %d 8 9] s1", conns, int64(1)<<40))
	}
	o.want("what had expired is left", "over", "")
	o.want("another's is left", "not its", "")
	f.want("and the first table is as it was", "short", fmt.Sprintf("[1 2 0 4000 30 40 %d 8 9] s1", int64(1)<<40))
	if got := o.entry("for ever").Shares[0].Life; got != stick.Forever {
		t.Errorf("for ever, not %d", got)
	}
	o.pass(900)
	o.want("not before its time", "short", fmt.Sprintf("[1 2 0 4900 30 40 %d 8 9] s1", int64(1)<<40))
	o.pass(300)
	o.want("nor later", "short", "")
	o.pass(59_000)
	o.want("nor this", "long", "")
	o.want("connections hold it", "in use", fmt.Sprintf("[1 2 5 0 0 0 %d 8 9] s1", int64(1)<<40))
	o.want("it has none", "for ever", fmt.Sprintf("[1 2 0 0 0 0 %d 8 9] s1", int64(1)<<40))
}

// TestCopyToColumns: what did not count is not known; what the other table sets aside is not
// taken.
func TestCopyToColumns(t *testing.T) {
	f := newFixture(t)
	f.lane(schema(0, reqs, rate60s))
	l := f.lane(schema(0, reqs, rate10s, errs))
	f.apply(l, 0, reported("k", stick.Forever, 5, 2000, 3, 4, 6))
	o, to := f.other(l, nil)
	l.CopyTo(f.now, to)
	o.want("lb1's period decided there: the rate was not kept", "k", "[5 0 0 0 6]")

	o = newFixture(t)
	o.lane(ipTable(reqs))
	aside := o.lane(l.Schema())
	if l.CopyTo(f.now, aside) != 0 || o.table.Stats().Rows != 0 {
		t.Error("a lane that is set aside takes nothing")
	}
	if wrong := o.lane(schema(0, errs)); l.CopyTo(f.now, wrong) != 1 {
		t.Error("to another definition nothing is copied, and all counts as refused")
	}
}

// TestCopyToLesson: what was mentioned in a lesson is mentioned there, what was not goes when
// the lesson ends there, and what was held back is taught back.
func TestCopyToLesson(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	f.apply(l, 0, reported("mentioned", 60_000, 1), reported("not", 60_000, 2), reported("lower", 60_000, 3))
	f.table.Begin(l)
	f.apply(l, InLesson|Guarded, reported("mentioned", 60_000, 1), reported("lower", 60_000, 1))
	o, to := f.other(l, nil)
	l.CopyTo(f.now, to)
	rows, _ := o.restored(to)
	var keys []string
	for _, r := range rows {
		keys = append(keys, string(r.Key))
	}
	if slices.Sort(keys); !slices.Equal(keys, []string{"lower", "not"}) {
		t.Errorf("taught back are %v", keys)
	}
	o.table.End(to, true)
	o.want("mentioned before the copy", "mentioned", "[1]")
	o.want("so was this", "lower", "[3]")
	o.want("never mentioned", "not", "")
}

// TestCopyToMany: in steps; a standby lane stands by there if it was weighed so, and the
// limit holds.
func TestCopyToMany(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	const n = 100_000
	for i := range n {
		if i == n/2 { // what is before it is not mentioned
			f.table.Begin(l)
		}
		key := fmt.Sprintf("a key of some length, number %05d", i)
		f.apply(l, 0, reported(key, 60_000, uint64(i)))
		if i > n/2 && i%1000 == 0 {
			f.apply(l, InLesson|Guarded, reported(key, 60_000, 1))
		}
	}
	f.table.Weigh(nil, []*Lane{l})
	o, to := f.other(l, nil)
	l.CopyTo(f.now, to)
	if to.Contributions() != n || !to.Counts() || o.table.Stats().Updates != n {
		t.Errorf("%d copied, want each once, %d, which count: that is another table's decision", to.Contributions(), n)
	}
	if rows, _ := o.restored(to); len(rows) != n/2+49 {
		t.Errorf("%d are to be taught back, want half, and 49 that were held back", len(rows))
	}
	o.want("each with its own", "a key of some length, number 04711", "[4711]")
	o, to = f.other(l, NewBudget(0))
	if got := l.CopyTo(f.now, to); got != n || o.table.Stats().Rows != 0 {
		t.Errorf("%d refused, want all", got)
	}
}

// TestSetMax: a limit that is lowered takes nothing away at once; what comes has to make
// room until it holds.
func TestSetMax(t *testing.T) {
	f, b := limited(t, 6)
	k := f.sameShard(12)
	a, o := f.lane(oneCounter), f.lane(oneCounter)
	for i := range 6 {
		f.apply(a, 0, reported(k[i], 60_000, 1))
		f.pass(100)
	}
	b.SetMax(4)
	if b.Max() != 4 || b.Used() != 6 {
		t.Errorf("%d of %d used: nothing is taken away", b.Used(), b.Max())
	}
	if got := f.apply(o, 0, reported(k[6], 60_000, 1)); got.Refused != 1 || b.Used() != 6 {
		t.Errorf("who has nothing to give is refused: %+v, %d used", got, b.Used())
	}
	for i, want := range []int64{5, 4, 4} {
		if got := f.apply(a, 0, reported(k[7+i], 60_000, 1)); got.Refused != 0 || b.Used() != want {
			t.Errorf("new row %d makes room until the limit holds: %+v, %d used, want %d", i, got, b.Used(), want)
		}
	}
	b.SetMax(5)
	if got := f.apply(o, 0, reported(k[6], 60_000, 1)); got.Refused != 0 || b.Used() != 5 {
		t.Errorf("there is room again: %+v", got)
	}
}

// TestLimitBesideIdle: copies in reserve do not keep a leader from making room, but for a
// lane that does not count nothing goes that counts.
func TestLimitBesideIdle(t *testing.T) {
	f, b := limited(t, 2)
	k := f.sameShard(6)
	lead, idle := f.lane(oneCounter), f.lane(oneCounter)
	f.table.Weigh(nil, []*Lane{idle})
	for _, l := range []*Lane{lead, idle} {
		f.apply(l, 0, reported(k[0], 60_000, 1), reported(k[1], 60_000, 2))
		f.pass(100)
	}
	if got := f.apply(idle, 0, reported(k[2], 60_000, 3)); got.Refused != 1 {
		t.Errorf("the leader's rows count: %+v", got)
	}
	if got := f.apply(lead, 0, reported(k[3], 60_000, 4)); got.Refused != 0 || b.Evicted() != 1 {
		t.Errorf("nobody else's count in them: %+v", got)
	}
	if got := f.apply(idle, 0, reported(k[3], 60_000, 4)); got.Refused != 0 || b.Used() != 2 {
		t.Errorf("a copy of a row that is there needs no room: %+v", got)
	}
	lead.idle, idle.idle = true, false // it leads, but no row has followed yet
	f.table.weighing++
	if got := f.apply(idle, 0, reported(k[4], 60_000, 4)); got.Refused != 0 {
		t.Errorf("the rows are its own to give: %+v", got)
	}
	f.table.weighing--
	f.table.Weigh([]*Lane{lead}, []*Lane{idle})
	r := f.table.NewReader()
	f.table.ClearAll(f.now)
	for i := range k {
		f.apply(idle, 0, reported(k[i], 60_000, 5))
	}
	if got := f.drain(r, 60_000); len(got) != 2 {
		t.Errorf("cleared rows have to be told first: %v", got)
	}
}

// TestLimitOldestIdleGoes: rows that nobody has read have an age as well.
func TestLimitOldestIdleGoes(t *testing.T) {
	f, _ := limited(t, 8)
	k := f.sameShard(9)
	l := f.lane(oneCounter)
	f.table.Weigh(nil, []*Lane{l})
	for _, i := range []int{0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 5, 6, 7, 8} {
		f.apply(l, 0, reported(k[i], 60_000, 1))
		f.pass(1000)
	}
	f.want("the oldest", k[4], "")
}
