package cli

import (
	"slices"
	"strings"
	"time"

	"tallystick/internal/query"
	"tallystick/internal/view"
)

// showLint: "show lint [json]" tells what is wrong in the cluster, the worst first, and the line
// that would set it right.
func showLint(r *request) error {
	all := r.backend.Findings()
	if len(r.args) > 0 {
		if r.args[0] != "json" {
			return refuse("'show lint' expects 'json' or nothing, not '%s' (word %d)", oneWord(r.args[0]), r.position(0))
		}
		r.lintJSON(all)
		return nil
	}
	if len(all) == 0 {
		r.printf("# nothing is wrong, as far as can be seen from here\n")
		return nil
	}
	count := func(s view.Severity) (n int) {
		for i := range all {
			n += asInt(all[i].Severity == s)
		}
		return n
	}
	r.printf("# errors: %d, warnings: %d, notices: %d\n", count(view.Error), count(view.Warning), count(view.Notice))
	for i := range all {
		f := &all[i]
		r.printf("%s %s", f.Severity, f.Rule)
		for _, where := range []struct{ name, is string }{{"section", f.Section}, {"peer", f.Peer}, {"table", f.Table}} {
			if where.is != "" {
				r.printf(" %s=%s", where.name, oneWord(where.is))
			}
		}
		r.printf(" since=%s\n  %s\n", r.age(f.Since), oneLine(f.Text))
		if f.Fix != "" {
			for line := range strings.SplitSeq(f.Fix, "\n") {
				r.printf("  > %s\n", oneLine(line))
			}
		}
		if !r.spill() {
			break
		}
	}
	return nil
}

// jsonFinding is a finding for a program to read.
type jsonFinding struct {
	Rule     string        `json:"rule"`
	Severity view.Severity `json:"severity"`
	Section  string        `json:"section,omitempty"`
	Peer     string        `json:"peer,omitempty"`
	Table    string        `json:"table,omitempty"`
	Text     string        `json:"text"`
	Fix      string        `json:"fix,omitempty"` // a line or several
	Since    time.Time     `json:"since"`
	Doc      string        `json:"doc"`
}

// lintJSON writes all as one array, a finding a line.
func (r *request) lintJSON(all []view.Finding) {
	r.printf("[")
	for i, f := range slices.All(all) {
		if i > 0 {
			r.printf(",")
		}
		r.printf("\n%s", query.Marshal(jsonFinding{f.Rule, f.Severity, f.Section, f.Peer, f.Table, f.Text, f.Fix, f.Since.UTC(), f.Doc()}))
	}
	r.printf("\n]\n")
}
