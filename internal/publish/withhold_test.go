package publish

import (
	"strings"
	"testing"
)

// TestWithhold: a feed that is withheld counts what its peer would be told, and tells all of it afterwards.
func TestWithhold(t *testing.T) {
	r := counts(t)
	r.report("alice", 1)
	r.expect(r.pull(), "1 alice=[1] for 600000ms", "told")
	r.feed.Acked(1)
	told := r.feed.Place().Pushed
	r.feed.Withhold(true)
	r.report("bob", 2)
	r.report("alice", 3)
	r.report(strings.Repeat("x", 33), 4)
	n, more := r.feed.Skip(r.now)
	if n != 2 || more || r.feed.Withheld != 2 || r.feed.TooLong != 1 {
		t.Errorf("%d rows, more %v, %d withheld, %d too long: want the two that the peer can hold, and no more", n, more, r.feed.Withheld, r.feed.TooLong)
	}
	if r.feed.Due() {
		t.Error("what was passed over is not due any more")
	}
	if p := r.feed.Place(); p.Pushed != told || p.Acked != told || p.Withheld != 2 || r.feed.Read() <= told {
		t.Errorf("shows tell what was told, and beside that what was not: %+v", p)
	}
	r.feed.Withhold(true)
	if r.feed.Withheld != 2 {
		t.Error("to say it twice changes nothing")
	}
	r.feed.Withhold(false)
	got := r.pull()
	if !strings.Contains(got, "bob=[2]") || !strings.Contains(got, "alice=[3]") {
		t.Errorf("all of it is told then, got %q", got)
	}
	r.feed.Withhold(true)
	if r.feed.Withheld != 0 {
		t.Error("the next time is counted anew")
	}
}

// TestWithholdMany: a turn reads so many rows and no more.
func TestWithholdMany(t *testing.T) {
	r := counts(t)
	for i := range mostRows + 10 {
		r.report(strings.Repeat("k", 1+i%20)+string(rune('a'+i/20)), uint64(i))
	}
	r.feed.Withhold(true)
	if n, more := r.feed.Skip(r.now); n != mostRows || !more {
		t.Errorf("%d rows at once, more %v", n, more)
	}
	if n, more := r.feed.Skip(r.now); n != 10 || more {
		t.Errorf("then %d, more %v", n, more)
	}
	r.feed.Start()
	if n, _ := r.feed.Skip(r.now); n != 0 {
		t.Error("nothing is counted before the peer has announced the table: it could hear nothing of it")
	}
}
