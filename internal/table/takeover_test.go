package table

import (
	"fmt"
	"sync"
	"testing"

	"tallystick/internal/stick"
)

// TestTakeoverIsAtomic: two replicas report the same all the time, and who counts changes
// back and forth. No reader ever sees none or both of them in a row.
func TestTakeoverIsAtomic(t *testing.T) {
	const keys = 6_000
	f, a, b := replicas(t, schema(0, stick.Column{Type: stick.GPT0}, reqs, stick.Column{Type: stick.BytesInCnt}))
	third := f.lane(f.table.Schema())
	batch := func(n int) (rows []stick.Row) {
		for i := range 64 {
			rows = append(rows, reported(fmt.Sprint("k", (n*64+i*311)%keys), stick.Forever, 7, 5, 1<<40))
		}
		return rows
	}
	for i := range keys {
		row := reported(fmt.Sprint("k", i), stick.Forever, 7, 5, 1<<40)
		f.apply(a, 0, row)
		f.apply(b, 0, row)
		row.Values = []uint64{0, 1, 1}
		f.apply(third, 0, row)
	}
	var work sync.WaitGroup
	done := make(chan struct{})
	always := func(what func(n int)) {
		work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
					what(n)
				}
			}
		})
	}
	want := fmt.Sprint([]uint64{7, 6, 1<<40 + 1})
	for _, l := range []*Lane{a, b} {
		always(func(n int) { f.table.Apply(f.now, l, batch(n), 0) })
	}
	always(func(n int) { f.table.Advance(f.now); f.table.LoseGauges(a) })
	r, out, read := f.table.NewReader(), Rows{Max: 500}, 0
	always(func(n int) {
		if n%100 == 99 {
			r.Rewind()
		}
		out.Reset()
		read += r.Read(f.now, 0, &out)
		for _, row := range out.Rows {
			if got := fmt.Sprint(row.Values); got != want {
				t.Errorf("read %s, want %s: one of the two, and the third", got, want)
			}
		}
	})
	var place Place
	always(func(n int) {
		if !f.table.Scan(f.now, &place, 500, func(e *Entry) {
			if got := fmt.Sprint(e.Values); got != want {
				t.Errorf("shown %s, want %s", got, want)
			}
		}) {
			place = Place{}
		}
	})
	for range 20 {
		f.takeover(a, b)
		f.takeover(b, a)
	}
	close(done)
	work.Wait()
	if why := audit(f.table); why != "" || read < keys {
		t.Errorf("in the end each row is right: %s; %d rows were read", why, read)
	}
}

// TestTakeoverBetween: what happens to a row before the walk has come to it finds it in line.
// The walk is held up by hand: flags have changed, no row has followed.
func TestTakeoverBetween(t *testing.T) {
	for _, c := range []struct {
		why  string
		do   func(f *fixture, a, b *Lane)
		want string
	}{
		{"nothing has: the old one is read", func(f *fixture, a, b *Lane) {}, "[2 15]"},
		{"the new one reports", func(f *fixture, a, b *Lane) { f.apply(b, 0, reported("k", 60_000, 1, 8)) }, "[1 18]"},
		{"the old one reports", func(f *fixture, a, b *Lane) { f.apply(a, 0, reported("k", 60_000, 1, 9)) }, "[3 17]"},
		{"another reports", func(f *fixture, a, b *Lane) { f.apply(f.table.lanes[3], 0, reported("k", 60_000, 0, 11)) }, "[3 18]"},
		{"the old one is dropped", func(f *fixture, a, b *Lane) { f.table.Drop(a) }, "[3 17]"},
		{"the old one loses its connections", func(f *fixture, a, b *Lane) { f.table.LoseGauges(a) }, "[3 17]"},
		{"the old one's life ends", func(f *fixture, a, b *Lane) { f.table.SetUp(a, false); f.pass(2200) }, "[3 17]"},
		{"the layout changes", func(f *fixture, a, b *Lane) {
			f.table.Define(b, "lb2", 1, schema(60_000, stick.Column{Type: stick.ConnCur}, stick.Column{Type: stick.HTTPReqCnt}, errs))
		}, "[3 17 0]"},
	} {
		f, a, b := replicas(t, inUse)
		f.apply(a, 0, reported("k", 2000, 2, 5))
		f.apply(b, 0, reported("k", 60_000, 3, 7))
		f.apply(f.lane(inUse), 0, reported("k", 60_000, 0, 10))
		f.pass(200) // nothing is due by itself
		a.idle, b.idle = true, false
		f.table.weighing++
		c.do(f, a, b)
		f.want(c.why, "k", c.want)
		f.table.weighing--
	}
}

// TestLayoutBetween: a new layout brings rows in line, too, whoever had decided a column or
// cleared the row.
func TestLayoutBetween(t *testing.T) {
	f, a, b := replicas(t, tags)
	third := f.lane(tags)
	r := f.table.NewReader()
	f.apply(third, 0, reported("k", 60_000, 9, 0, 0, 0))
	f.apply(a, 0, tagged(1, "s1", 60_000))
	f.apply(b, 0, tagged(2, "s2", 60_000), reported("cleared", 60_000, 0, 4, 0, 0))
	f.table.Clear(f.now, []byte("cleared"))
	f.apply(b, 0, reported("cleared", 60_000, 0, 5, 0, 0))
	a.idle, b.idle = true, false
	f.table.weighing++
	wider := *tags
	wider.Columns = append([]stick.Column{reqs}, tags.Columns...)
	f.table.Define(third, "lb3", 2, &wider)
	f.table.weighing--
	if why := audit(f.table); why != "" {
		t.Error(why)
	}
	f.dueNow(r, "as if the walk had been there", "cleared[0 5 0 0 0]", "k[9 2 0 0 0] s2")
}

// TestTakeoverTwice: who decides the same while the walk is under way has to walk as well: when
// it returns all rows have followed.
func TestTakeoverTwice(t *testing.T) {
	f, a, b := replicas(t, oneCounter)
	f.apply(a, 0, reported("k", 60_000, 1))
	f.apply(b, 0, reported("k", 60_000, 2))
	f.pass(200) // nothing is due by itself
	a.idle, b.idle = true, false
	f.table.weighing++
	f.takeover(a, b)
	f.want("it has followed", "k", "[2]")
}

// TestTakeoverOfTheSameIsQuiet: if the other copy says the same no reader is woken, whatever
// is in the columns.
func TestTakeoverOfTheSameIsQuiet(t *testing.T) {
	f, a, b := replicas(t, everything)
	row := reported("k", 60_000, 1, 2, 3, 4000, 5, 6, 1<<40, 8, 9)
	row.Text = "s1"
	f.apply(a, 0, row)
	f.apply(b, 0, row)
	f.silent("the same", func() { f.takeover(a, b) })
	f.want("and it is there", "k", print(row))
}

// TestRatesOverATakeover: a sum of rates goes on where the other copy is, and ends its windows
// in time.
func TestRatesOverATakeover(t *testing.T) {
	f, a, b := replicas(t, schema(0, rate10s))
	f.now &^= 1
	r := f.table.NewReader()
	f.apply(a, 0, reported("k", stick.Forever, 2000, 30, 40))
	f.apply(b, 0, reported("k", stick.Forever, 2000, 30, 40))
	f.pass(1000)
	f.drain(r, 0)
	f.takeover(a, b)
	f.want("the same windows, a second older", "k", "[3000 30 40]")
	f.dueNow(r, "that is what is read already")
	f.pass(8000)
	f.want("the window of lb2 is over", "k", "[1000 0 30]")
	f.dueNow(r, "which bends the reading, and is told once", "k[1000 0 30]")
	f.takeover(b, a)
	f.want("that of lb1 was brought along", "k", "[1000 0 30]")
	f.dueNow(r, "so nothing is new")
	f.pass(25_000)
	f.want("and dies away", "k", "[0 0 0]")
	f.now += 1 << 31 // as long as windows that nobody looks after would seem to lie ahead
	f.table.Advance(f.now)
	f.takeover(a, b)
	f.want("in both", "k", "[0 0 0]")
}

// TestIdleRatesBendNothing: the windows of shares that do not count end, too, but they owe
// readers nothing; nor are they part of any mean.
func TestIdleRatesBendNothing(t *testing.T) {
	f, a, b := replicas(t, schema(0, rate10s))
	f.now &^= 1
	r := f.table.NewReader()
	f.apply(b, 0, reported("k", stick.Forever, 7000, 500, 0))
	f.now -= 40 // clocks are read before locks are taken, so that the row's moments begin anew
	f.apply(a, 0, reported("k", stick.Forever, 1000, 30, 0), reported("before", stick.Forever, 5000, 0, 30))
	f.dueNow(r, "the age is lb1's", "before[5000 0 30]", "k[1000 30 0]")
	f.silent("the end of lb2's is not told", func() { f.pass(4000) })
	f.want("lb1's goes on", "k", "[5000 30 0]")
	f.apply(b, 0, reported("before", stick.Forever, 2000, 0, 700))
	f.now -= 40
	f.apply(a, 0, reported("before", stick.Forever, 5000, 0, 20))
	f.want("nor are lb2's moments among lb1's", "before", "[5000 0 20]")
}

// TestLatestMoves: who decides tags and servers when another copy takes over.
func TestLatestMoves(t *testing.T) {
	for _, c := range []struct {
		why       string
		a, b, c   stick.Row // in this order; of c no row if it has no key
		want      string
		andThen   stick.Row // b's next
		afterThat string
	}{
		{"what one copy has decided the other has, too", tagged(1, "s1", 60_000), tagged(1, "s1", 1000), stick.Row{},
			"[0 1 0 0] s1", tagged(2, "s1", 60_000), "[0 2 0 0] s1"},
		{"what another decided later stays", tagged(1, "s1", 60_000), tagged(1, "s1", 60_000), tagged(3, "s3", 1000),
			"[0 3 0 0] s3", tagged(1, "s1", 60_000), "[0 3 0 0] s3"},
		{"each column for itself", tagged(1, "s1", 60_000), tagged(1, "s1", 60_000), tagged(3, "", 1000),
			"[0 3 0 0] s1", tagged(2, "s2", 60_000), "[0 2 0 0] s2"},
		{"a copy that is a little behind decides still", tagged(5, "s1", 60_000), tagged(4, "s1", 60_000), tagged(0, "", 60_000),
			"[0 4 0 0] s1", tagged(5, "s1", 60_000), "[0 5 0 0] s1"},
		{"a copy that knows of none leaves it to others", tagged(1, "s1", 60_000), tagged(0, "", 60_000), stick.Row{},
			"[0 0 0 0]", tagged(1, "s1", 60_000), "[0 1 0 0] s1"},
	} {
		f, a, b := replicas(t, tags)
		third := f.lane(tags)
		f.apply(a, 0, c.a)
		f.apply(b, 0, c.b)
		if c.c.Key != nil {
			f.apply(third, 0, c.c)
		}
		f.takeover(a, b)
		f.want(c.why, "k", c.want)
		f.apply(b, 0, c.andThen)
		f.want(c.why+", then", "k", c.afterThat)
		if why := audit(f.table); why != "" {
			t.Errorf("%s: %s", c.why, why)
		}
	}
}

// TestLatestComes: a copy that counts where none did has not changed anything just now: it is
// as after a lesson.
func TestLatestComes(t *testing.T) {
	f, _, b := replicas(t, tags)
	third := f.lane(tags)
	f.apply(b, 0, tagged(1, "s1", 30_000))
	f.apply(third, 0, tagged(3, "", 60_000))
	f.table.Weigh([]*Lane{b}, nil)
	f.want("more life beats less, something beats nothing", "k", "[0 3 0 0] s1")
	f.table.Weigh(nil, []*Lane{b})
	f.want("nobody else has that server", "k", "[0 3 0 0]")
	f.apply(third, 0, tagged(3, "s3", 20_000))
	f.table.Weigh([]*Lane{b}, nil)
	f.want("more life, and that of lb2", "k", "[0 1 0 0] s1")
	f.table.Weigh(nil, []*Lane{b})
	f.want("who has gone leaves it to the other", "k", "[0 3 0 0] s3")
	f.table.Weigh([]*Lane{b}, []*Lane{third})
	f.want("what counts decides", "k", "[0 1 0 0] s1")
}

// TestLatestBetweenCopies: of several shares that come, one that says what was said goes on.
func TestLatestBetweenCopies(t *testing.T) {
	f := newFixture(t)
	a, b, c := f.lane(tags), f.lane(tags), f.lane(tags)
	f.table.Weigh(nil, []*Lane{b, c})
	f.apply(a, 0, tagged(1, "s1", 60_000))
	f.apply(b, 0, tagged(2, "s2", 60_000))
	f.apply(c, 0, tagged(1, "s1", 1000))
	f.table.Weigh([]*Lane{b, c}, []*Lane{a})
	f.want("lb3 says it", "k", "[0 1 0 0] s1")
}

// TestLatestEmpty: a value that was emptied stays empty in the other copy; one that the other
// copy does not know of is left to those who have had one before.
func TestLatestEmpty(t *testing.T) {
	for _, c := range []struct {
		why  string
		last stick.Row
		want string
	}{
		{"emptied", tagged(0, "", 60_000), "[0 0 0 0]"},
		{"not known of", tagged(1, "s1", 60_000), "[0 3 0 0] s3"},
	} {
		f, a, b := replicas(t, tags)
		f.apply(f.lane(tags), 0, tagged(3, "s3", 1000))
		f.apply(b, 0, tagged(0, "", 60_000))
		f.apply(a, 0, tagged(1, "s1", 60_000))
		f.apply(a, 0, c.last)
		f.takeover(a, b)
		f.want(c.why, "k", c.want)
	}
}
