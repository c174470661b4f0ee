package lint

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// sources looks at the tables of a peer that feed sums, and at those that it lacks.
func (x *look) sources(in *index, p *member) {
	for i := range p.Lanes {
		l := &p.Lanes[i]
		if t := in.byTarget[l.Target]; t != nil && !t.Forwarded {
			x.definition(in.Section, t, p.Peer, l)
		}
	}
	if p.Role != "node" {
		return
	}
	for i := range in.Tables {
		if t := &in.Tables[i]; !t.Forwarded {
			x.noSource(in, t, p)
		}
	}
}

// definition compares a source with what all of them make together.
func (x *look) definition(s *view.Section, t *view.Table, p *view.Peer, l *view.Lane) {
	if l.Schema == nil {
		return
	}
	severity, parts := differences(l, t.Schema)
	if parts == nil {
		return
	}
	f := view.Finding{Peer: p.Name, Table: l.Name}
	if p.Role == "node" {
		f.Fix = table(l.Name, t.Schema, t.Rows)
	}
	f.Text = fmt.Sprintf("on %s %s %s", name(p.Name), name(l.Name), name(strings.Join(parts, "; it ")))
	x.addHere(s, "sources-disagree", severity, f)
}

// differences tells what is other in a source's definition than in the sum's.
func differences(l *view.Lane, sum *stick.Schema) (severity view.Severity, parts []string) {
	own := l.Schema
	if !own.SameKeys(sum) {
		return view.Error, []string{fmt.Sprintf("has '%s', most others have '%s': nothing of it counts", keys(own), keys(sum))}
	}
	severity = view.Notice
	if own.KeyType == stick.String && own.KeyLen < sum.KeyLen {
		severity = view.Warning
		parts = append(parts, fmt.Sprintf("cuts keys to len %d, others to %d: longer ones are other keys here", own.KeyLen-1, sum.KeyLen-1))
	}
	var without []string
	for _, c := range sum.Columns {
		i := own.Column(c.Type)
		switch {
		case i < 0 || own.Columns[i].Len < c.Len:
			without = append(without, c.String())
		case own.Columns[i].Period != c.Period:
			severity = view.Warning
			parts = append(parts, fmt.Sprintf("has %s, most others have %s: its rate does not count", own.Columns[i], c))
		}
	}
	if without != nil {
		parts = append(parts, "does not store "+strings.Join(without, ", ")+", which others do")
	}
	if own.Expire != sum.Expire {
		parts = append(parts, fmt.Sprintf("keeps entries %s, others %s", lives(own.Expire), lives(sum.Expire)))
	}
	return severity, parts
}

// noSource: a node lacks a table that other nodes have.
func (x *look) noSource(in *index, t *view.Table, p *member) {
	for _, source := range t.Sources {
		if p.tables[source] != nil {
			continue
		}
		others := 0
		for i := range in.peers {
			if o := &in.peers[i]; o.Role == "node" && o.tables[source] != nil {
				others++
			}
		}
		if others == 0 {
			continue
		}
		more := ""
		if a := p.tables[slashed(source)]; a != nil && !slices.Contains(t.Sources, a.Name) {
			more = "; it has one of that name elsewhere, and a table in a peers section and one in a proxy are two"
		}
		f := view.Finding{Peer: p.Name, Table: source, Fix: table(source, t.Schema, t.Rows),
			Text: fmt.Sprintf("%s has no table %s, which %s: nothing that it counts is in the sum%s", name(p.Name), name(source), plural(others, "other node has", "other nodes have"), more)}
		x.addHere(in.Section, "source-missing", view.Notice, f)
	}
}

// replicas: members of a group disagree.
func (x *look) replicas(s *view.Section, t *view.Table) {
	for _, l := range t.Leads {
		for _, d := range l.Disagreements {
			schema := d.Schema
			if schema == nil {
				schema = t.Schema
			}
			x.add(s, "replicas-disagree", view.Warning, view.Finding{Peer: d.Member, Table: t.Target,
				Text: fmt.Sprintf("%s and %s are replicas and see different numbers in %s: of key %s %s has %s %d, %s, which counts, has %d", name(d.Member), name(l.Peer), name(t.Target),
					stick.AppendKey(nil, schema.KeyType, d.Key), name(d.Member), d.Column, d.Has, name(l.Peer), d.LeaderHas)}, l.Group)
		}
	}
}
