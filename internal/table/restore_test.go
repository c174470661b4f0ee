package table

import (
	"fmt"
	"slices"
	"testing"

	"tallystick/internal/stick"
)

// restored reads all that the lane's peer would be taught of its own, a few rows at a time.
func (f *fixture) restored(l *Lane) (rows []stick.Row, s *stick.Schema) {
	r := f.table.Restore(l)
	for {
		out := Rows{Max: 3}
		if r.Read(f.now, &out) == 0 {
			return rows, r.Schema()
		}
		rows = append(rows, out.Rows...)
	}
}

// TestRestore: a peer is taught what it has not mentioned, or mentioned with less; in its own
// definition, without conn_cur, each with the life that is left.
func TestRestore(t *testing.T) {
	f := newFixture(t)
	own := schema(60_000, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.ConnCur},
		stick.Column{Type: stick.HTTPReqCnt}, stick.Column{Type: stick.HTTPReqRate, Period: 10_000})
	l := f.lane(own)
	f.lane(everything) // the sum has more columns than the peer
	f.now &^= 1
	row := func(key string, count uint64) stick.Row { return reported(key, 60_000, 7, 1, count, 2000, 30, 40) }
	f.apply(l, 0, row("told", 5), row("unmentioned", 5), row("lower", 5), row("gone", 5))
	f.table.LoseGauges(l)
	f.pass(1000)
	f.apply(l, 0, reported("gone", 500, 7, 0, 5, 0, 0, 0))
	f.pass(1000)

	f.table.Begin(l)
	f.apply(l, InLesson|Guarded, row("told", 9), row("lower", 2))
	f.table.End(l, false)
	rows, s := f.restored(l)

	if want := "type string len 32 expire 1m store gpt0,http_req_cnt,http_req_rate(10s)"; s.String() != want {
		t.Errorf("the definition is the peer's own, without conn_cur, which is not its any more:\n got %v\nwant %s", s, want)
	}
	var got []string
	for _, r := range rows {
		got = append(got, string(r.Key)+print(r))
		if r.Life < 58_000 || r.Life > 58_100 {
			t.Errorf("%s: two of its 60 seconds have passed, %d ms are said to be left", r.Key, r.Life)
		}
	}
	slices.Sort(got)
	want := []string{"lower[7 5 4000 30 40]", "unmentioned[7 5 4000 30 40]"}
	if !slices.Equal(got, want) {
		t.Errorf("what was mentioned as high is its own, what has expired is nobody's, rates have aged:\n got %v\nwant %v", got, want)
	}

	f.table.Begin(l)
	f.apply(l, InLesson, row("lower", 1), row("unmentioned", 1), row("told", 1))
	if rows, _ := f.restored(l); len(rows) != 0 {
		t.Errorf("all is mentioned and taken: nothing is left to teach, got %v", rows)
	}
}

// TestRestoreForever: what never expires is taught with a life that never ends, and a lane
// that is set aside has nothing to be taught.
func TestRestoreForever(t *testing.T) {
	f := newFixture(t)
	l := f.lane(schema(0, stick.Column{Type: stick.BytesInCnt}))
	for i := range 100 {
		f.apply(l, 0, reported(fmt.Sprint(i), stick.Forever, 1<<33))
	}
	f.table.Begin(l)
	rows, _ := f.restored(l)
	if len(rows) != 100 || rows[0].Life != stick.Forever || rows[0].Values[0] != 1<<33 {
		t.Errorf("got %d rows, the first %v", len(rows), rows[:min(1, len(rows))])
	}
}

// TestRestoreAges: a window that is over is taught as the one before, looked at or not; what
// has expired beside another's share is not taught.
func TestRestoreAges(t *testing.T) {
	f := newFixture(t)
	f.now &^= 1
	l, other := f.lane(schema(0, rate10s)), f.lane(schema(0, rate10s))
	f.apply(l, 0, reported("k", stick.Forever, 2000, 30, 40), reported("expired", 1000, 2000, 30, 40))
	f.apply(other, 0, reported("expired", stick.Forever, 2000, 30, 40))
	f.pass(1200)
	f.table.Begin(l)
	f.now += 7000
	rows, _ := f.restored(l)
	if len(rows) != 1 || print(rows[0]) != "[200 0 30]" {
		t.Errorf("got %v, want k[200 0 30] alone", rows)
	}
}

// TestRestoreWhileDefinitionsChange: another lane may change the layout between two reads.
func TestRestoreWhileDefinitionsChange(t *testing.T) {
	f := newFixture(t)
	l := f.lane(schema(0, stick.Column{Type: stick.GPC0}))
	other := f.lane(everything)
	for i := range 100 {
		f.apply(l, 0, reported(fmt.Sprint(i), stick.Forever, uint64(i)))
	}
	f.table.Begin(l)
	r := f.table.Restore(l)
	seen := map[string]string{}
	for n := 0; ; n++ {
		out := Rows{Max: 30}
		if r.Read(f.now, &out) == 0 {
			break
		}
		for _, row := range out.Rows {
			seen[string(row.Key)] = print(row)
		}
		if n == 1 {
			f.table.Define(other, "lb2", 1, schema(0, stick.Column{Type: stick.ServerID}))
		}
	}
	for i := range 100 {
		if got, want := seen[fmt.Sprint(i)], fmt.Sprintf("[%d]", i); got != want {
			t.Errorf("row %d: taught %q, want %q", i, got, want)
		}
	}
}

// TestReplay: a change that its owner has sent before renews no life.
func TestReplay(t *testing.T) {
	f := newFixture(t)
	l := f.lane(schema(10_000, stick.Column{Type: stick.GPC0}))
	replay := reported("k", 10_000, 5)
	replay.Replay = true
	f.apply(l, 0, replay)
	f.want("a replay that we have not heard is news", "k", "[5]")
	f.pass(6000)
	f.apply(l, 0, replay)
	if e := f.entry("k"); e == nil || e.Life > 4100 {
		t.Errorf("it lives as long as when it was first heard, got %+v", e)
	}
	f.pass(4200)
	f.want("its life is over in time", "k", "")

	other := f.lane(schema(60_000, stick.Column{Type: stick.GPC0}))
	f.apply(l, 0, reported("k", 10_000, 5))
	f.apply(other, 0, reported("k", 60_000, 1))
	f.pass(10_200)
	f.want("expired beside one that lives", "k", "[1]")
	f.apply(l, 0, replay)
	f.want("a replay does not bring it back", "k", "[1]")
	f.apply(l, 0, reported("k", 10_000, 5))
	f.want("an update does", "k", "[6]")
}
