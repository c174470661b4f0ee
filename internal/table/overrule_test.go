package table

import (
	"testing"

	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// bannable is a table of a tag, a counter and a rate.
var bannable = schema(60_000, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.GPC0}, stick.Column{Type: stick.HTTPReqRate, Period: 10_000})

// rule makes the overruler say something of a key.
func (f *fixture) rule(l *Lane, key string, life uint32, values ...uint64) Applied {
	f.t.Helper()
	a, ok := f.table.ApplyGuest(f.now, l, f.table.Schema(), reported(key, life, values...))
	if !ok {
		f.t.Fatal("the definition has not changed")
	}
	return a
}

// TestOverrule: the overruler's tag is read, its numbers are added, and beneath it everything is as it was.
func TestOverrule(t *testing.T) {
	f := newFixture(t)
	lb1, lb2 := f.lane(bannable), f.lane(bannable)
	f.apply(lb1, 0, reported("k", 60_000, 7, 1, 0, 0, 0))
	f.apply(lb2, 0, reported("k", 60_000, 8, 2, 0, 0, 0))
	f.apply(lb1, 0, reported("k", 60_000, 0, 1, 0, 0, 0))
	f.want("lb1 has changed its tag last, to nothing", "k", "[0 3 0 0 0]")
	over := f.table.Overruler("(over)", 1<<31-1)
	f.rule(over, "k", 60_000, 5, 100, 0, 50, 0)
	f.want("the tag is the overruler's, the rest is added", "k", "[5 103 0 50 0]")
	f.apply(lb2, 0, reported("k", 60_000, 9, 2, 0, 0, 0))
	f.want("what members set meanwhile does not show", "k", "[5 103 0 50 0]")
	f.rule(over, "k", 60_000, 0, 100, 0, 50, 0)
	f.want("without a word of the overruler's it is there: lb2 was the last", "k", "[9 103 0 50 0]")
	f.rule(over, "k", 60_000, 5, 100, 0, 50, 0)
	r := f.table.NewReader()
	f.drain(r, 60_000)
	if !f.table.Withdraw(f.now, over, []byte("k")) || f.table.Withdraw(f.now, over, []byte("k")) {
		t.Error("a share is withdrawn if there is one, and once")
	}
	f.dueNow(r, "the rest is told at once", "k[9 3 0 0 0]")
}

// TestOverruleBeneath: a tag that was emptied under the overruler stays empty, as its history says.
func TestOverruleBeneath(t *testing.T) {
	f := newFixture(t)
	lb1, lb2 := f.lane(bannable), f.lane(bannable)
	f.apply(lb1, 0, reported("k", 60_000, 7, 0, 0, 0, 0))
	f.apply(lb2, 0, reported("k", 60_000, 8, 0, 0, 0, 0))
	over := f.table.Overruler("(over)", 1<<31-1)
	f.rule(over, "k", 60_000, 5, 0, 0, 0, 0)
	f.apply(lb2, 0, reported("k", 60_000, 0, 0, 0, 0, 0))
	f.table.Withdraw(f.now, over, []byte("k"))
	f.want("lb2 has changed it last, though nobody saw it: lb1's old one does not come up again", "k", "[0 0 0 0 0]")

	f.apply(lb1, 0, reported("k", 60_000, 6, 0, 0, 0, 0))
	f.apply(lb2, 0, reported("k", 60_000, 8, 0, 0, 0, 0))
	f.rule(over, "k", 600_000, 5, 0, 0, 0, 0)
	f.table.Drop(lb2)
	s := &f.table.shards[shardOf(f.table.hash([]byte("k")))]
	r := s.rows.at(s.findRow(uint32(f.table.hash([]byte("k"))), []byte("k")))
	if value, owner := aggregate.LatestValue(s.kept(r)), aggregate.LatestOwner(s.kept(r)); value != 6 || owner != uint64(lb1.id) {
		t.Errorf("who decides beneath is a member, whoever goes: got %d of lane %d", value, owner)
	}
}

// TestOverruleAlone: a key that nobody has reported is there while the overruler says so, and goes to
// readers as zeros when it is withdrawn.
func TestOverruleAlone(t *testing.T) {
	f := newFixture(t)
	f.lane(bannable)
	over := f.table.Overruler("(over)", 1<<31-1)
	r := f.table.NewReader()
	f.rule(over, "k", 30_000, 1, 2, 0, 0, 0)
	rows := f.drainRows(r, 20_000)
	if len(rows) != 1 || rows[0].Life != 20_000 {
		t.Errorf("its life is told, cut to what the receiver can give: got %v", rows)
	}
	f.pass(10_100)
	if rows = f.drainRows(r, 20_000); len(rows) != 1 || rows[0].Life < 19_000 {
		t.Errorf("and told again when half of that is over: got %v", rows)
	}
	f.pass(40_000)
	f.want("it does not end by itself, whatever its life was", "k", "[1 2 0 0 0]")
	if e := f.entry("k"); e.Shares[0].Label != "(over)" || e.Shares[0].Expired {
		t.Errorf("got %+v", e.Shares)
	}
	f.drain(r, 20_000)
	f.table.Withdraw(f.now, over, []byte("k"))
	rows = f.drainRows(r, 20_000)
	if len(rows) != 1 || print(rows[0]) != "[0 0 0 0 0]" || rows[0].Life != zeroLife {
		t.Errorf("got %v, want one row of zeros with a life of %d", rows, zeroLife)
	}
	f.pass(zeroStays + 1200)
	if s := f.table.Stats(); s.Rows != 0 || s.Shares != 0 || over.Contributions() != 0 {
		t.Errorf("then nothing of it is left: %+v", s)
	}
	f.table.Drop(over)
	if f.table.over != nil {
		t.Error("nor does anybody overrule")
	}
}

// TestOverruleLife: another life of the same values is told at once, or readers would let the row go.
func TestOverruleLife(t *testing.T) {
	f := newFixture(t)
	f.lane(bannable)
	over := f.table.Overruler("(over)", 1<<31-1)
	r := f.table.NewReader()
	f.rule(over, "k", 1000, 1, 2, 0, 0, 0)
	f.drain(r, 60_000)
	f.rule(over, "k", 50_000, 1, 2, 0, 0, 0)
	if rows := f.drainRows(r, 60_000); len(rows) != 1 || rows[0].Life < 50_000 {
		t.Errorf("got %v", rows)
	}
	f.rule(over, "k", 3_600_000, 1, 2, 0, 0, 0)
	if e := f.entry("k"); e.Shares[0].Life < 3_599_000 || e.Life != 60_000 {
		t.Errorf("observers see its own life, and of the row what an entry of the table can have: got %d and %d", e.Shares[0].Life, e.Life)
	}
}

// TestOverruleStays: neither clearing nor a full table takes away what the overruler says.
func TestOverruleStays(t *testing.T) {
	f := newFixture(t)
	f.table = New(Config{Seed: 7, Budget: NewBudget(2)})
	lb1 := f.lane(bannable)
	over := f.table.Overruler("(over)", 1<<31-1)
	f.rule(over, "k", 60_000, 5, 100, 0, 0, 0)
	r := f.table.NewReader()
	if f.table.Clear(f.now, []byte("k")) || f.table.ClearAll(f.now) != 0 {
		t.Error("there is nothing to forget")
	}
	f.apply(lb1, 0, reported("k", 60_000, 7, 1, 0, 0, 0))
	for why, clear := range map[string]func() bool{
		"one": func() bool { return f.table.Clear(f.now, []byte("k")) },
		"all": func() bool { return f.table.ClearAll(f.now) == 1 },
	} {
		f.drain(r, 60_000)
		if !clear() {
			t.Errorf("%s: lb1's share is forgotten", why)
		}
		f.dueNow(r, why+": what is left is told, and no zeros", "k[5 100 0 0 0]")
		f.apply(lb1, 0, reported("k", 60_000, 7, 1, 0, 0, 0))
		f.want(why+": lb1 counts again", "k", "[5 101 0 0 0]")
	}
	f.rule(over, "l", 60_000, 5, 0, 0, 0, 0)
	if a := f.rule(over, "m", 60_000, 5, 0, 0, 0, 0); a.Refused != 1 {
		t.Error("the table is full: a word of the overruler's makes no room for another")
	}
	for _, key := range []string{"1", "2", "3"} {
		f.apply(lb1, 0, reported(key, 60_000, 0, 1, 0, 0, 0))
	}
	f.want("nor for those of members", "k", "[5 101 0 0 0]")
	f.want("nor this", "l", "[5 0 0 0 0]")
}

// TestOverruleRebuilt: it goes on through another definition, with the columns that both have.
func TestOverruleRebuilt(t *testing.T) {
	f := newFixture(t)
	f.lane(bannable)
	over := f.table.Overruler("(over)", 1<<31-1)
	f.rule(over, "k", 60_000, 5, 100, 0, 0, 0)
	r := f.table.NewReader()
	f.lane(schema(60_000, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.GPC0}, stick.Column{Type: stick.ConnCnt}))
	f.dueNow(r, "with one more column", "k[5 100 0 0 0 0]")
	if _, ok := f.table.ApplyGuest(f.now, over, bannable, reported("k", 60_000, 1, 1, 0, 0, 0)); ok {
		t.Error("a row that was made for another definition is not taken")
	}
}
