package lint

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tallystick/internal/view"
)

// clock takes looks every five seconds.
type clock struct {
	linter Linter
	now    time.Time
	all    []view.Finding
	events []string // what has begun and ended
}

// look takes looks for a time at a section with one thing changed.
func (c *clock) look(d time.Duration, f func(s *view.Section)) {
	if c.now.IsZero() {
		c.now = noon
	}
	for end := c.now.Add(d); c.now.Before(end); c.now = c.now.Add(5 * time.Second) {
		p, s := good()
		if f != nil {
			f(s)
		}
		var begun, ended []view.Finding
		c.all, begun, ended = c.linter.Look(c.now, p, []view.Section{*s})
		for i := range begun {
			c.events = append(c.events, "begun "+begun[i].Rule)
		}
		for i := range ended {
			c.events = append(c.events, "ended "+ended[i].Rule)
		}
	}
}

func (c *clock) want(t *testing.T, why string, want ...string) {
	t.Helper()
	if got := strings.Join(c.events, ", "); got != strings.Join(want, ", ") {
		t.Errorf("%s: got %q, want %q", why, got, want)
	}
	c.events = nil
}

// missing takes the twin from a node, gone takes the node.
func missing(s *view.Section) { s.Peers[1].Announced = s.Peers[1].Announced[:1] }
func gone(s *view.Section) {
	s.Peers[1].Established, s.Peers[1].Disabled = false, true // disabled: its absence itself is not told
}

func TestFindingsStandAndGo(t *testing.T) {
	var c clock
	c.look(5*time.Second, missing)
	c.look(time.Minute, nil)
	c.want(t, "what is so for a moment is not told")
	c.look(10*time.Second, missing)
	c.want(t, "what stands is told once", "begun twin-missing")
	since := c.all[0].Since
	c.look(time.Minute, missing)
	c.want(t, "and not again")
	if len(c.all) != 1 || !c.all[0].Since.Equal(since) || !since.Equal(noon.Add(65*time.Second)) {
		t.Errorf("it is so since it was seen first: %v", c.all)
	}
	c.look(5*time.Second, nil)
	c.look(5*time.Second, missing)
	c.want(t, "what is not so for a moment is not taken back")
	c.look(15*time.Second, nil)
	c.want(t, "what has gone is taken back once", "ended twin-missing")
	if len(c.all) != 0 {
		t.Errorf("and is not listed: %v", c.all)
	}
}

// TestRareLooks: where looks are rare, one in which something is not seen proves nothing.
func TestRareLooks(t *testing.T) {
	var l Linter
	events := 0
	for i, broken := range []bool{true, true, false, true, false, false} {
		p, s := good()
		if broken {
			missing(s)
		}
		_, begun, ended := l.Look(noon.Add(time.Duration(i)*time.Minute), p, []view.Section{*s})
		events += len(begun) + len(ended)
		if want := []int{0, 1, 1, 1, 1, 2}[i]; events != want {
			t.Errorf("look %d: %d things have begun or ended, want %d", i, events, want)
		}
	}
}

// TestReloadsDoNotFlap: a node that cannot be looked at for a while has the faults that it had.
func TestReloadsDoNotFlap(t *testing.T) {
	var c clock
	c.look(10*time.Second, missing)
	c.look(5*time.Minute, gone)
	c.look(10*time.Second, missing)
	c.want(t, "it was away, and is as it was", "begun twin-missing")
	c.look(11*time.Minute, gone)
	c.want(t, "nobody waits for ever", "ended twin-missing")
	c.look(10*time.Second, missing)
	c.want(t, "it has come", "begun twin-missing")
	c.look(15*time.Second, func(s *view.Section) { s.Peers = append(s.Peers[:1], s.Peers[2:]...) })
	c.want(t, "nor for a peer that is none any more", "ended twin-missing")
}

// TestNewPeersHaveAMinute: who has just been written into the configuration may take his time.
func TestNewPeersHaveAMinute(t *testing.T) {
	var c clock
	added := func(s *view.Section) { s.Peers = append(s.Peers, view.Peer{Name: "lb4", Role: "node"}) }
	c.look(time.Minute, added)
	c.want(t, "a minute is not over")
	c.look(5*time.Second, added)
	c.want(t, "it is", "begun peer-never")
}

// TestWorseIsTheSame: a finding whose words change is the same finding.
func TestWorseIsTheSame(t *testing.T) {
	var c clock
	n := 0
	c.look(time.Minute, func(s *view.Section) {
		n++
		s.Peers[1].Copied = &view.Copied{From: "lb1", Table: "/rates", Rows: n, Compared: 40, Key: []byte(fmt.Sprint(n)), Schema: rates()}
	})
	c.want(t, "numbers change", "begun nodes-replicate")
	if !strings.Contains(c.all[0].Text, "12 of 40") {
		t.Errorf("the newest is told: %v", c.all)
	}
}

// TestBounds: what is told and what is remembered has a limit, and the worst is told.
func TestBounds(t *testing.T) {
	var c clock
	c.look(10*time.Second, func(s *view.Section) {
		for i := range 2 * maxKept {
			s.Peers = append(s.Peers, view.Peer{Name: fmt.Sprint("n", i), Role: "node", Established: true, LessonDone: true, Partials: 9,
				Announced: s.Peers[0].Announced})
		}
		missing(s)
	})
	if n := len(c.linter.kept); n > maxKept {
		t.Errorf("%d things are remembered, at most %d are", n, maxKept)
	}
	if len(c.all) != maxFindings+1 || c.all[0].Rule != "twin-missing" || c.all[maxFindings].Rule != "more" ||
		c.all[maxFindings].Text != fmt.Sprintf("%d more findings are not listed: they come into sight when these are gone", maxKept-maxFindings) {
		t.Errorf("%d findings, the first %v, the last %v", len(c.all), c.all[0], c.all[len(c.all)-1])
	}
}

// TestMemoryGoesWithSections: of a section that is no more nothing is kept.
func TestMemoryGoesWithSections(t *testing.T) {
	var l Linter
	p, s := good()
	l.Look(noon, p, []view.Section{*s})
	l.Look(noon.Add(time.Minute), p, nil)
	if len(l.sections) != 0 || len(l.kept) != 0 {
		t.Errorf("%d sections and %d findings are left", len(l.sections), len(l.kept))
	}
}

// TestNamesForgeNothing: names of others stay within their words.
func TestNamesForgeNothing(t *testing.T) {
	const evil = "x\nerror forged\x1b[2J"
	var c clock
	c.look(10*time.Second, func(s *view.Section) {
		s.Peers[1].Name = evil
		s.Tables[0].Target, s.Tables[0].Sources = "/"+evil+".agg", []string{"/" + evil}
		s.Peers[1].Copied = &view.Copied{From: evil, Table: evil, Key: []byte(evil), Schema: rates()}
	})
	if len(c.all) == 0 {
		t.Fatal("there is nothing to look at")
	}
	for i := range c.all {
		if text := c.all[i].Text + c.all[i].Fix; strings.Contains(text, "\nerror") || strings.Contains(text, "\x1b") {
			t.Errorf("a line is forged: %q", text)
		}
	}
}

// BenchmarkLook is a look at 64 nodes with 256 tables, all well.
func BenchmarkLook(b *testing.B) {
	p, s := good()
	node, table := s.Peers[0], s.Tables[0]
	s.Peers, s.Tables = nil, nil
	node.Lanes, node.Announced = nil, nil
	for i := range 256 {
		source, sum := fmt.Sprintf("/t%d", i), fmt.Sprintf("/t%d.agg", i)
		node.Lanes = append(node.Lanes, view.Lane{Name: source, Target: sum, Schema: rates()})
		node.Announced = append(node.Announced, view.Announced{Name: source, Use: view.Source, Schema: rates()}, view.Announced{Name: sum, Use: view.Sum, Schema: rates()})
		t := table
		t.Target, t.Sources, t.Receivers = sum, []string{source}, nil
		for n := range 64 {
			t.Receivers = append(t.Receivers, view.Receiver{Peer: fmt.Sprint("lb", n)})
		}
		s.Tables = append(s.Tables, t)
	}
	for n := range 64 {
		node.Name = fmt.Sprint("lb", n)
		s.Peers = append(s.Peers, node)
	}
	var l Linter
	for b.Loop() {
		if all, _, _ := l.Look(noon, p, []view.Section{*s}); len(all) > 0 {
			b.Fatal(all[0])
		}
	}
}
