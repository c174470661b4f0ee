package table

import (
	"fmt"
	"testing"

	"tallystick/internal/stick"
)

// TestCappedLife: a receiver whose entries live shorter than the sum hears a row again when
// half of what it could be given is over, as long as the sum lives.
func TestCappedLife(t *testing.T) {
	f := newFixture(t)
	l := f.lane(schema(600_000, stick.Column{Type: stick.GPC0}))
	short, long, forever := f.table.NewReader(), f.table.NewReader(), f.table.NewReader()
	f.apply(l, 0, reported("k", 600_000, 5))
	var shorts, longs []string
	for range 700 {
		f.pass(1000)
		for _, r := range f.drainRows(short, 60_000) {
			shorts = append(shorts, fmt.Sprint((r.Life+999)/1000))
		}
		for _, r := range f.drainRows(long, 600_000) {
			longs = append(longs, fmt.Sprint((r.Life+999)/1000))
		}
		for _, r := range f.drainRows(forever, 0) {
			if r.Life > 600_000 || r.Life == 0 {
				t.Errorf("a receiver without expiry is told the life itself, got %d", r.Life)
			}
		}
	}
	// 600 s, a push each 30 s until less than 60 s are left
	if len(shorts) < 19 || len(shorts) > 21 || shorts[0] != "60" || shorts[len(shorts)-2] != "60" {
		t.Errorf("the life is cut to the receiver's 60 s, and told again each 30 s: got %v", shorts)
	}
	if len(longs) != len(shorts) || longs[0] != "600" || longs[1] != "570" {
		t.Errorf("who can hold the whole life is told what is left: got %v", longs)
	}
}

// TestHeldLife: nobody knows for how long connections will last, so a row in use is told
// with all the life that the receiver has, again and again.
func TestHeldLife(t *testing.T) {
	f := newFixture(t)
	l := f.lane(inUse)
	r := f.table.NewReader()
	f.apply(l, 0, reported("k", 1000, 1, 5))
	told := 0
	for range 120 {
		f.pass(1000)
		for _, row := range f.drainRows(r, 20_000) {
			told++
			if row.Life != 20_000 {
				t.Fatalf("a row in use has a life of %d, want all of the receiver's", row.Life)
			}
		}
	}
	if told < 12 || told > 13 {
		t.Errorf("told %d times in two minutes, want once in half of 20 s", told)
	}
	f.apply(l, 0, reported("k", 1000, 0, 5))
	if rows := f.drainRows(r, 20_000); len(rows) != 1 || rows[0].Life > 1100 {
		t.Errorf("out of use it has its own life again: got %v", rows)
	}
}

// TestClear: cleared rows go to every reader once, as zeros with a short life, since nothing
// else makes HAProxy forget them; then they are gone.
func TestClear(t *testing.T) {
	for _, all := range []bool{false, true} {
		f := newFixture(t)
		l := f.lane(everything)
		row := reported("k", 60_000, 3, 4, 5, 0, 60, 70, 1, 8, 9)
		row.Text = "s1"
		f.apply(l, 0, row)
		r, late := f.table.NewReader(), f.table.NewReader()
		f.drain(r, 60_000)
		if all {
			if n := f.table.ClearAll(f.now); n != 1 {
				t.Errorf("%d rows cleared, want 1", n)
			}
		} else if !f.table.Clear(f.now, []byte("k")) || f.table.Clear(f.now, []byte("k")) || f.table.Clear(f.now, []byte("other")) {
			t.Error("a row is cleared if there is one, and once")
		}
		f.want("observers do not see it any more", "k", "")
		f.table.Scan(f.now, &Place{}, 10, func(e *Entry) { t.Errorf("seen by a scan: %+v", e) })
		f.zeroOnce(r, 60_000, zeroLife)
		f.pass(9000)
		f.zeroOnce(late, 0, stick.Forever)
		f.pass(1200)
		if s := f.table.Stats(); s.Rows != 0 || s.Shares != 0 || l.Contributions() != 0 {
			t.Errorf("after ten seconds it is gone: %+v, %d contributions", s, l.Contributions())
		}
		f.dueNow(f.table.NewReader(), "whoever comes later never knew it")
	}
}

// zeroOnce reads one row of zeros with that life, and nothing more.
func (f *fixture) zeroOnce(r *Reader, expire, life uint32) {
	f.t.Helper()
	rows := f.drainRows(r, expire)
	if len(rows) != 1 || print(rows[0]) != "[0 0 0 0 0 0 0 0 0]" || rows[0].Life != life {
		f.t.Errorf("got %v, want one row of zeros with a life of %d", rows, life)
	}
	f.dueNow(r, "and that once")
}

// TestClearedComesBack: what is reported after the clearing counts, and only that.
func TestClearedComesBack(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(oneCounter), f.lane(oneCounter)
	f.apply(a, 0, reported("k", 60_000, 5))
	f.apply(b, 0, reported("k", 60_000, 7))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	f.table.Clear(f.now, []byte("k"))
	f.pass(5000)
	f.apply(a, 0, reported("k", 60_000, 2))
	f.dueNow(r, "the zeros have been overtaken", "k[2]")
	f.pass(30_000)
	f.want("it lives as any other", "k", "[2]")
	f.pass(31_000)
	f.want("and ends as any other", "k", "")
}

// TestTouch: a row may be made due by hand.
func TestTouch(t *testing.T) {
	f := newFixture(t)
	f.apply(f.lane(oneCounter), 0, reported("k", 60_000, 5), reported("other", 60_000, 6))
	r := f.table.NewReader()
	f.drain(r, 60_000)
	f.table.Touch([]byte("k"))
	f.table.Touch([]byte("nobody"))
	f.dueNow(r, "that row alone", "k[5]")
}
