package top

import (
	"fmt"
	"slices"
	"time"
)

// Styles of a terminal. Each stands around whole cells, so that columns stay columns.
const (
	bold, dim, inverse = "1", "2", "7"
	red, green, yellow = "31", "32", "33"
	blue               = "34"
)

// screen lays a sample out. Nothing but what it is told goes into it.
type screen struct {
	width, height int
	colour        bool
	lines         []string
}

// style puts text into a style, if there are any.
func (s *screen) style(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// line adds a line if there is room for it. What is in it is cut before styles are put around it, by cells.
func (s *screen) line(text string) {
	if s.room() > 0 {
		s.lines = append(s.lines, text)
	}
}

// room is how many lines are left.
func (s *screen) room() int { return s.height - len(s.lines) }

// title is the head of a part: words that stand over columns.
func (s *screen) title(text string) { s.line(s.style(inverse, fit(cut(text, s.width), s.width))) }

// draw lays out everything: what is wrong first, since that is what one looks for at night; then sessions, tables, keys.
func (s *screen) draw(m *sample, c *choice, note string) []string {
	s.head(m)
	for i := range m.Sections {
		s.sectionState(&m.Sections[i])
	}
	s.findings(m.Findings)
	s.peers(m)
	s.tables(m, c)
	if m.Top != nil {
		s.keys(m.Top)
	}
	if note != "" && s.height > 1 {
		s.lines = append(s.lines[:min(len(s.lines), s.height-1)], s.style(red, fit(plain(note), s.width)))
	}
	return s.lines
}

func (s *screen) head(m *sample) {
	up, all, in, out, entries := 0, 0, 0.0, 0.0, int64(0)
	for i := range m.Sections {
		for j := range m.Sections[i].Peers {
			p := &m.Sections[i].Peers[j]
			up, all, in, out = up+asInt(p.live()), all+1, in+max(0, rate(p.RateIn)), out+max(0, rate(p.RateOut))
		}
	}
	for i := range m.Tables {
		entries += m.Tables[i].Entries
	}
	state, code := "ready", green
	switch {
	case m.Info.Stopping:
		state, code = "stopping", yellow
	case !m.Info.Ready:
		state, code = "not ready", yellow
	}
	text := fmt.Sprintf("tallystick %s on %s, up %s, ", plain(m.Info.Version), plain(m.Info.Host), age(time.Duration(m.Info.UptimeMS)*time.Millisecond))
	rest := fmt.Sprintf(", %d of %d peers up, in %s/s, out %s/s, entries %s, memory %s", up, all, short(in), short(out), short(float64(entries)), size(m.Info.RSS))
	s.line(s.style(bold, cut(text, s.width)) + s.style(code, cut(state, s.width-len(text))) + cut(rest, s.width-len(text)-len(state)))
	if r := m.Info.Reload; r != nil && !r.Good && r.Message != "" {
		s.line(s.style(red, cut("the last reload was refused: "+plain(r.Message), s.width)))
	}
}

// sectionState says what a section does instead of publishing; of one that publishes, nothing.
func (s *screen) sectionState(a *section) {
	switch {
	case a.Observe:
		s.line(s.style(yellow, cut("section "+plain(a.ID)+" observes: nothing is pushed", s.width)))
	case !a.Warm:
		text := fmt.Sprintf("section %s warms up: %d of %d heard, %s left", plain(a.ID), a.Heard, a.Expected, age(time.Duration(a.WarmLeftMS)*time.Millisecond))
		s.line(s.style(yellow, cut(text, s.width)))
	}
}

// maxFindings are shown; the rest is counted, with the command that has them.
const maxFindings = 4

func (s *screen) findings(all []finding) {
	rank := map[string]int{"error": 0, "warning": 1, "notice": 2}
	slices.SortStableFunc(all, func(a, b finding) int { return rank[a.Severity] - rank[b.Severity] })
	for i, f := range all {
		if i == maxFindings {
			s.line(s.style(dim, cut(fmt.Sprintf("... and %d more: show lint", len(all)-i), s.width)))
			return
		}
		code := yellow
		if f.Severity == "error" {
			code = red
		}
		head := f.Severity + " " + f.Rule + " "
		s.line(s.style(code, cut(head, s.width)) + cut(plain(f.Text), s.width-len(head)))
	}
}

// live reports whether the peer has a session.
func (p *peer) live() bool { return p.State == "up" || p.State == "learning" }

// colour is as on HAProxy's own page.
func (p *peer) colour() string {
	switch p.State {
	case "up":
		return green
	case "learning", "connecting":
		return yellow
	case "disabled":
		return blue
	}
	return red
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cut shortens a sentence to n, without filling it: its end goes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if n < 5 {
		return fit(s, n)
	}
	return s[:n-2] + ".."
}
