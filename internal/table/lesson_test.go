package table

import (
	"fmt"
	"slices"
	"testing"

	"tallystick/internal/stick"
)

// everything is a definition with a column of each rule, in this order of values: server_id,
// gpt0, conn_cur, http_req_rate (3), bytes_in_cnt, server_key (a text), gpc (2).
var everything = schema(60_000,
	stick.Column{Type: stick.ServerID}, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.ConnCur},
	stick.Column{Type: stick.HTTPReqRate, Period: 10_000}, stick.Column{Type: stick.BytesInCnt},
	stick.Column{Type: stick.ServerKey}, stick.Column{Type: stick.GPC, Len: 2})

// withoutHistory is as wide, and its sums are no more than their shares.
var withoutHistory = schema(60_000,
	stick.Column{Type: stick.GPC0}, stick.Column{Type: stick.ConnCnt}, stick.Column{Type: stick.ConnCur},
	stick.Column{Type: stick.HTTPReqRate, Period: 10_000}, stick.Column{Type: stick.BytesInCnt}, stick.Column{Type: stick.GPC, Len: 2})

// places of the values of everything.
const (
	serverID = iota
	tag
	gauge
	age
	curr
	prev
	bytesIn
	first
	second
)

// TestGuarded: while a peer may have lost its memory, rows with less in any counter are not
// taken at all, and what may fall by itself falls.
func TestGuarded(t *testing.T) {
	before := []uint64{3, 4, 5, 0, 60, 70, 1 << 40, 8, 9}
	for _, c := range []struct {
		why    string
		change func(r *stick.Row)
		held   int
	}{
		{"the same is taken", func(r *stick.Row) {}, 0},
		{"more is taken", func(r *stick.Row) { r.Values[first]++ }, 0},
		{"a counter of 64 bits that fell: lost memory", func(r *stick.Row) { r.Values[bytesIn]-- }, 1},
		{"its high half alone is compared with its low one", func(r *stick.Row) { r.Values[bytesIn] = 1<<40 - 1 }, 1},
		{"the first element of an array", func(r *stick.Row) { r.Values[first]-- }, 1},
		{"its last element, though the first has risen", func(r *stick.Row) { r.Values[first], r.Values[second] = 100, 8 }, 1},
		{"connections end: the gauge may fall", func(r *stick.Row) { r.Values[gauge] = 0 }, 0},
		{"rates decay", func(r *stick.Row) { r.Values[curr], r.Values[prev] = 0, 1 }, 0},
		{"a tag is not a quantity", func(r *stick.Row) { r.Values[tag] = 1 }, 0},
		{"nor is the number of a server", func(r *stick.Row) { r.Values[serverID] = 1 }, 0},
		{"nor is its name", func(r *stick.Row) { r.Text = "" }, 0},
	} {
		f := newFixture(t)
		l := f.lane(everything)
		row := reported("k", 60_000, slices.Clone(before)...)
		row.Text = "s1"
		f.apply(l, 0, row)
		whole := f.sum("k")
		row.Values = slices.Clone(before)
		c.change(&row)
		got := f.apply(l, Guarded|InLesson, row)
		if got.Held != c.held {
			t.Errorf("%s: %d rows held back, want %d", c.why, got.Held, c.held)
		}
		want := whole
		if c.held == 0 {
			want = print(row)
		}
		f.want(c.why, "k", want)
		if got.Changed != (whole != want) {
			t.Errorf("%s: readers have something new: %v", c.why, got.Changed)
		}
		f.apply(l, InLesson, row)
		f.want(c.why+"; unguarded everything is taken", "k", print(row))
	}
}

// TestDropInLessons: a lesson that is finished takes away what it did not mention.
func TestDropInLessons(t *testing.T) {
	for _, drop := range []bool{true, false} {
		f := newFixture(t)
		s := schema(60_000, stick.Column{Type: stick.GPC0})
		a, b := f.lane(s), f.lane(s)
		f.apply(a, 0, reported("kept", 60_000, 1), reported("lost", 60_000, 2), reported("alone", 60_000, 3), reported("held", 60_000, 4))
		f.apply(b, 0, reported("lost", 60_000, 10))
		r := f.table.NewReader()
		f.drain(r, 60_000)

		f.table.Begin(a)
		f.apply(a, InLesson, reported("kept", 60_000, 1))
		f.apply(a, InLesson|Guarded, reported("held", 60_000, 1))
		f.apply(a, 0, reported("new", 60_000, 5)) // not in the lesson, but while it lasts
		f.table.End(a, drop)

		f.want("mentioned", "kept", "[1]")
		f.want("mentioned, though lower and not taken", "held", "[4]")
		f.want("reported meanwhile", "new", "[5]")
		due := f.drain(r, 60_000)
		slices.Sort(due)
		if !drop {
			f.want("a partial lesson drops nothing", "lost", "[12]")
			f.want("a partial lesson drops nothing", "alone", "[3]")
			continue
		}
		f.want("the others' shares stay", "lost", "[10]")
		f.want("the row goes with its last share", "alone", "")
		if want := []string{"lost[10]", "new[5]"}; !slices.Equal(due, want) {
			t.Errorf("the smaller sum is due, a row that is gone is not: got %v, want %v", due, want)
		}
		if a.Contributions() != 3 || b.Contributions() != 1 {
			t.Errorf("%d and %d shares count, want 3 and 1", a.Contributions(), b.Contributions())
		}
	}
}

// TestLessonNumbersWrap: after 255 lessons their numbers begin anew, and what was mentioned
// in one long ago is not taken for mentioned now, whichever it was.
func TestLessonNumbersWrap(t *testing.T) {
	for n := range 512 {
		before, after := n/2, 255+n%2
		f := newFixture(t)
		l := f.lane(schema(0, stick.Column{Type: stick.GPC0}))
		for range before {
			f.table.Begin(l)
		}
		f.apply(l, InLesson, reported("old", stick.Forever, 1))
		for range after {
			f.table.Begin(l)
		}
		f.apply(l, InLesson, reported("new", stick.Forever, 1))
		f.table.End(l, true)
		f.want(fmt.Sprintf("mentioned in lesson %d of %d", before, before+after), "old", "")
		f.want("mentioned in the last", "new", "[1]")
	}
}
