package table

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// waited reads at most n rows and returns for how long, in ms, the oldest update of them has waited; -1 if
// that is not known.
func (f *fixture) waited(r *Reader, n int) int64 {
	out := Rows{Max: n}
	r.Read(f.now, 60_000, &out)
	if out.Oldest == 0 {
		return -1
	}
	return f.now - out.Oldest/1e6
}

// say lets a lane report values of keys, which came just now.
func (f *fixture) say(l *Lane, value uint64, keys ...string) {
	l.Stamp(f.now * 1e6)
	f.count(l, value, keys...)
}

func (f *fixture) wantWaited(why string, r *Reader, n int, want int64) {
	f.t.Helper()
	if got := f.waited(r, n); got != want {
		f.t.Errorf("%s: waited %d ms, want %d", why, got, want)
	}
}

const all = 1 << 20

func TestWaited(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	f.say(l, 1, "a")
	f.wantWaited("a new reader is told what was there, and who knows for how long that was due", r, all, -1)
	f.say(l, 2, "a")
	f.now += 3
	f.wantWaited("then each update counts from when it came", r, all, 3)

	f.say(l, 3, "a")
	f.now += 4
	f.say(l, 4, "a", "b", "c")
	f.now += 5
	f.wantWaited("the oldest of several counts, told in its newest value or not", r, all, 9)

	f.now += 100
	f.wantWaited("there is nothing to tell", r, all, -1)
	f.say(l, 4, "a")
	f.wantWaited("the same again is nothing", r, all, -1)
	f.pass(70_000)
	if f.waited(r, all) != -1 || f.entry("a") != nil {
		t.Error("what has only ended, with time, is no update that waits")
	}
}

func TestWaitedIsNotGuessed(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	for _, c := range []struct {
		why string
		do  func()
	}{
		{"a lesson", r.Rewind},
		{"a session that resumes", func() { r.Checkpoint(); r.Commit(); r.Resume() }},
		{"a table of another definition", func() {
			f.table.Define(l, "lb1", 0, schema(60_000, reqs, rate10s))
			f.table.Define(l, "lb1", 0, oneCounter)
		}},
		{"another reader in its place", func() { r.Close(); r = f.table.NewReader() }},
	} {
		f.say(l, uint64(f.now), "a")
		f.drain(r, 60_000)
		f.drain(r, 60_000)
		f.say(l, uint64(f.now)+1, "a")
		c.do()
		f.now += 5000
		f.say(l, uint64(f.now), "a")
		f.wantWaited("it is not known for how long the rows of this have been due: "+c.why, r, all, -1)
		f.say(l, uint64(f.now)+1, "a")
		f.now += 2
		f.wantWaited("but of the next it is: after "+c.why, r, all, 2)
	}
	l.Stamp(0)
	f.count(l, uint64(f.now), "a")
	f.now += 7
	f.wantWaited("what the caller does not time is not timed", r, all, -1)
	f.count(l, uint64(f.now), "a")
	f.now += 3
	f.say(l, uint64(f.now), "a")
	f.now += 4
	f.wantWaited("and hides nothing that is", r, all, 4)
}

// A reader that has no room for all goes on as old as it began, but not for ever: rows that came
// later are not that old.
func TestWaitedByPieces(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	var keys []string // of one shard
	for i := 0; len(keys) < 40; i++ {
		if k := fmt.Sprint("k", i); shardOf(f.table.hash([]byte(k))) == 3 {
			keys = append(keys, k)
		}
	}
	r := f.table.NewReader()
	f.drain(r, 60_000)
	f.say(l, 1, keys...)
	f.now += 10
	f.wantWaited("the first piece", r, 10, 10)
	f.now += 10
	f.wantWaited("the next one has waited for longer", r, 10, 20)
	f.now += 1000
	f.say(l, 2, keys[:20]...)
	f.now += 5
	f.wantWaited("the last of the first forty", r, 20, 1025)
	if got := f.waited(r, 10); got < 5 || got > 5+64 {
		t.Errorf("behind them is what came 5 ms ago, which is known to 64 ms: waited %d ms", got)
	}
	if got := f.waited(r, all); got < 5 || got > 5+64 {
		t.Errorf("and its rest: waited %d ms", got)
	}
	f.say(l, 3, keys[0])
	f.now += 3
	f.wantWaited("at the end all is known again", r, all, 3)
}

// TestWaitedModel holds readers that read everything against a model that knows each change.
func TestWaitedModel(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	readers := []*Reader{f.table.NewReader(), f.table.NewReader(), f.table.NewReader()}
	first := make([]int64, len(readers)) // since when each has not heard all; -1: it has
	for i, r := range readers {
		f.drain(r, 60_000)
		first[i] = -1
	}
	rand := rand.New(rand.NewPCG(1, 2))
	told := 0
	for n := range 20_000 {
		f.now += rand.Int64N(3)
		if rand.IntN(3) > 0 {
			f.say(l, uint64(n), fmt.Sprint("k", rand.IntN(50)))
			for i := range first {
				if first[i] < 0 {
					first[i] = f.now
				}
			}
			continue
		}
		i := rand.IntN(len(readers))
		if o := rand.IntN(len(readers)); o != i && rand.IntN(3) == 0 {
			readers[i].Follow(readers[o]) // whether ahead or not: then it is what the other one is
			first[i] = first[o]
			continue
		}
		want := int64(-1)
		if first[i] >= 0 {
			want = f.now - first[i]
			told++
		}
		if got := f.waited(readers[i], all); got != want {
			t.Fatalf("step %d: reader %d: waited %d ms, want %d", n, i, got, want)
		}
		first[i] = -1
	}
	if told < 1000 {
		t.Errorf("only %d visits found anything", told)
	}
}

func TestEndedAndEmptied(t *testing.T) {
	f := newFixture(t)
	one, two := f.lane(oneCounter), f.lane(oneCounter)
	f.apply(one, 0, reported("a", 1000, 1), reported("b", 1000, 1))
	f.apply(two, 0, reported("a", 5000, 1))
	f.pass(2000)
	if s := f.table.Stats(); s.Expired != 2 || s.Emptied != 1 || s.Rows != 1 {
		t.Errorf("both shares of the first have ended, and one row was fed by nobody else: %+v", s)
	}
	f.pass(5000)
	if s := f.table.Stats(); s.Expired != 3 || s.Emptied != 2 || s.Rows != 0 {
		t.Errorf("then the other one: %+v", s)
	}
	f.apply(one, 0, reported("a", 1000, 1))
	f.table.Define(one, "lb1", 0, schema(60_000, reqs, rate10s))
	if s := f.table.Stats(); s.Expired != 3 || s.Emptied != 2 {
		t.Errorf("they count from the start, and another layout ends nothing: %+v", s)
	}
}
