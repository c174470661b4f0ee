package table

import (
	"slices"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

var (
	reqs    = stick.Column{Type: stick.HTTPReqCnt, Len: 1}
	errs    = stick.Column{Type: stick.HTTPErrCnt, Len: 1}
	rate10s = stick.Column{Type: stick.HTTPReqRate, Len: 1, Period: 10_000}
	rate60s = stick.Column{Type: stick.HTTPReqRate, Len: 1, Period: 60_000}
)

func array(n uint8) stick.Column { return stick.Column{Type: stick.GPC, Len: n} }

func ipTable(columns ...stick.Column) *stick.Schema {
	return &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 60_000, Columns: columns}
}

func binaryTable(n uint32) *stick.Schema {
	return &stick.Schema{KeyType: stick.Binary, KeyLen: n, Columns: []stick.Column{reqs}}
}

func lengthened(s *stick.Schema, keyLen uint32) *stick.Schema {
	c := *s
	c.KeyLen = keyLen
	return &c
}

// TestDefinitions: how definitions become one, and who is set aside.
func TestDefinitions(t *testing.T) {
	for _, c := range []struct {
		why      string
		members  []*stick.Schema
		want     string
		disagree []string // the lane and a part of each sentence
	}{
		{"one member's definition is the sum's", []*stick.Schema{schema(60_000, reqs)}, "type string len 32 expire 1m store http_req_cnt", nil},
		{"columns are united, in HAProxy's order", []*stick.Schema{schema(60_000, errs), schema(60_000, reqs)},
			"type string len 32 expire 1m store http_req_cnt,http_err_cnt", nil},
		{"the longest array counts", []*stick.Schema{schema(60_000, array(2)), schema(60_000, array(5))}, "type string len 32 expire 1m store gpc(5)", nil},
		{"the longest life counts", []*stick.Schema{schema(60_000, reqs), schema(90_000, reqs)}, "type string len 32 expire 90s store http_req_cnt", nil},
		{"no expiry is the longest", []*stick.Schema{schema(60_000, reqs), schema(0, reqs)}, "type string len 32 store http_req_cnt", nil},
		{"strings may differ in length", []*stick.Schema{schema(0, reqs), lengthened(schema(0, reqs), 65)}, "type string len 64 store http_req_cnt", nil},
		{"another period: that column alone", []*stick.Schema{schema(0, reqs, rate10s), schema(0, reqs, rate60s)},
			"type string len 32 store http_req_cnt,http_req_rate(10s)", []string{"lb2 http_req_rate: ", "(1m), lb1 has http_req_rate(10s)"}},
		{"most members decide", []*stick.Schema{schema(0, rate60s), schema(0, rate10s), schema(0, rate10s)},
			"type string len 32 store http_req_rate(10s)", []string{"lb1 http_req_rate: ", "lb2 has"}},
		{"another key type: all of it", []*stick.Schema{schema(0, reqs), ipTable(errs)},
			"type string len 32 store http_req_cnt", []string{"lb2 its keys differ", "type ip", "lb1 has 'type string"}},
		{"who is set aside has no say about columns", []*stick.Schema{ipTable(rate60s), schema(0, rate10s), schema(0, rate10s)},
			"type string len 32 store http_req_rate(10s)", []string{"lb1 its keys differ"}},
		{"binary keys are padded to their length", []*stick.Schema{binaryTable(20), binaryTable(16)}, "type binary len 20 store http_req_cnt", []string{"lb2 its keys differ", "len 16", "len 20"}},
	} {
		f := newFixture(t)
		for _, s := range c.members {
			f.lane(s)
		}
		if got := f.table.Schema().String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
		var got string
		for _, d := range f.table.Disagreements() {
			got += d.Lane + " " + d.Text + "\n"
		}
		if (got == "") != (c.disagree == nil) {
			t.Errorf("%s: complaints %q, want some: %v", c.why, got, c.disagree != nil)
		}
		for _, part := range c.disagree {
			if !strings.Contains(got, part) {
				t.Errorf("%s: complaints %q lack %q", c.why, got, part)
			}
		}
	}
}

// TestWhoDecides: the definition of most live members, and on a tie the one of before.
func TestWhoDecides(t *testing.T) {
	f := newFixture(t)
	a := f.lane(schema(0, rate10s))
	b := f.lane(schema(0, rate60s))
	period := func(why string, want uint32) {
		t.Helper()
		if got := f.table.Schema().Columns[0].Period; got != want {
			t.Errorf("%s: the period is %d, want %d", why, got, want)
		}
	}
	period("one against one: the first", 10_000)
	if again := f.table.SetUp(a, false); len(again) != 1 || again[0] != b {
		t.Errorf("lb2 counts now and is asked for its rows: %v", again)
	}
	period("only live members have a vote, and one that goes takes its along", 60_000)
	f.table.SetUp(a, true)
	period("on a tie the one that decided before", 60_000)
	f.lane(schema(0, rate10s))
	period("two against one", 10_000)
	f.table.SetUp(a, false)
	f.table.SetUp(b, false)
	f.table.Define(a, "lb1", 0, schema(0, rate10s))
	period("all but one are down: the one", 10_000)
}

// TestRelearn: who counts again is to be asked for its rows again.
func TestRelearn(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(schema(0, reqs)), f.lane(ipTable(reqs))
	c, relearn := f.table.Define(nil, "lb3", 2, schema(0, reqs, rate10s))
	if len(relearn) != 0 || b.SetAside() == "" || a.SetAside() != "" {
		t.Errorf("nobody counts who did not before: %v", relearn)
	}
	f.apply(b, 0, reported("\x7f\x00\x00\x01", 60_000, 5))
	if f.table.Stats().Rows != 0 {
		t.Error("what is set aside does not count")
	}
	_, relearn = f.table.Define(a, "lb1", 0, ipTable(reqs))
	if !slices.Equal(relearn, []*Lane{b}) || c.SetAside() == "" || len(f.table.Disagreements()) != 1 {
		t.Errorf("two of three have addresses now: lb2 is to be asked again, got %v", relearn)
	}
	_, relearn = f.table.Define(c, "lb3", 2, ipTable(reqs, rate10s))
	if len(relearn) != 0 || len(f.table.Disagreements()) != 0 {
		t.Errorf("all agree, and the last to come round is in its lesson anyway: %v, %v", relearn, f.table.Disagreements())
	}
	f.table.Define(b, "lb2", 1, ipTable(rate60s))
	f.table.Define(a, "lb1", 0, ipTable(rate60s))
	_, relearn = f.table.Define(c, "lb3", 2, ipTable(reqs))
	if len(relearn) != 0 || len(f.table.Disagreements()) != 0 {
		t.Errorf("taken back when they agree: %v, %v", relearn, f.table.Disagreements())
	}
}

// TestRelearnAnotherColumn: a column that counts again is relearned though another was set
// aside at the same time.
func TestRelearnAnotherColumn(t *testing.T) {
	rates := func(reqs, errs uint32) *stick.Schema {
		return schema(0, stick.Column{Type: stick.HTTPReqRate, Period: reqs}, stick.Column{Type: stick.HTTPErrRate, Period: errs})
	}
	f := newFixture(t)
	a, b, c := f.lane(rates(10_000, 10_000)), f.lane(rates(60_000, 10_000)), f.lane(rates(10_000, 60_000))
	_, relearn := f.table.Define(a, "lb1", 0, rates(60_000, 60_000))
	if !slices.Equal(relearn, []*Lane{b, c}) {
		t.Errorf("lb1 changed sides in both columns: lb2 and lb3 have one that counts now, and one that does not; got %v", relearn)
	}
}

// TestDropRelearn: a member that leaves takes its say along; who was set aside by it counts
// again, and must be asked for the rows that were not kept.
func TestDropRelearn(t *testing.T) {
	tab := New(Config{})
	first, _ := tab.Define(nil, "lb1", 0, schema(0, reqs))
	second, _ := tab.Define(nil, "lb2", 1, ipTable(reqs))
	if second.SetAside() == "" {
		t.Fatal("on a tie the first decides")
	}
	if got := tab.Drop(first); len(got) != 1 || got[0] != second || second.SetAside() != "" {
		t.Errorf("lb2 decides now and is asked again: got %v, set aside %q", got, second.SetAside())
	}
	if got := tab.Drop(first); got != nil {
		t.Error("a lane that is gone cannot be dropped again")
	}
}

// TestThousandsOfOneDefinition: lanes that announce what there is already change nothing, but count like any; and those
// that go leave the definition to those who stay.
func TestThousandsOfOneDefinition(t *testing.T) {
	s := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 60000, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}, {Type: stick.GPC1, Len: 1}}}
	narrow := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 1000, Columns: []stick.Column{{Type: stick.GPC1, Len: 1}}}
	tab := New(Config{Seed: 1})
	wide, _ := tab.Define(nil, "lb1", 1, s)
	before := tab.Schema()
	other, _ := tab.Define(nil, "lb2", 2, s)
	small, _ := tab.Define(nil, "lb3", 3, narrow)
	if tab.Schema() != before {
		t.Error("nothing has been decided anew")
	}
	for l, values := range map[*Lane][]uint64{wide: {1, 10}, other: {2, 20}, small: {30}} {
		tab.Apply(1000, l, []stick.Row{{Key: []byte("abcd"), Values: values, Life: 60000}}, 0)
	}
	tab.Get(1000, []byte("abcd"), func(e *Entry) {
		if e.Values[0] != 3 || e.Values[1] != 60 {
			t.Errorf("each counts with the columns that it has: %v", e.Values)
		}
	})
	if tab.Drop(wide); tab.Schema() != before {
		t.Error("lb2 announces the same as the one that went")
	}
	if tab.Drop(other); len(tab.Schema().Columns) != 1 {
		t.Errorf("the last that had a column takes it along: %v", tab.Schema())
	}
}
