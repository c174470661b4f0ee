package fleet

import (
	"fmt"
	"strings"

	"tallystick/internal/haproxycfg"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// tables checks what the node counts in, and where it reads sums.
func (k *checker) tables(n *node) {
	if n.section == nil {
		return
	}
	for _, s := range n.sources {
		if n.section.Rules.NoFeedback {
			break // no sum comes here
		}
		if twin := n.wired[s.target]; twin != nil {
			k.twin(s, twin)
		} else {
			k.noTwin(s)
		}
	}
	for _, t := range n.Tables {
		k.rest(n, t)
	}
}

// rest looks at tables that are not sources: those that should be, and twins.
func (k *checker) rest(n *node, t *haproxycfg.Table) {
	use, _ := n.section.Rules.Classify(topology.Node, t.Wire())
	shared := n.link != nil && t.Peers == n.link.Name
	switch {
	case use == topology.Ignored && shared:
		k.add(n, Finding{Rule: "source-ignored", Severity: Notice, Table: t.Name, Where: t.Pos,
			Text: fmt.Sprintf("table '%s' of node '%s' is not summed: 'from' of section '%s' does not take its suffix", t.Name, n.label(), n.section.ID)})
	case use == topology.Own:
		k.misused(n, t)
	case use == topology.Source && !shared && n.link != nil:
		// A table that nobody hears of is usually meant so, but hardly if there is a twin of it.
		_, target := n.section.Rules.Classify(topology.Node, t.Wire())
		if _, fed := n.fed[target]; fed || n.wired[target] == nil {
			return
		}
		f := Finding{Rule: "source-unshared", Severity: Error, Table: t.Name, Where: t.Pos,
			Text: fmt.Sprintf("table '%s' of node '%s' is not in peers section '%s', so it is not summed, though there is a twin of it", t.Name, n.label(), n.link.Name)}
		if t.Proxy != "" {
			f.Fix = definition(t, "stick-table", map[string]string{"peers": n.link.Name})
		}
		k.add(n, f)
	}
}

// misused reports rules that write to a twin.
func (k *checker) misused(n *node, twin *haproxycfg.Table) {
	for _, u := range n.usesOf(twin).writes {
		f := Finding{Rule: "twin-tracked", Severity: Error, Table: twin.Name, Where: u.Pos,
			Text: fmt.Sprintf("a rule %s '%s', over which the sum is written: count in the source, and only read the twin", u.Kind, twin.Name)}
		if s, ok := n.fed[twin.Wire()]; ok {
			line := n.Line(u.Pos)
			from, to, text := u.Naming(s.table.Name)
			f.Fix = strings.TrimSpace(line[:from] + text + line[to:])
		}
		k.add(n, f)
	}
}

// noTwin reports that a sum has no table to go to, and finds out whether there is one that was meant.
func (k *checker) noTwin(s source) {
	n := s.node
	f := Finding{Rule: "twin-missing", Severity: Error, Table: s.table.Name, Where: s.table.Pos, Fix: k.twinLine(s)}
	name := ruleName(n, s.target, s.table)
	f.Text = fmt.Sprintf("table '%s' of node '%s' has no twin '%s', so the node cannot read the sum", s.table.Name, n.label(), name)
	bare := strings.TrimPrefix(s.target, "/")
	for _, t := range n.Tables {
		if strings.TrimPrefix(t.Wire(), "/") != bare {
			continue
		}
		f.Where = t.Pos
		if t.Wire() == s.target {
			f.Rule = "twin-unshared"
			f.Text = fmt.Sprintf("twin '%s' of node '%s' is not in peers section '%s', so no sum comes to it", t.Name, n.label(), n.link.Name)
			break
		}
		f.Rule = "twin-place"
		f.Text = fmt.Sprintf("twin '%s' of node '%s' is called '%s' on the wire, but the sum of '%s' is called '%s': declare both in the peers section, or both in proxies",
			t.Name, n.label(), t.Wire(), s.table.Name, s.target)
	}
	k.add(n, f)
}

// ruleName is the name that rules have for a wire name, in the peers section of a table.
func ruleName(n *node, wire string, like *haproxycfg.Table) string {
	if in, ok := strings.CutPrefix(wire, "/"); ok {
		return like.Peers + "/" + in
	}
	return wire
}

// measure adds what a node may have to the room that sums need: a twin gets the keys of all nodes. Where one size is
// not known the sum is not.
func (k *checker) measure(n *node) {
	for _, s := range n.sources {
		at := place{n.section, s.target}
		switch before, known := k.rooms[at]; {
		case s.table.Size == 0 || known && before == 0:
			k.rooms[at] = 0
		default:
			k.rooms[at] = min(before+s.table.Size, maxSize)
		}
	}
}

// room is how many keys a sum may have; 0: not known.
func (k *checker) room(s source) int64 { return k.rooms[place{s.node.section, s.target}] }

// twinLine is the declaration of the twin of a source.
func (k *checker) twinLine(s source) string {
	return twinOf(s.table, s.target, k.room(s), s.node.Options.Version, "")
}

// twin holds a twin against its source.
func (k *checker) twin(s source, twin *haproxycfg.Table) {
	n := s.node
	report := func(rule string, severity Severity, format string, args ...any) {
		text := fmt.Sprintf("twin '%s' of node '%s' ", twin.Name, n.label()) + fmt.Sprintf(format, args...)
		f := Finding{Rule: rule, Severity: severity, Table: twin.Name, Where: twin.Pos, Text: text, Fix: k.twinLine(s)}
		if v := n.Options.Version; rule == "recv-only" && !v.AtLeast(3, 2) {
			f.Fix = "" // without the word the line is what is there
		}
		k.add(n, f)
	}
	own, of := &twin.Schema, &s.table.Schema
	switch {
	case own.KeyType == 0 || of.KeyType == 0: // which is said
	case own.KeyType != of.KeyType:
		report("twin-type", Error, "has keys of type %s, its source '%s' of type %s: no sum fits", own.KeyType, s.table.Name, of.KeyType)
	case own.KeyType == stick.Binary && own.KeyLen != of.KeyLen:
		report("twin-length", Error, "has keys of %d bytes, its source '%s' of %d: no sum fits", own.KeyLen, s.table.Name, of.KeyLen)
	case own.KeyType == stick.String && own.KeyLen < of.KeyLen:
		report("twin-length", Warning, "has keys of up to %d bytes, its source '%s' of up to %d: longer keys have no sum here", own.KeyLen-1, s.table.Name, of.KeyLen-1)
	}
	k.columns(s, twin, report)
	if room := k.room(s); twin.Size != 0 && twin.Size < room {
		report("twin-size", Warning, "has room for %d keys, but the tables that are summed in it may have %d together: sums would push each other out", twin.Size, room)
	}
	switch {
	case own.Expire == 0 && of.Expire != 0:
		report("twin-expire", Warning, "has no 'expire', so it keeps the last sum of a key for ever; entries of its source '%s' live for %s", s.table.Name, stick.FormatMillis(of.Expire))
	case own.Expire != 0 && (own.Expire < of.Expire || of.Expire == 0):
		report("twin-expire", Warning, "forgets after %s, before its source '%s' does", stick.FormatMillis(own.Expire), s.table.Name)
	}
	if own.Column(stick.ConnCur) >= 0 && of.Column(stick.ConnCur) >= 0 && !twin.RecvOnly {
		k.gauge(n, report)
	}
	if !n.usesOf(twin).read && twin.WriteTo == "" {
		k.add(n, Finding{Rule: "twin-unread", Severity: Notice, Table: twin.Name, Where: twin.Pos,
			Text: fmt.Sprintf("no rule of node '%s' reads '%s', where the sum is", n.label(), twin.Name)})
	}
}

// gauge tells of conn_cur, which depends on the version of the node.
func (k *checker) gauge(n *node, report func(rule string, severity Severity, format string, args ...any)) {
	v := n.Options.Version
	switch {
	case !v.Known():
		report("recv-only", Notice, "gets no sum of conn_cur from HAProxy 3.2 on without 'recv-only', and from 2.5 to 3.1 not at all; say which version it is with -haproxy")
	case v.AtLeast(3, 2):
		report("recv-only", Warning, "gets no sum of conn_cur: HAProxy 3.2 and later take it only into a table with 'recv-only'")
	case v.AtLeast(2, 5):
		report("recv-only", Warning, "gets no sum of conn_cur: HAProxy %s takes it from no peer; 3.2 and later do, with 'recv-only'", v)
	}
}

// columns compares what twin and source store.
func (k *checker) columns(s source, twin *haproxycfg.Table, report func(rule string, severity Severity, format string, args ...any)) {
	wanted := s.node.usesOf(twin).columns
	var lacks []string
	severity := Warning
	for _, c := range s.table.Schema.Columns {
		i := twin.Schema.Column(c.Type)
		if i < 0 {
			lacks = append(lacks, c.String())
			if wanted[c.Type] {
				severity = Error
			}
			continue
		}
		switch own := twin.Schema.Columns[i]; {
		case own.Period != c.Period:
			report("twin-period", Error, "has %s, its source '%s' has %s: rates over other times are not summed", own, s.table.Name, c)
		case own.Len < c.Len:
			report("twin-columns", Warning, "has %s, its source '%s' has %s: further elements have no sum", own, s.table.Name, c)
		}
	}
	if len(lacks) > 0 {
		report("twin-columns", severity, "does not store %s, which its source '%s' counts", strings.Join(lacks, ","), s.table.Name)
	}
}
