package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tallystick/internal/stick"
)

// past tells of a reader and a key: unknown, to read, read, acked.
func (f *fixture) past(r *Reader, key string) string {
	list, ok := f.table.Past([]byte(key), []*Reader{r})
	switch {
	case !ok:
		return "no such key"
	case list[0].Acked && list[0].Read:
		return "acked"
	case list[0].Read:
		return "read"
	case !list[0].Known:
		return "unknown"
	}
	return "to read"
}

// TestPast: it can be told of each reader how far it has come with the last change of a key.
func TestPast(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	r := f.table.NewReader()
	want := func(why, key, want string) {
		t.Helper()
		if got := f.past(r, key); got != want {
			t.Errorf("%s: %s, want %s", why, got, want)
		}
	}
	f.count(l, 1, "a", "b")
	want("a change that nobody has read", "a", "to read")
	want("a key that is not there", "c", "no such key")
	f.drain(r, 60_000)
	want("it was read", "a", "read")
	r.Checkpoint()
	r.Commit()
	want("and acked", "a", "acked")
	f.count(l, 2, "a")
	want("it has changed since", "a", "to read")
	want("the other has not", "b", "acked")
	f.drain(r, 60_000)
	want("read again, and the ack is of before", "a", "read")
	r.Rewind()
	want("a lesson begins: all is to be read", "b", "to read")
	r.Resume()
	want("it goes on behind what was acked", "b", "acked")
	r.Close()
	want("who is gone has read nothing", "b", "to read")
}

// TestPastAgreesWithReading: whatever happens, a key is to be read exactly if reading gives it.
func TestPastAgreesWithReading(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	random := rand.New(rand.NewPCG(1, 2))
	readers := []*Reader{f.table.NewReader(), f.table.NewReader(), f.table.NewReader()}
	for i := range 3000 {
		f.count(l, uint64(i), fmt.Sprint("k", random.IntN(100)))
		if random.IntN(20) > 0 {
			continue
		}
		for range 3 { // some of them read a few rows, and not all ends with a shard
			out := Rows{Max: 1 + random.IntN(40)}
			readers[random.IntN(2)].Read(f.now, 60_000, &out)
		}
		r := readers[random.IntN(len(readers))]
		told := map[string]string{}
		for k := range 100 {
			told[fmt.Sprint("k", k)] = f.past(r, fmt.Sprint("k", k))
		}
		for _, row := range f.drainRows(r, 60_000) {
			if key := string(row.Key); told[key] != "to read" {
				t.Fatalf("%s is read, and was %s", key, told[key])
			}
			delete(told, string(row.Key))
		}
		for key, was := range told {
			if was == "to read" {
				t.Fatalf("%s was to be read and is not", key)
			}
		}
		f.pass(int64(random.IntN(200)))
	}
}

// TestPastIsBounded: a key and a reader that are both far from the ends are not looked for.
func TestPastIsBounded(t *testing.T) {
	f := newFixture(t)
	l := f.lane(oneCounter)
	lagging := f.table.NewReader()
	const keys = shards * (2*farthest + 4000)
	for i := range keys / 2 {
		f.count(l, 1, fmt.Sprint("k", i))
	}
	f.drain(lagging, 60_000)
	for i := keys / 2; i < keys; i++ {
		f.count(l, 1, fmt.Sprint("k", i))
	}
	for key, want := range map[string]string{"k0": "read", fmt.Sprint("k", keys-1): "to read", fmt.Sprint("k", keys/2): "unknown"} {
		if got := f.past(lagging, key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestDeciders: it is known whose a tag is.
func TestDeciders(t *testing.T) {
	f := newFixture(t)
	s := schema(60_000, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.HTTPReqCnt})
	a, b := f.lane(s), f.lane(s)
	whose := func() string {
		e := f.entry("k")
		if len(e.Deciders) != 2 || e.Deciders[1] != nil {
			t.Fatalf("one for each column, and nobody decides about a counter: %v", e.Deciders)
		}
		if e.Deciders[0] == nil {
			return "nobody"
		}
		return e.Deciders[0].Label()
	}
	f.apply(a, 0, reported("k", 60_000, 0, 1))
	if got := whose(); got != "nobody" {
		t.Errorf("an empty value is nobody's: %s", got)
	}
	f.apply(a, 0, reported("k", 60_000, 5, 1))
	f.apply(b, 0, reported("k", 60_000, 6, 1))
	if got := whose(); got != "lb2" {
		t.Errorf("who changed it last decides: %s", got)
	}
	f.apply(a, 0, reported("k", 60_000, 7, 1))
	if got := whose(); got != "lb1" {
		t.Errorf("and the other may again: %s", got)
	}
	plain := newFixture(t)
	plain.count(plain.lane(oneCounter), 1, "k")
	if d := plain.entry("k").Deciders; d != nil {
		t.Errorf("without tags there is nothing to decide: %v", d)
	}
}
