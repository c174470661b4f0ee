package cli

import (
	"strings"
	"time"

	"tallystick/internal/explain"
	"tallystick/internal/stick"
)

// explainKey: "explain ID NAME KEY" tells why the sum of a key is what it is: who has reported
// what and when, how the sum follows from it, and who was told of it.
func explainKey(r *request) error {
	section, table, err := r.table(0)
	if err != nil {
		return err
	}
	if len(r.args) < 3 {
		return answer("Key value expected")
	}
	key, err := parseKey(r.args[2], table.Schema, r.position(2))
	if err != nil {
		return err
	}
	x, found, err := explain.Ask(r.backend, section, table, key)
	switch {
	case err != nil:
		return err
	case !found:
		return refuse("No such key '%s' in '%s'", oneWord(r.args[2]), oneWord(table.Target))
	}
	r.printf("key=%s", stick.AppendKey(nil, x.Schema.KeyType, x.Key))
	switch {
	case !x.Counts:
		r.printf(" nothing counts")
	case x.Life == nil:
		r.printf(" exp=0")
	default:
		r.printf(" exp=%d", *x.Life)
	}
	r.printf("\n")
	r.reports(x)
	r.sums(x)
	r.readers(x)
	return nil
}

// reports tells who has reported the key, and when.
func (r *request) reports(x *explain.Explanation) {
	r.printf("  reported by\n")
	for i := range x.Shares {
		s := &x.Shares[i]
		r.printf("    %s: ", oneWord(s.Label))
		if s.Source != "" {
			r.printf("%s, ", oneWord(s.Source))
		}
		switch {
		case s.Expired:
			r.printf("expired")
		case s.Life == stick.Forever:
			r.printf("without an end, so it is not known when")
		case s.Reported == nil:
			r.printf("it is not known when, %s left", span(s.Life))
		default:
			r.printf("%s ago, %s left", span(uint32(s.Reported.Milliseconds())), span(s.Life))
		}
		for _, more := range []string{s.SetAside, s.Note} {
			if more != "" {
				r.printf("; %s", oneLine(more))
			}
		}
		r.printf("\n")
	}
	if len(x.Shares) == 0 {
		r.printf("    nobody\n")
	}
	if len(x.Silent) > 0 {
		r.printf("    not by %s\n", some(escaped(x.Silent)))
	}
}

// sums tells column by column how the sum follows from the shares.
func (r *request) sums(x *explain.Explanation) {
	for i := range x.Columns {
		c := &x.Columns[i]
		r.printf("  %s=%s\n", c.Title, c.Sum)
		r.printf("    %s\n", oneLine(c.Formula))
		if c.Rule != explain.Added { // which goes without saying
			r.printf("    rule: %s\n", c.Rule)
		}
		for _, p := range c.Parts {
			r.printf("    %s: ", oneWord(p.Label))
			var about []string
			if p.Value != nil {
				about = append(about, p.Value.String())
			}
			if p.Why != "" {
				about = append(about, oneLine(p.Why))
			}
			r.printf("%s", strings.Join(about, ", "))
			if p.Rate != nil && p.Counts {
				r.printf(" (curr %d, prev %d, age %s)", p.Rate.Curr, p.Rate.Prev, span(uint32(p.Rate.Age.Milliseconds())))
			}
			r.printf("\n")
		}
	}
}

// readers tells who was told of the sum, and what each should read.
func (r *request) readers(x *explain.Explanation) {
	r.printf("  told to\n")
	for i := range x.Receivers {
		to := &x.Receivers[i]
		r.printf("    %s: ", oneWord(to.Peer))
		var state []string
		switch {
		case to.Acked:
			state = append(state, "sent and acked")
		case to.Pushed:
			state = append(state, "sent, not acked yet")
		}
		if to.Why != "" {
			state = append(state, oneLine(to.Why))
		}
		r.printf("%s", strings.Join(state, ", "))
		for i, s := range to.Should {
			if i == 0 {
				r.printf("; it should read")
			}
			if s.Value != nil {
				r.printf(" %s=%s", s.Name, s.Value)
			}
			if s.Why != "" {
				r.printf(" (%s: %s)", s.Name, oneLine(s.Why))
			}
		}
		r.printf("\n")
	}
	if len(x.Receivers) == 0 {
		r.printf("    nobody\n")
	}
}

// span prints a time in ms: to the tenth of a second, since lives are kept no finer.
func span(ms uint32) string {
	d := time.Duration(ms) * time.Millisecond
	if d < time.Minute {
		d = d.Round(100 * time.Millisecond)
	} else {
		d = d.Round(time.Second)
	}
	return d.String()
}
