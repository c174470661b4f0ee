package history

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"tallystick/internal/view"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// text prints a line as JSON.
func text(l Line) string {
	b, err := json.Marshal(l)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		why  string
		line Line
		want string
	}{
		{"nothing", Line{}, "[]"},
		{"what is not known is null", Line{1, math.NaN(), 0}, "[1,null,0]"},
		{"whole numbers have no fraction, however large", Line{1e15, 12345678901}, "[1000000000000000,12345678901]"},
		{"others three digits", Line{0.5, 1.0 / 3}, "[0.500,0.333]"},
	} {
		if got := text(c.line); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}

// sample is a table "t" of a section "s" that has taken in updates and sent twice as many.
func sample(in uint64) []view.Sample {
	return []view.Sample{{Section: "s", Table: "t", In: in, Out: 2 * in, Rows: int64(in), Bytes: int64(10 * in)}}
}

// TestTables: rates are differences of counters by the time that lies between; nothing is made up.
func TestTables(t *testing.T) {
	type at struct {
		ms int // after noon
		in uint64
	}
	for _, c := range []struct {
		why      string
		samples  []at
		in, rows string // of the five seconds from noon on
	}{
		{"the first has no rate: since when should it be", []at{{0, 5}}, "[null,null,null,null,null]", "[5,null,null,null,null]"},
		{"one a second", []at{{0, 0}, {1000, 10}, {2000, 30}}, "[null,10,20,null,null]", "[0,10,30,null,null]"},
		{"a second that was missed is not known, and the rate is over both", []at{{0, 0}, {2000, 30}}, "[null,null,15,null,null]", "[0,null,30,null,null]"},
		{"seconds are never quite as long", []at{{0, 0}, {1250, 10}, {2250, 30}}, "[null,8,20,null,null]", "[0,10,30,null,null]"},
		{"a table that has come to be anew", []at{{0, 100}, {1000, 3}, {2000, 5}}, "[null,null,2,null,null]", "[100,3,5,null,null]"},
		{"twice in a second: the later one", []at{{0, 0}, {100, 1}, {900, 9}}, "[10,null,null,null,null]", "[9,null,null,null,null]"},
		{"a clock that was put back begins anew", []at{{4000, 10}, {1000, 20}, {2000, 30}}, "[null,null,10,null,null]", "[null,20,30,null,null]"},
	} {
		var h Tables
		for _, s := range c.samples {
			h.Add(noon.Add(time.Duration(s.ms)*time.Millisecond), sample(s.in))
		}
		step, until, list := h.Read(noon.Add(5*time.Second), "", "", 5)
		if step != time.Second || !until.Equal(noon.Add(5*time.Second)) || len(list) != 1 {
			t.Fatalf("%s: %d lines, by %v, until %v", c.why, len(list), step, until)
		}
		if in, rows := text(list[0].In), text(list[0].Entries); in != c.in || rows != c.rows {
			t.Errorf("%s: got in %s, entries %s; want %s, %s", c.why, in, rows, c.in, c.rows)
		}
		if text(list[0].P99s) != "[null,null,null,null,null]" {
			t.Errorf("%s: nobody has measured how late anybody was: %s", c.why, text(list[0].P99s))
		}
	}
}

// TestLag is told as it was measured, in ms.
func TestLag(t *testing.T) {
	var h Tables
	s := sample(1)
	s[0].Lag = &view.Lag{P50: time.Millisecond, P99: 2500 * time.Microsecond}
	h.Add(noon, s)
	if _, _, list := h.Read(noon.Add(time.Second), "s", "t", 1); text(list[0].P99s) != "[2.500]" {
		t.Errorf("got %s", text(list[0].P99s))
	}
}

// TestRingGoesRound: after a quarter of an hour the oldest makes room, and a table that is no more goes.
func TestRingGoesRound(t *testing.T) {
	var h Tables
	for i := range 2*Slots + 10 {
		h.Add(noon.Add(time.Duration(i)*time.Second), sample(uint64(i)))
	}
	end := noon.Add((2*Slots + 10) * time.Second)
	_, _, list := h.Read(end, "", "", Slots)
	if n := len(list[0].Entries); n != Slots || list[0].Entries[0] != Slots+10 || list[0].Entries[Slots-1] != 2*Slots+9 {
		t.Errorf("%d seconds, from %v to %v", n, list[0].Entries[0], list[0].Entries[n-1])
	}
	h.Add(end.Add(Slots*time.Second), nil)
	if _, _, list := h.Read(end.Add(Slots*time.Second), "", "", Slots); len(list) != 0 {
		t.Errorf("a table that is gone for as long is not told of: %v", list)
	}
}

// TestSeriesAreChosen by section and table, in their order.
func TestSeriesAreChosen(t *testing.T) {
	var h Tables
	var all []view.Sample
	for _, s := range []string{"b", "a"} {
		for _, n := range []string{"y", "x"} {
			all = append(all, view.Sample{Section: s, Table: n})
		}
	}
	h.Add(noon, all)
	for _, c := range []struct{ section, table, want string }{{"", "", "ax ay bx by"}, {"a", "", "ax ay"}, {"a", "y", "ay"}, {"", "x", "ax bx"}, {"c", "", ""}} {
		_, _, list := h.Read(noon, c.section, c.table, 5)
		got := ""
		for i, s := range list {
			if i > 0 {
				got += " "
			}
			got += s.Section + s.Table
		}
		if got != c.want {
			t.Errorf("%q %q: got %q, want %q", c.section, c.table, got, c.want)
		}
	}
}

// TestLongAnswersHaveLongerSteps: of rates the mean, of sizes the last, of lags the worst.
func TestLongAnswersHaveLongerSteps(t *testing.T) {
	var h Tables
	var all []view.Sample
	for i := range MaxTables {
		all = append(all, view.Sample{Section: "s", Table: fmt.Sprintf("t%03d", i), Rows: 1})
	}
	for i := range 60 {
		all[0].In += uint64(i)
		all[0].Rows = int64(i)
		all[0].Lag = &view.Lag{P99: time.Duration(i) * time.Millisecond}
		h.Add(noon.Add(time.Duration(i)*time.Second), all)
	}
	step, until, list := h.Read(noon.Add(60*time.Second), "", "", 60)
	n := 0
	for _, s := range list {
		n += len(s.In) + len(s.Out) + len(s.Entries) + len(s.Bytes) + len(s.P99s)
	}
	if step <= time.Second || n > maxNumbers*11/10 || len(list) != MaxTables || until.After(noon.Add(time.Minute)) {
		t.Fatalf("%d lines of %d numbers by %v, until %v", len(list), n, step, until)
	}
	w := int(step / time.Second)
	last := len(list[0].In) - 1
	first := int(until.Sub(noon)/time.Second) - w // the first second of the last step
	mean := float64(first) + float64(w-1)/2
	if list[0].In[last] != mean || list[0].Entries[last] != float64(first+w-1) || math.Abs(list[0].P99s[last]-float64(first+w-1)) > 0.001 {
		t.Errorf("a step of %d s from second %d: in %v, entries %v, lag %v", w, first, list[0].In[last], list[0].Entries[last], list[0].P99s[last])
	}
}

// TestTablesAreBounded: tables beyond the limit are left out and counted, and the memory is what is said.
func TestTablesAreBounded(t *testing.T) {
	var h Tables
	var all []view.Sample
	for i := range MaxTables + 7 {
		all = append(all, view.Sample{Section: "s", Table: fmt.Sprint(i)})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h.Add(noon, all)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if h.Left() != 7 || len(h.tables) != MaxTables {
		t.Errorf("%d left out of %d", h.Left(), len(h.tables))
	}
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 12<<20 {
		t.Errorf("%d bytes are used, want 11 MB and a little", used)
	}
	if n := unsafe.Sizeof(slot{}); n != 24 {
		t.Errorf("a slot has %d bytes", n)
	}
	runtime.KeepAlive(&h)
}

// TestRates are of the last seconds, and not known when nobody has looked lately.
func TestRates(t *testing.T) {
	var h Tables
	if _, _, ok := h.Rates(noon, "s", "t"); ok {
		t.Error("there is no such table")
	}
	for i := range 20 {
		h.Add(noon.Add(time.Duration(i)*time.Second), sample(uint64(10*i)))
	}
	if in, out, ok := h.Rates(noon.Add(19*time.Second), "s", "t"); !ok || in != 10 || out != 20 {
		t.Errorf("got %v %v %v", in, out, ok)
	}
	if _, _, ok := h.Rates(noon.Add(60*time.Second), "s", "t"); ok {
		t.Error("a minute ago is not lately")
	}
}

// at is a moment by slots of Keys.
func at(slots int) time.Time { return noon.Add(time.Duration(slots) * KeyStep) }

// keysText prints the last slots of the keys of a watch.
func keysText(k *Keys, now time.Time, w Watch, n, slots int) (s string) {
	_, list := k.Read(now, w, n)
	for _, l := range list {
		s += l.Key + text(l.Values[KeySlots-slots:])
	}
	return s
}

// TestKeys: the largest come first, and who is not among them any more goes on being told as long as there
// is room.
func TestKeys(t *testing.T) {
	var k Keys
	w := Watch{"s", "t", "c"}
	k.Put(at(0), w, []Top{{"a", 5}, {"b", 9}}, nil)
	if got, want := keysText(&k, at(0), w, 9, 3), "b[null,null,9]a[null,null,5]"; got != want {
		t.Errorf("at first: got %s, want %s", got, want)
	}
	k.Put(at(1), w, []Top{{"c", 7}}, []Top{{"a", 4}, {"unknown", 1}})
	if got, want := keysText(&k, at(1), w, 9, 3), "c[null,null,7]b[null,9,null]a[null,5,4]"; got != want {
		t.Errorf("a and b are not among the largest any more, and b is gone: got %s, want %s", got, want)
	}
	if got, want := keysText(&k, at(3), w, 1, 3), "c[7,null,null]"; got != want {
		t.Errorf("time goes on without a look: got %s, want %s", got, want)
	}
	k.Put(at(3), w, []Top{{"c", 8}}, nil)
	if got, want := keysText(&k, at(3), w, 1, 3), "c[7,null,8]"; got != want {
		t.Errorf("and a look again: got %s, want %s", got, want)
	}
	if got := keysText(&k, at(3), Watch{"s", "t", "other"}, 1, 3); got != "" {
		t.Errorf("another column has another history: %s", got)
	}
	k.Put(at(3+KeySlots), w, []Top{{"z", 1}}, nil)
	if got, want := keysText(&k, at(3+KeySlots), w, 9, 1), "z[1]"; got != want {
		t.Errorf("after a quarter of an hour all begins anew: got %s, want %s", got, want)
	}
	k.Put(at(0), w, []Top{{"y", 1}}, nil)
	if got, want := keysText(&k, at(0), w, 9, 1), "y[1]"; got != want {
		t.Errorf("and when the clock was put back: got %s, want %s", got, want)
	}
}

// TestKeysAreBounded: however many keys pass by, and however long they are.
func TestKeysAreBounded(t *testing.T) {
	var k Keys
	w := Watch{"s", "t", "c"}
	for i := range 500 {
		k.Put(at(i/10), w, []Top{{fmt.Sprint(i), float64(i)}, {string(make([]byte, maxKeyLen+1)), 1e9}}, nil)
	}
	if n := len(k.Tracked(w)); n != MaxKeys {
		t.Errorf("%d keys are kept", n)
	}
	if got := k.Tracked(w)[0]; got != "499" {
		t.Errorf("the newest is %q", got)
	}
	for i := range 3 * MaxWatches {
		k.Put(at(100+i), Watch{"s", fmt.Sprint(i), "c"}, []Top{{"a", 1}}, nil)
	}
	if n := len(k.watches); n != MaxWatches {
		t.Errorf("%d watches are kept", n)
	}
	if k.Tracked(w) != nil {
		t.Error("the one that was looked at longest ago has made room")
	}
}
