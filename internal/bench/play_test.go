package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/haproxytest"
	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

func options(out io.Writer) Options {
	return Options{Program: program, Called: us, Prefix: "lb", Nodes: 3, Keys: 2000, Rate: 20_000, For: time.Second,
		Schema: standard(), Out: out, Show: io.Discard}
}

// TestPlay: the real program sums what is played, whatever the keys are and however they
// are drawn.
func TestPlay(t *testing.T) {
	tests := []struct {
		typ, store string
		zipf       float64
		hot        int
	}{
		{"ip", standardStore, 0, 0},
		{"ipv6", "http_req_cnt", 1.2, 0},
		{"string", "conn_cur,bytes_out_cnt,gpc(3)", 0, 50},
		{"integer", "gpc0,gpc0_rate(1s)", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.typ, func(t *testing.T) {
			var out bytes.Buffer
			o := options(&out)
			var err error
			if o.Schema, err = ParseTable(tt.typ, tt.store); err != nil {
				t.Fatal(err)
			}
			o.Zipf, o.Hot, o.JSON = tt.zipf, tt.hot, true
			if err := Play(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			var r Report
			if err := json.Unmarshal(out.Bytes(), &r); err != nil {
				t.Fatalf("not one JSON object: %v\n%s", err, out.String())
			}
			if r.Due != 20_000 || r.In == 0 || r.Out == 0 || r.CPU <= 0 || r.Resident <= 0 || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P999 {
				t.Errorf("something was not measured: %+v", r)
			}
			if r.Wrong.Any() || r.Lost != 0 {
				t.Errorf("our own sums are wrong: %s, %d sessions lost", &r.Wrong, r.Lost)
			}
		})
	}
}

// TestText: as text every part of the report has its line.
func TestText(t *testing.T) {
	var out, progress bytes.Buffer
	o := options(&out)
	o.For, o.Show = 1500*time.Millisecond, &progress
	if err := Play(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"in ", "out ", "cpu ", "memory ", "latency ", "lag ", "wrong     none", "capacity "} {
		if !strings.Contains("\n"+out.String(), "\n"+word) {
			t.Errorf("no line begins with %q:\n%s", word, out.String())
		}
	}
	if !strings.Contains(progress.String(), "   1 s  in ") {
		t.Errorf("nothing is told meanwhile: %q", progress.String())
	}
}

// TestBesideHAProxy: a real one is measured on the same stream, in every respect.
func TestBesideHAProxy(t *testing.T) {
	var out bytes.Buffer
	o := options(&out)
	o.JSON, o.HAProxy = true, haproxytest.Get(t, 2, 6).Program
	if err := Play(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Anchors) != 7 {
		t.Fatalf("%d figures of the HAProxy, want 7 (%v)", len(r.Anchors), err)
	}
	for _, l := range r.Anchors {
		if l.Value <= 0 && l.Unit != "B" { // a small table may fit into what it held before
			t.Errorf("%s was not measured", l.What)
		}
	}
}

// TestWrongSums: a target that tells one wrong sum makes the bench fail, and it says which.
func TestWrongSums(t *testing.T) {
	var out bytes.Buffer
	o := options(&out)
	o.Nodes, o.Target = 1, liar(t)
	err := Play(context.Background(), o)
	if !errors.Is(err, ErrWrong) || !strings.Contains(err.Error(), "key 7 ") {
		t.Errorf("key 7 is told one too high: %v", err)
	}
	if !strings.Contains(out.String(), "wrong     1 wrong sums") {
		t.Errorf("the report does not say so:\n%s", out.String())
	}
}

// TestLines: what is missed, what is only told and what has nothing to be held against.
func TestLines(t *testing.T) {
	tests := []struct {
		line Line
		want string
		why  string
	}{
		{Line{Value: 2, Goal: 3}, "ok", "below its goal"},
		{Line{Value: 3, Goal: 3}, "ok", "the goal itself is reached"},
		{Line{Value: 4, Goal: 3}, "MISSED", "above"},
		{Line{Value: 4}, "", "there is no goal"},
		{Line{Value: 4, Goal: 3, Lacks: "no HAProxy is here"}, "not judged: no HAProxy is here", "the goal would be a part of an anchor"},
	}
	for _, tt := range tests {
		if got := tt.line.verdict(); got != tt.want {
			t.Errorf("%+v is %q, want %q: %s", tt.line, got, tt.want, tt.why)
		}
	}
	s := &suite{o: TableOptions{Out: io.Discard}}
	if err := s.conclude([]Line{{Figure: "a", Value: 1, Goal: 2}, {Figure: "b", Value: 2, Goal: 1}}); !errors.Is(err, ErrMissed) || !strings.HasSuffix(err.Error(), ": b") {
		t.Errorf("b is missed: %v", err)
	}
	if err := s.conclude([]Line{{Figure: "a", Value: 1, Goal: 2}}); err != nil {
		t.Errorf("nothing is missed: %v", err)
	}
	s.wrong = load.Wrong{Fell: 1}
	if err := s.conclude(nil); !errors.Is(err, ErrWrong) {
		t.Errorf("a sum that fell is worse than a goal that is missed: %v", err)
	}
}

// TestTable runs figures small, so that what is measured is only whether they can be.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	err := Table(context.Background(), TableOptions{Program: program, Only: []string{"absorb", "teach", "hot", "live"}, Scale: 500, Out: &out, Show: io.Discard})
	if err != nil && !errors.Is(err, ErrMissed) {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, word := range []string{"absorb ", "teach ", "hot ", "live ", "no HAProxy is here", "checked: none; sessions lost: 0"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("no %q:\n%s", word, out.String())
		}
	}
}

// TestParseTable reads HAProxy's words, and says which of them it does not know.
func TestParseTable(t *testing.T) {
	good := map[string]string{
		standardStore:            "type ip expire 1h store " + standardStore,
		"http_req_cnt,conn_cnt":  "type ip expire 1h store conn_cnt,http_req_cnt",
		"gpc_rate(3,10s),gpc(2)": "type ip expire 1h store gpc(2),gpc_rate(3,10s)",
	}
	for store, want := range good {
		if s, err := ParseTable("ip", store); err != nil || s.String() != want {
			t.Errorf("%s: %v %v, want %s", store, s, err, want)
		}
	}
	bad := map[string]string{
		"http_req": "'http_req' is nothing", "gpc": "number of elements", "http_req_rate": "needs a period",
		"http_req_rate(10s": "has no ')'", "gpc(3,4)": "nothing follows", "gpc(101)": "1 to 100",
	}
	for store, want := range bad {
		if _, err := ParseTable("ip", store); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", store, err, want)
		}
	}
	if _, err := ParseTable("binary", standardStore); err == nil {
		t.Error("binary keys are not played")
	}
}

// TestCollections: what a Go program says of its collector is read as it is meant.
func TestCollections(t *testing.T) {
	said := "ready\ngc 1 @0.005s 3%: 0.018+1.3+0.076 ms clock, 0.036+0.5/1.2/0+0.15 ms cpu, 4->4->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 2 P\n" +
		"gc 2 @1.5s 1%: 0.5+100+0.01 ms clock, 1+0.5/1.2/0+0.02 ms cpu, 120->125->118 MB, 236 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)\n"
	c := readCollections(said)
	if c.count != 2 || c.live != 118<<20 || c.stop != 500*time.Microsecond {
		t.Errorf("%+v: 118 MB are live, and the world stood for 0.5 ms, not for the 100 that it went on beside", c)
	}
	if rest := withoutCollections(said); rest != "ready\n" {
		t.Errorf("what else it said is %q", rest)
	}
}

// liar is a target of one node that tells what it hears, and key 7 one too high.
func liar(t *testing.T) (addr string) {
	return serveOnce(t, func(s *stick.Schema, id uint32, row stick.Row) []byte {
		if row.Key[3] == 7 && row.Key[2] == 0 {
			row.Values[0]++
			row.Values[1] += 2
		}
		return wire.AppendUpdate(nil, id, false, s, &row, nil)
	})
}
