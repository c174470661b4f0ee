// Package fleet looks at a whole installation before anything runs: it holds the configurations of
// HAProxy nodes and of the aggregator against each other, and proposes what nodes that know no aggregator
// yet must change.
//
// It is for the command line and for a page that does the same. It is pure: configurations that were
// read go in, findings and texts come out. Every finding has a place and a line to write. It must never open
// a file, ask a process, or guess: what the files do not tell is a notice, not an error.
package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/words"
)

// Severity is how bad a Finding is: those of a configuration's own errors, which are printed beside it.
type Severity = config.Severity

// The severities.
const (
	Error   = config.Alert   // sums do not arrive, or are wrong
	Warning = config.Warning // they are wrong under load, after a fault, or for some keys
	Notice  = config.Notice  // it may be meant so
)

// Finding is one thing that should be changed, or looked at.
type Finding struct {
	Rule     string // its name, one of Rules
	Severity Severity
	Section  string    // the aggregations section; "" for none
	Node     string    // "" for none
	Table    string    // as HAProxy's rules have it: "cluster/rates"; "" for none
	Where    words.Pos // the line to change, or behind which one is missing
	Text     string    // what is wrong, in one sentence
	Fix      string    // the line to write, or several; "" where there is none
}

// String prints the finding as HAProxy prints what it says of a configuration, with the line to write below it:
//
//	[WARNING]  (twin-size) : [lb1.cfg:12] : table 'cluster/rates.agg' of node 'lb1' ... (column 5)
//	    write: table rates.agg type ip size 2m expire 30s store http_req_rate(10s)
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s (%s) : ", f.Severity.Label(), f.Rule)
	if f.Where.Line != 0 {
		fmt.Fprintf(&b, "%s : ", f.Where)
	}
	b.WriteString(f.Text)
	if f.Where.Line != 0 {
		fmt.Fprintf(&b, " (column %d)", f.Where.Column)
	}
	for i, line := range strings.Split(f.Fix, "\n") {
		switch {
		case f.Fix == "":
		case i == 0:
			b.WriteString("\n    write: " + line)
		default:
			b.WriteString("\n           " + line)
		}
	}
	return b.String()
}

// Count is how many findings are of a severity.
func Count(found []Finding, s Severity) (n int) {
	for _, f := range found {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// order sorts findings: the worst first, then by place.
func order(found []Finding) {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(int(a.Severity)-int(b.Severity), cmp.Compare(a.Where.File, b.Where.File),
			a.Where.Line-b.Where.Line, a.Where.Column-b.Where.Column, cmp.Compare(a.Rule, b.Rule))
	})
}
