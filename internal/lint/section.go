package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tallystick/internal/view"
)

// rules looks at the section's own lines.
func (x *look) rules(s *view.Section) {
	if slices.Contains(s.Forward, s.To) {
		x.add(s, "suffix-clash", view.Error, view.Finding{
			Text: fmt.Sprintf("aggregations %s gives its sums the suffix %s and forwards tables with the same one: two writers fill one table on the nodes", s.ID, s.To),
			Fix:  otherSuffix(s)}, "")
	}
}

// otherSuffix is the section's from line with a suffix that nothing else has.
func otherSuffix(s *view.Section) string {
	line, _, _ := strings.Cut(s.Rules, ";")
	other := ".mid"
	for s.To == other || slices.Contains(s.Forward, other) {
		other += "2"
	}
	return strings.Replace(line, " to "+s.To, " to "+other, 1)
}

// limits looks at what has been met of late.
func (x *look) limits(s *view.Section) {
	l, m := &s.Limits, x.memory
	if n := l.Evicted + l.Refused; n != m.limited {
		m.limited, m.limitedAt = n, x.now
	}
	if !m.limitedAt.IsZero() && x.now.Sub(m.limitedAt) < recent {
		x.add(s, "limit-entries", view.Error, view.Finding{
			Text: fmt.Sprintf("aggregations %s has as many entries as it may have (max-entries %d): rows of those who bring too many are forgotten, and sums lack them", s.ID, l.MaxEntries),
			Fix:  fmt.Sprintf("max-entries %d", 2*l.MaxEntries)}, "")
	}
	if l.TablesRefused > 0 && x.now.Sub(l.TablesAt) < recent {
		x.add(s, "limit-tables", view.Error, view.Finding{
			Text: fmt.Sprintf("aggregations %s has as many tables as it may have (max-tables %d): others are not summed", s.ID, l.MaxTables),
			Fix:  fmt.Sprintf("max-tables %d", 2*l.MaxTables)}, "")
	}
}

// calling is for how long somebody who was refused is taken to go on calling: HAProxy does so every 5 s.
const calling = 20 * time.Second

// insists is for how long somebody must have called, at least: twice, as HAProxy does it.
const insists = 4 * time.Second

// callers looks at who was refused.
func (x *look) callers(s *view.Section, list []view.Refusal) {
	for i := range list {
		r := &list[i]
		if x.now.Sub(r.Last) >= calling || r.Last.Sub(r.First) < insists {
			continue // once is nothing: a scan, or a reload
		}
		if r.Why != view.RefusedTwice && cameIn(s, r) {
			continue // it has been set right
		}
		rule, severity := ruleOfRefusal(r.Why)
		if rule == "" {
			continue
		}
		who := name(r.Name)
		if who == "" {
			who = "somebody"
		}
		f := view.Finding{Peer: r.Name, Text: fmt.Sprintf("%s calls from %s and is refused: %s", who, r.From, name(r.Text)), Fix: lineFor(s, r)}
		x.add(s, rule, severity, f, r.From+" "+r.Called)
	}
}

// cameIn reports whether a peer of that name has begun a session since it was refused; of two with one name that
// says nothing. s is nil if no section was found.
func cameIn(s *view.Section, r *view.Refusal) bool {
	return s != nil && slices.ContainsFunc(s.Peers, func(p view.Peer) bool {
		return p.Name == r.Name && p.Established && p.Handshake.After(r.Last)
	})
}

// lineFor is the line that lets somebody in who was refused; s is nil if no section was found.
func lineFor(s *view.Section, r *view.Refusal) string {
	switch {
	case r.Line != "":
		return name(r.Line)
	case r.Why == view.RefusedSelf || r.Why == view.RefusedTwice:
		return "localpeer " + name(r.Name) + "-2"
	case s != nil && r.Why == view.RefusedWrongName:
		return us(s, "")
	case s != nil && r.Why == view.RefusedAllow:
		if p := slices.IndexFunc(s.Peers, func(p view.Peer) bool { return p.Name == r.Name && !p.Dynamic }); p >= 0 {
			return strings.Join(strings.Fields("peer "+name(r.Name)+" "+name(s.Peers[p].Addr)+" allow "+strings.Join(append(slices.Clone(s.Peers[p].Allow), r.From), ",")), " ")
		}
		return "dynamic-peers allow " + r.From
	case s != nil && r.Why == view.RefusedCrowd:
		return fmt.Sprintf("dynamic-peers max %d", 2*s.MaxPeers)
	}
	return ""
}

// ruleOfRefusal is the rule that finds somebody who was refused; "" for none.
func ruleOfRefusal(k view.RefusalKind) (rule string, severity view.Severity) {
	switch k {
	case view.RefusedUnknown:
		return "name-unknown", view.Warning
	case view.RefusedSelf, view.RefusedTwice:
		return "name-twice", view.Error
	case view.RefusedWrongName:
		return "aggregator-name", view.Error
	case view.RefusedAllow:
		return "not-allowed", view.Error
	case view.RefusedCertificate, view.RefusedTLS:
		return "tls", view.Error
	case view.RefusedCrowd:
		return "limit-peers", view.Warning
	}
	return "", ""
}

// program looks at what is no section's.
func (x *look) program() {
	x.callers(nil, x.process.Refusals)
	const day = 24 * time.Hour
	for _, c := range x.process.Certificates {
		left := c.Ends.Sub(x.now)
		f := view.Finding{Text: fmt.Sprintf("the certificate for %s in %s ends at %s: put the new one into the file, no restart is needed",
			name(c.For), name(c.File), c.Ends.UTC().Format(time.RFC3339))}
		switch {
		case left < 0:
			f.Text = fmt.Sprintf("the certificate for %s in %s has ended at %s: whoever verifies it refuses; put the new one into the file", name(c.For), name(c.File), c.Ends.UTC().Format(time.RFC3339))
			x.add(nil, "certificate", view.Error, f, c.File+" "+c.For)
		case left <= 14*day:
			x.add(nil, "certificate", view.Warning, f, c.File+" "+c.For)
		}
	}
}
