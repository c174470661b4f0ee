package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Line is one figure beside what it is held against.
type Line struct {
	Figure string  `json:"figure"`           // what -only calls it
	What   string  `json:"what"`             // what was measured
	Value  float64 `json:"value"`            // in Unit
	Unit   string  `json:"unit"`             //
	Anchor float64 `json:"anchor,omitempty"` // measured in the same run, in Unit; 0: there is none
	Of     string  `json:"of,omitempty"`     // whose figure the anchor is
	Goal   float64 `json:"goal,omitempty"`   // Value is not to exceed it; 0: it is only told
	Lacks  string  `json:"lacks,omitempty"`  // why it cannot be held against its goal in this run
	Note   string  `json:"note,omitempty"`   // what else has to be known about it
}

// Missed reports whether the figure has a goal and does not reach it.
func (l *Line) Missed() bool { return l.Goal > 0 && l.Lacks == "" && l.Value > l.Goal }

// verdict is the last word of the line.
func (l *Line) verdict() string {
	switch {
	case l.Lacks != "":
		return "not judged: " + l.Lacks
	case l.Goal == 0:
		return ""
	case l.Missed():
		return "MISSED"
	}
	return "ok"
}

// columns of a line as text.
const columns = "%-8s %-46s %10s %10s %10s %7s  %s\n"

func header(w io.Writer) {
	fmt.Fprintf(w, columns, "figure", "what", "value", "anchor", "goal", "ratio", "")
}

// print prints the line. The ratio is that of anchor and value.
func (l *Line) print(w io.Writer) {
	anchor, goal, ratio := "", "", ""
	if l.Anchor > 0 {
		anchor = number(l.Anchor, l.Unit)
		ratio = fmt.Sprintf("%.2f", l.Value/l.Anchor)
	}
	if l.Goal > 0 && l.Lacks == "" {
		goal = number(l.Goal, l.Unit)
	}
	what := l.What
	fmt.Fprintf(w, columns, l.Figure, what, number(l.Value, l.Unit), anchor, goal, ratio, l.verdict())
	if l.Of != "" && l.Anchor > 0 {
		fmt.Fprintf(w, "%9sanchor: %s\n", "", l.Of)
	}
	if l.Note != "" {
		fmt.Fprintf(w, "%9s%s\n", "", l.Note)
	}
}

// number prints a value with its unit, three digits of it.
func number(v float64, unit string) string {
	switch unit {
	case "s":
		return time.Duration(v * float64(time.Second)).Round(rounding(v)).String()
	case "B":
		return fmt.Sprintf("%.0f B", v)
	case "MB", "%", "/s":
		return strings.TrimSpace(fmt.Sprintf("%.4g %s", v, unit))
	}
	return fmt.Sprintf("%.3g%s", v, unit)
}

// rounding keeps three digits of a number of seconds.
func rounding(v float64) time.Duration {
	d := time.Duration(v * float64(time.Second))
	r := time.Duration(1)
	for d >= 1000*r {
		r *= 10
	}
	return r
}

// printJSON prints one object.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
