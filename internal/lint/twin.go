package lint

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// twin looks at how a node has declared the table that a sum goes to.
func (x *look) twin(in *index, t *view.Table, p *member) {
	if p.Role != "node" || !in.hears(t) {
		return
	}
	own := p.tables[t.Target]
	if own == nil {
		x.noTwin(in, t, p)
		return
	}
	x.twinRows(in.Section, t, p.Peer, own)
	if own.Schema == t.Schema || own.Schema.SameKeys(t.Schema) && own.Schema.KeyLen == t.Schema.KeyLen &&
		own.Schema.Expire == t.Schema.Expire && slices.Equal(own.Schema.Columns, t.Schema.Columns) {
		return // as most are
	}
	x.twinSchema(in.Section, t, p.Peer, own)
}

// twinSchema compares a definition that is not that of the sources.
func (x *look) twinSchema(s *view.Section, t *view.Table, p *view.Peer, own *view.Announced) {
	f := view.Finding{Peer: p.Name, Table: t.Target, Fix: table(t.Target, t.Schema, t.Rows)}
	if !own.Schema.SameKeys(t.Schema) {
		f.Text = fmt.Sprintf("on %s %s has keys of another type than its sources, so nothing of the sum reaches it: it has '%s', they have '%s'",
			name(p.Name), name(t.Target), keys(own.Schema), keys(t.Schema))
		x.addHere(s, "twin-type", view.Error, f)
		return
	}
	x.twinLength(s, t, p, own.Schema, f)
	x.twinColumns(s, t, p, own.Schema, f)
	if own.Schema.Expire != 0 && (t.Schema.Expire == 0 || own.Schema.Expire < t.Schema.Expire) {
		f.Text = fmt.Sprintf("on %s %s forgets entries after %s, its sources keep them %s: sums vanish there while nodes still count",
			name(p.Name), name(t.Target), stick.FormatMillis(own.Schema.Expire), lives(t.Schema.Expire))
		x.addHere(s, "twin-expire", view.Warning, f)
	}
}

// noTwin: the node has no such table, or has it in the wrong place.
func (x *look) noTwin(in *index, t *view.Table, p *member) {
	s := in.Section
	f := view.Finding{Peer: p.Name, Table: t.Target, Fix: table(t.Target, t.Schema, t.Rows)}
	other := slashed(t.Target)
	if a := p.tables[other]; a != nil && a.Use == view.Sum && in.byTarget[other] == nil {
		bare := name(strings.TrimPrefix(t.Target, "/"))
		has, must := "in a proxy of its own", "in the peers section"
		if other[0] == '/' {
			has, must = must, has
		}
		f.Text = fmt.Sprintf("on %s %s is %s, but its source is %s, and names differ by that: nothing of the sum reaches it", name(p.Name), bare, has, must)
		x.addHere(s, "twin-place", view.Error, f)
		return
	}
	f.Text = fmt.Sprintf("%s has no table %s, so it cannot read the sum", name(p.Name), name(t.Target))
	x.addHere(s, "twin-missing", view.Error, f)
}

// twinLength: strings are longer than the table can hold. HAProxy would cut them, and two keys would become one.
func (x *look) twinLength(s *view.Section, t *view.Table, p *view.Peer, own *stick.Schema, f view.Finding) {
	if own.KeyType != stick.String || own.KeyLen >= t.Schema.KeyLen {
		return
	}
	severity, lost := view.Warning, ""
	if i := slices.IndexFunc(t.Receivers, func(r view.Receiver) bool { return r.Peer == p.Name }); i >= 0 && t.Receivers[i].TooLong > 0 {
		r := &t.Receivers[i]
		severity, lost = view.Error, fmt.Sprintf(", the last was %s", stick.AppendKey(nil, stick.String, r.LongKey))
	}
	f.Text = fmt.Sprintf("on %s %s has len %d, its sources have up to %d: longer keys are not sent to it%s",
		name(p.Name), name(t.Target), own.KeyLen-1, t.Schema.KeyLen-1, lost)
	x.addHere(s, "twin-length", severity, f)
}

// twinColumns: what the sources have and the table does not, and the other way round.
func (x *look) twinColumns(s *view.Section, t *view.Table, p *view.Peer, own *stick.Schema, f view.Finding) {
	var without, alone, periods []string
	for _, c := range t.Schema.Columns {
		if i := own.Column(c.Type); i < 0 || own.Columns[i].Len < c.Len {
			without = append(without, c.String())
		}
	}
	for _, c := range own.Columns {
		i := t.Schema.Column(c.Type)
		switch {
		case i < 0 || t.Schema.Columns[i].Len < c.Len:
			alone = append(alone, c.String())
		case t.Schema.Columns[i].Period != c.Period:
			periods = append(periods, fmt.Sprintf("%s for %s", c, t.Schema.Columns[i]))
		}
	}
	if periods != nil {
		f.Text = fmt.Sprintf("on %s %s has rates of another period than its sources, which it is not told: %s", name(p.Name), name(t.Target), strings.Join(periods, ", "))
		x.addHere(s, "twin-period", view.Error, f)
	}
	severity := view.Notice // it may want to know less
	var parts []string
	if alone != nil {
		severity = view.Warning // it waits for what never comes
		parts = append(parts, "stores "+strings.Join(alone, ", ")+", which no source has, so it stays 0")
	}
	if without != nil {
		parts = append(parts, "does not store "+strings.Join(without, ", ")+", which its sources have")
	}
	if parts != nil {
		f.Text = fmt.Sprintf("on %s %s %s", name(p.Name), name(t.Target), strings.Join(parts, "; it "))
		x.addHere(s, "twin-columns", severity, f)
	}
}

// twinRows: what rows of the table have shown.
func (x *look) twinRows(s *view.Section, t *view.Table, p *view.Peer, own *view.Announced) {
	f := view.Finding{Peer: p.Name, Table: t.Target}
	if own.Tracked > 0 && x.now.Sub(own.TrackedAt) < recent {
		source := strings.Join(t.Sources, " or ")
		f.Text = fmt.Sprintf("%s counts in %s itself, so what it shows is not the sum, and is set right only with the next change: its rules must track %s, and only read the sum",
			name(p.Name), name(t.Target), name(source))
		if len(t.Sources) > 0 {
			f.Fix = "http-request track-sc0 KEY table " + name(local(t.Sources[0]))
		}
		x.addHere(s, "twin-tracked", view.Error, f)
	}
	if own.GaugesLost > 0 && own.GaugesKept == 0 {
		f.Text = fmt.Sprintf("%s does not keep the conn_cur of %s that it is told: HAProxy 3.2 and later keep it in a table with recv-only, 2.5 to 3.1 never do", name(p.Name), name(t.Target))
		f.Fix = table(t.Target, t.Schema, t.Rows, "recv-only")
		x.addHere(s, "recv-only", view.Warning, f)
	}
}

// local is how rules of a node's configuration call a table: one of a peers section with the section's name.
func local(wire string) string {
	if in, ok := strings.CutPrefix(wire, "/"); ok {
		return "PEERS/" + in
	}
	return wire
}

// slashed is the other name that a table may have: in a peers section, and in a proxy.
func slashed(wire string) string {
	if in, ok := strings.CutPrefix(wire, "/"); ok {
		return in
	}
	return "/" + wire
}

// keys is how a definition begins, as far as keys go.
func keys(s *stick.Schema) string {
	only := stick.Schema{KeyType: s.KeyType, KeyLen: s.KeyLen}
	return only.String()
}

func lives(expire uint32) string {
	if expire == 0 {
		return "for ever"
	}
	return "for " + stick.FormatMillis(expire)
}
