package demo

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// told is a node that reads what it is told.
type told struct{ own, sum map[string]count }

func (told) name() string                                              { return "lb" }
func (told) version() string                                           { return "none" }
func (told) request(context.Context, string) (bool, error)             { return false, nil }
func (n told) read(context.Context) (o, s map[string]count, err error) { return n.own, n.sum, nil }
func (told) stop()                                                     {}

// everybody is a table in which every client of the demo has made n requests.
func everybody(n int) map[string]count {
	m := map[string]count{}
	for _, c := range newTraffic(nil).clients {
		m[c.addr] = count{requests: n, rate: n}
	}
	return m
}

func drawn(t *testing.T, nodes ...node) (*screen, string) {
	t.Helper()
	var out bytes.Buffer
	s := &screen{out: &out, plain: true, nodes: nodes, traffic: newTraffic(nodes)}
	if err := s.draw(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, out.String()
}

func TestCompare(t *testing.T) {
	right := told{everybody(3), everybody(6)}
	s, page := drawn(t, right, right)
	if err := s.compare(); err != nil {
		t.Errorf("two nodes that counted 3 and read 6 are right: %v", err)
	}
	if !strings.Contains(page, "3 > 6") {
		t.Errorf("the page shows count and sum:\n%s", page)
	}
	low := told{everybody(3), everybody(5)}
	s, _ = drawn(t, right, low)
	if err := s.compare(); err == nil || !strings.Contains(err.Error(), "reads 5") {
		t.Errorf("a node that reads 5 of 6 must be named: %v", err)
	}
	nothing := told{map[string]count{}, map[string]count{}}
	s, _ = drawn(t, nothing, nothing)
	if s.compare() == nil {
		t.Error("a demo without a single request has shown nothing")
	}
}

func TestBite(t *testing.T) {
	s, page := drawn(t, told{everybody(1), everybody(1)})
	if !strings.Contains(page, "has not been reached") {
		t.Errorf("no request has been denied yet:\n%s", page)
	}
	s.traffic.bites.Store(4200)
	if got := s.bite(); !strings.Contains(got, "after 4.2 s") {
		t.Errorf("the first denied request is told with its time: %s", got)
	}
}

// TestProcessEnds: what the demo has started does not outlive it, and a program that ends at
// once is told with what it said.
func TestProcessEnds(t *testing.T) {
	p, err := start(t.TempDir(), nil, "sleep", "600")
	if err != nil {
		t.Fatal(err)
	}
	p.stop()
	if p.cmd.ProcessState == nil {
		t.Error("it still runs")
	}
	p, err = start(t.TempDir(), nil, "sh", "-c", "echo no such port; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = p.ready(ctx, func() error { return errNotYet })
	if err == nil || !strings.Contains(err.Error(), "no such port") {
		t.Errorf("the operator must see why: %v", err)
	}
}

func TestVersionOf(t *testing.T) {
	for _, line := range []string{"HA-Proxy version 2.2.9-2+deb11u6 2023/12/23", "HAProxy version 3.2.26-1 2026/10/14"} {
		if v := versionOf(line); !strings.Contains(line, v) || strings.Count(v, ".") != 2 {
			t.Errorf("%q: got %q", line, v)
		}
	}
}
