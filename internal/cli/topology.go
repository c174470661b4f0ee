package cli

import (
	"fmt"
	"strings"
)

// showTopology draws each section: who is above, who is below, and which table becomes
// which, with the peers that feed it.
func showTopology(r *request) error {
	for _, s := range r.backend.Sections() {
		r.printf("aggregations %s: %s%s\n", oneWord(s.ID), oneLine(s.Rules), r.sectionState(&s))
		for _, role := range []string{"up", "local", "down", "node"} {
			if role == "local" {
				r.printf("  local %s %s\n", oneWord(s.Name), orNone(s.Addr))
				continue
			}
			for i := range s.Peers {
				if p := &s.Peers[i]; p.Role == role {
					r.printf("  %-5s %s%s\n", role, oneWord(p.Name), r.peerState(p))
				}
			}
		}
		for i := range s.Tables {
			r.flow(&s, &s.Tables[i])
		}
		r.spill()
	}
	return nil
}

func (r *request) sectionState(s *Section) string {
	state := ""
	if s.Observe {
		state += ", observing: nothing is pushed"
	}
	if !s.Warm {
		state += ", warming up: " + r.until(s.WarmAt) + " left"
	}
	return state
}

func (r *request) peerState(p *Peer) string {
	var b strings.Builder
	if p.Group != "" {
		b.WriteString(" group " + oneWord(p.Group))
	}
	if p.Dynamic {
		b.WriteString(" dynamic")
	}
	switch {
	case p.Disabled:
		b.WriteString(": disabled")
	case p.Established:
		fmt.Fprintf(&b, ": %s, up %s, protocol 2.%d", orNone(p.Remote), r.age(p.Changed), p.Minor)
	case p.Handshake.IsZero():
		b.WriteString(": never seen")
	default:
		fmt.Fprintf(&b, ": down %s", r.age(p.Changed))
	}
	return b.String()
}

// flow prints what a table is made of.
func (r *request) flow(s *Section, t *Table) {
	r.printf("  table %s: %s\n", oneWord(t.Target), t.Schema)
	for i := range s.Peers {
		for _, l := range s.Peers[i].Lanes {
			if l.Target != t.Target {
				continue
			}
			r.printf("    from %s(%s)", oneWord(s.Peers[i].Name), oneWord(l.Name))
			if l.SetAside != "" {
				r.printf(", set aside: %s", oneLine(l.SetAside))
			}
			r.buf = append(r.buf, '\n')
		}
	}
	for _, n := range t.Notes {
		r.printf("    note: %s\n", oneLine(n))
	}
}
