package table

import (
	"slices"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

// TestRebuild: a new definition keeps the values of columns that stay.
func TestRebuild(t *testing.T) {
	long := strings.Repeat("long key ", 4)
	for _, c := range []struct {
		why    string
		before *stick.Schema
		after  *stick.Schema // of lb1; lb2 keeps reqs and gpc(2)
		report []uint64      // by lb1, before
		want   string
	}{
		{"the same again", schema(60_000, reqs), schema(60_000, reqs), []uint64{5}, "[105 1 2]"},
		{"another life alone", schema(60_000, reqs), schema(90_000, reqs), []uint64{5}, "[105 1 2]"},
		{"a new column in front begins with 0", schema(60_000, reqs), schema(60_000, stick.Column{Type: stick.GPC0}, reqs), []uint64{5}, "[0 105 1 2]"},
		{"a column that goes", schema(60_000, reqs, errs), schema(60_000, errs), []uint64{5, 6}, "[100 6 1 2]"},
		{"a column of its own that goes", schema(60_000, reqs, errs), schema(60_000, reqs), []uint64{5, 6}, "[105 1 2]"},
		{"an array that grows", schema(60_000, array(2)), schema(60_000, array(3)), []uint64{5, 6}, "[100 6 8 0]"},
		{"an array that shrinks", schema(60_000, array(3)), schema(60_000, array(1)), []uint64{5, 6, 7}, "[100 6 2]"},
		{"other keys: nothing is left of it", schema(60_000, reqs), ipTable(reqs), []uint64{5}, "[100 1 2]"},
		{"no columns at all", schema(60_000), schema(60_000, errs), nil, "[100 0 1 2]"},
		{"no columns, then other keys", schema(60_000), ipTable(), nil, "[100 1 2]"},
	} {
		f := newFixture(t)
		b := f.lane(schema(60_000, reqs, array(2)))
		a := f.lane(c.before)
		for _, key := range []string{"k", long} {
			f.apply(a, 0, reported(key, 60_000, c.report...))
			f.apply(b, 0, reported(key, 60_000, 100, 1, 2))
		}
		f.table.Define(a, "lb2", 1, c.after)
		f.want(c.why, "k", c.want)
		f.want(c.why+", long key", long, c.want)
		shares := 2
		if a.SetAside() != "" {
			shares = 1
		}
		if e := f.entry("k"); len(e.Shares) != shares || a.Contributions() != 2*(shares-1) || b.Contributions() != 2 {
			t.Errorf("%s: %d shares, want %d; %d and %d contributions", c.why, len(e.Shares), shares, a.Contributions(), b.Contributions())
		}
		f.pass(61_000)
		if s := f.table.Stats(); s.Rows != 0 {
			t.Errorf("%s: lives end as before, %d rows are left", c.why, s.Rows)
		}
	}
}

// TestRebuildKeepsRates: windows go on over a new definition.
func TestRebuildKeepsRates(t *testing.T) {
	f := newFixture(t)
	f.now &^= 1
	a := f.lane(schema(0, rate10s))
	f.apply(a, 0, reported("k", stick.Forever, 2000, 30, 40))
	f.pass(1000)
	b := f.lane(schema(0, reqs, rate10s))
	f.apply(b, 0, reported("k", stick.Forever, 1, 5000, 10, 20))
	f.want("(40*3000 + 20*5000) / 60 = 3666", "k", "[1 3666 40 60]")
	f.pass(20_000)
	f.want("and decay", "k", "[1 0 0 0]")
}

// TestRebuildKeepsStates: what is known of rows and shares besides their values stays known.
func TestRebuildKeepsStates(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(schema(60_000, reqs, rate10s)), f.lane(schema(60_000, reqs))
	f.apply(a, 0, reported("expired", 1000, 5, 0, 7, 8), reported("held", 60_000, 5, 0, 7, 8), reported("cleared", 60_000, 5, 0, 7, 8))
	f.apply(b, 0, reported("expired", 60_000, 10))
	f.pass(1200)
	f.table.Begin(a)
	f.apply(a, Guarded|InLesson, reported("held", 60_000, 1, 0, 0, 0))
	f.table.Clear(f.now, []byte("cleared"))
	f.table.Define(b, "lb2", 1, schema(60_000, reqs, errs))
	if e := f.entry("expired"); len(e.Shares) != 2 || !e.Shares[0].Expired || a.Contributions() != 1 {
		t.Errorf("what has expired stays so: %+v, %d contributions", e.Shares, a.Contributions())
	}
	if rows, _ := f.restored(a); len(rows) != 1 || string(rows[0].Key) != "held" {
		t.Errorf("what was held back is still to be taught, what has expired is not: %v", rows)
	}
	zeros := 0
	for _, r := range f.drainRows(f.table.NewReader(), 60_000) {
		if string(r.Key) == "cleared" && r.Life == zeroLife {
			zeros++
		}
	}
	if zeros != 1 {
		t.Errorf("a cleared row still goes to readers as zeros, %d times", zeros)
	}
	f.pass(1000)
	f.table.Drop(b)
	f.table.Define(a, "lb1", 0, schema(60_000, reqs, rate60s))
	f.want("events of ten seconds are none of sixty", "held", "[5 0 0 0]")
}

// TestRebuildKeepsWhoDecides: what is known of the history of tags stays known.
func TestRebuildKeepsWhoDecides(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(everything), f.lane(everything)
	row := func(tag, life uint32, text string) stick.Row {
		r := reported("k", life, 0, uint64(tag), 0, 0, 0, 0, 0, 0, 0)
		r.Text = text
		return r
	}
	f.apply(a, 0, row(1, 60_000, "s1"))
	f.apply(b, 0, row(2, 5000, "s2"))
	f.want("changed last", "k", "[0 2 0 0 0 0 0 0 0] s2")
	f.lane(schema(0, errs))
	f.want("lb2 still is who changed it last, though its share has less life", "k", "[0 2 0 0 0 0 0 0 0 0] s2")
	f.apply(b, 0, row(0, 5000, ""))
	f.want("and may take it back", "k", "[0 0 0 0 0 0 0 0 0 0]")
	f.lane(schema(0, reqs))
	f.want("which stays so as well", "k", "[0 0 0 0 0 0 0 0 0 0 0]")
	f.table.Drop(b)
	f.want("until lb2 is gone", "k", "[0 1 0 0 0 0 0 0 0 0 0] s1")
}

// TestReadersAfterRebuild: rows look different, so every reader hears them all again; but only
// then.
func TestReadersAfterRebuild(t *testing.T) {
	f := newFixture(t)
	a := f.lane(schema(60_000, reqs))
	f.apply(a, 0, reported("k", 60_000, 5), reported("l", 60_000, 6))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	r.Checkpoint()
	r.Commit()
	was := f.table.Schema()
	b := f.lane(schema(60_000, reqs))
	f.dueNow(r, "a member with the same definition changes nothing")
	if f.table.Schema() != was {
		t.Error("nor is it another definition")
	}
	f.table.Define(b, "lb2", 1, schema(60_000, reqs, errs))
	if f.table.Schema() == was {
		t.Error("another definition is another pointer")
	}
	if !r.Pending() {
		t.Error("there is something to read")
	}
	f.dueNow(r, "a new column", "k[5 0]", "l[6 0]")
	f.table.Drop(b)
	r.Resume()
	f.dueNow(r, "it goes with the lane, and what was acked is void", "k[5]", "l[6]")
}

// TestDrop: a lane that is dropped is in no sum, and its number may be given to another.
func TestDrop(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(oneCounter), f.lane(oneCounter)
	f.apply(a, 0, reported("both", 60_000, 1), reported("alone", 60_000, 2))
	f.apply(b, 0, reported("both", 60_000, 10))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	f.table.Drop(a)
	f.dueNow(r, "the smaller sum", "both[10]")
	f.want("its row", "alone", "")
	f.apply(a, 0, reported("both", 60_000, 100))
	f.table.Drop(a)
	f.want("whoever still reports for it is not heard", "both", "[10]")
	c := f.lane(oneCounter)
	f.apply(c, 0, reported("both", 60_000, 5))
	f.want("its successor begins with nothing", "both", "[15]")
	f.table.Drop(b)
	f.table.Drop(c)
	if s := f.table.Stats(); s.Rows != 0 || f.table.Schema() == nil {
		t.Errorf("no lane, no rows, but still a definition for the next: %+v", s)
	}
	if d := f.table.Disagreements(); !slices.Equal(d, nil) {
		t.Errorf("nobody disagrees: %v", d)
	}
}
