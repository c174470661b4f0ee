package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// standard is a table with two counters and two rates.
func standard() *stick.Schema {
	return &stick.Schema{Name: "/t", KeyType: stick.IPv4, KeyLen: 4, Expire: 3600_000, Columns: []stick.Column{
		{Type: stick.ConnCnt, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1},
		{Type: stick.HTTPReqRate, Len: 1, Period: 10_000}, {Type: stick.BytesOutRate, Len: 1, Period: 10_000},
	}}
}

func fleet(t *testing.T, a *target, change func(*Config)) *Fleet {
	t.Helper()
	c := Config{Target: a.addr, Called: "us", Names: []string{"lb1", "lb2", "lb3"}, Schema: standard(), Twin: "/t.agg", Keys: 200}
	if change != nil {
		change(&c)
	}
	f, err := Dial(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

var plan = Plan{Rate: 5000, For: 300 * time.Millisecond, Probe: 2 * time.Millisecond}

// TestRun: what is sent comes back as sums, all of them right.
func TestRun(t *testing.T) {
	a := startTarget(t, &target{})
	f := fleet(t, a, nil)
	o, err := f.Run(context.Background(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if o.Due != 1500 || o.Sent != o.Due {
		t.Errorf("%d of %d reports were sent: 5000 a second for 0.3 s are due", o.Sent, o.Due)
	}
	if o.Probes != 151*2 || o.Latency.Count() != o.Probes {
		t.Errorf("%d of %d probes were heard: one each 2 ms, the first and the last included, by the two nodes that have not sent them", o.Latency.Count(), o.Probes)
	}
	if o.Latency.Max() <= 0 || o.Latency.Max() > 2*time.Second {
		t.Errorf("the slowest probe took %v", o.Latency.Max())
	}
	if w := f.Verify(f.Reported()); w.Any() {
		t.Errorf("nobody lied: %v", &w)
	}
	if c := f.Count(); c.Reported != o.Sent+151 || c.Heard != 3*c.Reported || c.Behind != 0 || c.Lost != 0 {
		t.Errorf("three nodes hear a sum for each report: %+v", c)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.acks == 0 {
		t.Error("sums that came were not acked")
	}
}

// TestWrong: a target that errs is found out, in whatever way it errs.
func TestWrong(t *testing.T) {
	tests := []struct {
		target *target
		want   string
		why    string
	}{
		{&target{lie: func(k uint32, sum uint64) uint64 {
			if k == 77 {
				return sum / 2
			}
			return sum
		}}, "3 wrong sums", "one key, at each of three nodes"},
		{&target{lie: func(k uint32, sum uint64) uint64 {
			if k == 5 && sum == 6 {
				return 2
			}
			return sum
		}}, "3 that fell", "it was right before and after, and yet a sum fell"},
		{&target{mix: true}, "of mixed columns", "the second counter is always twice the first"},
		{&target{lie: func(k uint32, sum uint64) uint64 { return max(sum, 9) }}, "wrong sums", "keys that were reported 7 times are not 9"},
	}
	for _, tt := range tests {
		f := fleet(t, startTarget(t, tt.target), nil)
		// A wrong sum may look like one that has yet to come, so nothing is waited for but time.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		f.Run(ctx, Plan{Rate: 5000, For: 300 * time.Millisecond})
		cancel()
		if w := f.Verify(f.Reported()); !strings.Contains(w.String(), tt.want) || w.First == "" {
			t.Errorf("%q is not found: %s: %s", tt.want, &w, tt.why)
		}
	}
}

// TestLesson: keys of a lesson are reports like others, a second lesson makes nothing new,
// and who asks for one hears every sum.
func TestLesson(t *testing.T) {
	a := startTarget(t, &target{})
	f := fleet(t, a, func(c *Config) { c.Lesson = true; c.Owned = true })
	a.mu.Lock()
	lessons := a.lessons
	a.mu.Unlock()
	if c := f.Count(); lessons != 198 || c.Reported != 198 {
		t.Errorf("three nodes own 66 keys each: %d rows came, %d were reported", lessons, c.Reported)
	}
	for node := range 3 {
		if rows, err := f.Learn(context.Background(), node); err != nil || rows != 198 {
			t.Errorf("%d rows came in a lesson (%v)", rows, err)
		}
	}
	if w := f.Verify(f.Reported()); w.Any() {
		t.Error(&w)
	}
}

// TestLessonsInARow: a request is never made before the lesson before it is confirmed. A HAProxy
// takes the confirmation for that of the new lesson then, and says nothing more.
func TestLessonsInARow(t *testing.T) {
	a := startTarget(t, &target{})
	f := fleet(t, a, func(c *Config) { c.Lesson = true })
	for range 30 {
		if _, err := f.Learn(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.early > 0 {
		t.Errorf("%d of 30 requests came before the lesson before was confirmed", a.early)
	}
}

// TestPush returns when everything is absorbed.
func TestPush(t *testing.T) {
	a := startTarget(t, &target{})
	f := fleet(t, a, func(c *Config) { c.Twin = "" })
	for range 2 {
		if err := f.Push(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, lb := range []string{"lb1", "lb2", "lb3"} {
		if n := len(a.shares[lb]); n != 200 || a.shares[lb][base+199] != 2 {
			t.Errorf("%s has reported %d keys, the last one %d times", lb, n, a.shares[lb][base+199])
		}
	}
}

// TestLost: a session that ends is told, and nothing is waited for any longer.
func TestLost(t *testing.T) {
	f := fleet(t, startTarget(t, &target{close: 100}), nil)
	if _, err := f.Run(context.Background(), plan); !errors.Is(err, ErrLost) {
		t.Errorf("the target closes sessions: %v", err)
	}
}

// TestRefused: what cannot be played is said before anything is started.
func TestRefused(t *testing.T) {
	text := standard()
	text.Columns = []stick.Column{{Type: stick.ConnCnt, Len: 1}, {Type: stick.ServerKey, Len: 1}}
	tags := standard()
	tags.Columns = []stick.Column{{Type: stick.GPT0, Len: 1}}
	short := standard()
	short.KeyType, short.KeyLen = stick.String, 9
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Keys = 0 }, "0 keys"},
		{func(c *Config) { c.Keys = MaxKeys + 1 }, "keys: 1 to"},
		{func(c *Config) { c.Names = nil }, "0 nodes"},
		{func(c *Config) { c.Zipf = 1 }, "more than 1"},
		{func(c *Config) { c.Hot = 201 }, "201 hot keys of 200"},
		{func(c *Config) { c.Owned, c.Names = true, make([]string, 201) }, "cannot be shared out"},
		{func(c *Config) { c.Schema = text }, "server_key cannot be played"},
		{func(c *Config) { c.Schema = tags }, "counts nothing"},
		{func(c *Config) { c.Schema = short }, "too short"},
		{func(c *Config) { c.Called = "them" }, "is 'lb1' a peer there"},
	}
	a := startTarget(t, &target{})
	for _, tt := range tests {
		c := Config{Target: a.addr, Called: "us", Names: []string{"lb1"}, Schema: standard(), Keys: 200}
		tt.change(&c)
		if _, err := Dial(context.Background(), c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("want %q, got %v", tt.want, err)
		}
	}
}

// TestShapes: what the generator writes is what wire reads, and what wire writes the
// generator reads, for all types of keys and rows of any length.
func TestShapes(t *testing.T) {
	arrays := []stick.Column{{Type: stick.ConnCur, Len: 1}, {Type: stick.BytesInCnt, Len: 1}, {Type: stick.GPC, Len: 100}, {Type: stick.GPCRate, Len: 100, Period: 1000}}
	for _, columns := range [][]stick.Column{standard().Columns, arrays} {
		for typ, length := range map[stick.KeyType]uint32{stick.IPv4: 4, stick.Integer: 4, stick.IPv6: 16, stick.String: 33} {
			s := &stick.Schema{Name: "/t", KeyType: typ, KeyLen: length, Expire: 1000, Columns: columns}
			p, err := compile(s)
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprint(s)
			m, _, err := wire.Next(p.appendUpdate(nil, wire.UpdateTimed, 9, 500, 1234567, 300))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			id, row, _, err := wire.ParseUpdate(m, s, 0, nil, nil)
			if err != nil || id != 9 || row.Life != 500 {
				t.Errorf("%s: id %d, life %d, %v", what, id, row.Life, err)
			}
			m, _, _ = wire.Next(wire.AppendUpdate(nil, 9, false, s, &row, nil))
			k, n, ok := p.keys.parse(m.Payload[4:])
			reports, mixed, read := p.parseRow(m.Payload[4+n:])
			if k != 1234567 || !ok || reports != 300 || mixed || !read {
				t.Errorf("%s: the 300th report of key 1234567 reads as the %dth of %d (%v %v %v)", what, reports, k, ok, mixed, read)
			}
		}
	}
}

// TestDue: percentiles count from when a probe was due. The rows say what a node hears, and
// when.
func TestDue(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		hears []struct{ slot, old, sum, at int } // ms since the start
		want  []time.Duration                    // in order of size
		why   string
	}{
		{[]struct{ slot, old, sum, at int }{{0, 0, 1, 3}, {1, 0, 1, 12}}, []time.Duration{2 * ms, 3 * ms}, "probe 1 was due at 10 ms"},
		{[]struct{ slot, old, sum, at int }{{2, 0, 1, 100}}, []time.Duration{80 * ms}, "a generator that was late does not make the target faster"},
		{[]struct{ slot, old, sum, at int }{{0, 0, 2, 2570}}, []time.Duration{10 * ms, 2570 * ms}, "probe 0 has been overtaken by 256, of the same key: both have arrived"},
		{[]struct{ slot, old, sum, at int }{{0, 1, 1, 5}}, nil, "the same sum again, such as with other rates, is no probe"},
	}
	for _, tt := range tests {
		h := heard{interval: 10 * ms}
		for _, x := range tt.hears {
			h.probed(uint64(x.slot), uint32(x.old), uint32(x.sum), time.Duration(x.at)*ms)
		}
		if h.latency.Count() != uint64(len(tt.want)) {
			t.Errorf("%d samples, want %v: %s", h.latency.Count(), tt.want, tt.why)
			continue
		}
		for i, want := range tt.want {
			got := h.latency.Percentile(100 * float64(i+1) / float64(len(tt.want)))
			if got < want || float64(got) > 1.02*float64(want) {
				t.Errorf("sample %d is %v, want %v: %s", i, got, want, tt.why)
			}
		}
	}
}

// TestOrders: who reports what, how often.
func TestOrders(t *testing.T) {
	count := func(c Config) (keys, most int) {
		seen := map[uint32]int{}
		for node := range c.Names {
			o := newOrder(&c)
			for _, s := range o.slots {
				seen[o.key(s, node)]++
			}
		}
		for k, n := range seen {
			if most = max(most, n); int(k) >= c.Keys {
				t.Errorf("key %d is none of %d", k, c.Keys)
			}
		}
		return len(seen), most
	}
	two := []string{"a", "b"}
	if keys, most := count(Config{Names: two, Keys: 1000}); keys != 1000 || most != 2 {
		t.Errorf("both nodes report every key once a round: %d keys, %d times", keys, most)
	}
	if keys, most := count(Config{Names: two, Keys: 1000, Owned: true}); keys != 1000 || most != 1 {
		t.Errorf("each key has one owner: %d keys, %d times", keys, most)
	}
	if keys, _ := count(Config{Names: two, Keys: 1000, Hot: 10}); keys != 10 {
		t.Errorf("%d hot keys, want 10", keys)
	}
	if keys, most := count(Config{Names: two, Keys: 1000, Zipf: 1.2}); keys < 500 || most < drawn/10 {
		t.Errorf("some keys are far more frequent than others: %d keys, the first %d times", keys, most)
	}
}

// TestAllocations: neither a report nor a sum allocates.
func TestAllocations(t *testing.T) {
	p, _ := compile(standard())
	b := make([]byte, 0, 1024)
	n := &node{f: &Fleet{cfg: Config{Twin: "/t.agg"}}}
	n.rx.sums = make([]uint32, 1000+probeKeys)
	n.rx.tables, n.rx.from = map[uint32]*shape{}, p
	allocs := testing.AllocsPerRun(100, func() {
		b = p.appendUpdate(b[:0], wire.UpdateFull, 1, 0, 42, 1000)
		if used, err := n.take(b, 0); used != len(b) || err != nil || n.rx.sums[42] != 1000 {
			t.Errorf("took %d of %d bytes: %v, sum %d", used, len(b), err, n.rx.sums[42])
		}
	})
	if allocs != 0 {
		t.Errorf("a report and a sum allocate %v times", allocs)
	}
}
