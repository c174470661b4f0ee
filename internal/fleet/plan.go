package fleet

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/haproxycfg"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
	"tallystick/internal/words"
)

// choose finds the tables of a node that are to be summed: those that are shared, and those that nobody hears of but
// that rules count in.
func (a *adopter) choose(m *member) {
	written, sticks := map[string]bool{}, map[string]bool{} // tables that rules count in, and remember servers in
	counters := map[string]int{}                            // by which they count
	for i := range m.Uses {
		u := &m.Uses[i]
		written[u.Table] = written[u.Table] || u.Kind != haproxycfg.Read
		sticks[u.Table] = sticks[u.Table] || u.Kind == haproxycfg.Stick
		if u.Kind == haproxycfg.Track {
			counters[u.Table] = u.Counter
		}
	}
	for _, t := range m.Tables {
		_, suffix := topology.Suffix(t.Wire())
		counts := slices.ContainsFunc(t.Schema.Columns, func(c stick.Column) bool {
			return c.Type != stick.ServerID && c.Type != stick.ServerKey
		})
		switch {
		case suffix == a.Suffix:
		case !consistsOf(t.Wire(), "-_.:/"):
			a.note(m, "unjudged", Warning, t.Pos, "table '%s' stays as it is: its name has other than letters, digits, '-', '_', '.' and ':'", t.Name)
		case t.Peers == m.peers, t.Peers == "" && counts && written[t.Name]:
			p := &plan{of: t, wire: t.Wire(), sticks: sticks[t.Name], counter: counters[t.Name]}
			m.plans = append(m.plans, p)
			m.byName[t.Name] = p
		case t.Peers != "":
			a.note(m, "aggregator-missing", Warning, t.Pos, "table '%s' is shared by peers section '%s', not '%s', and stays as it is: a node can call an aggregator by one peers section only", t.Name, t.Peers, m.peers)
		}
	}
	if len(m.plans) == 0 {
		a.note(m, "source-missing", Warning, m.start(), "there is no table to be summed: none is shared, and none of those that rules count in has counters")
	}
}

// start is where a member's file begins.
func (m *member) start() (p words.Pos) {
	return (&node{Config: m.Config}).start()
}

// rename chooses the names of sums. What stands behind a table's last dot is replaced: where two tables would become
// one, those with dots lose them, and are declared in the peers section, where a name needs no proxy.
func (a *adopter) rename() {
	names := map[string][]string{} // sources by target
	for _, m := range a.members {
		for _, p := range m.plans {
			base, _ := topology.Suffix(p.wire)
			if !slices.Contains(names[base], p.wire) {
				names[base] = append(names[base], p.wire)
			}
		}
	}
	taken := map[string]string{} // who has a flat name
	for _, m := range a.members {
		for _, p := range m.plans {
			base, suffix := topology.Suffix(p.wire)
			if len(names[base]) > 1 && suffix != "" {
				flat := "/" + strings.NewReplacer("/", "", ".", "_").Replace(p.wire)
				for taken[flat] != "" && taken[flat] != p.wire || names[flat] != nil {
					flat += "_"
				}
				taken[flat] = p.wire
				a.note(m, "target-collision", Notice, p.of.Pos, "table '%s' is called '%s/%s' from now on, since '%s' would have the same sum as another table", p.of.Name, m.peers, flat[1:], p.wire)
				p.wire, base = flat, flat
			}
			p.target = base + a.Suffix
			p.twin = m.shared(p.target)
		}
	}
}

// shared is the member's table that travels under a name; nil if there is none.
func (m *member) shared(wire string) *haproxycfg.Table {
	if t := m.Table(m.rule(wire)); t != nil && t.Peers == m.peers {
		return t
	}
	return nil
}

// measure finds out how many keys each sum may have.
func (a *adopter) measure() {
	a.rooms = map[string]*needed{}
	for _, m := range a.members {
		for _, p := range m.plans {
			n := a.rooms[p.target]
			if n == nil {
				n = &needed{}
				a.rooms[p.target] = n
			}
			n.sum += p.of.Size
			n.largest = max(n.largest, p.of.Size)
			n.unknown = n.unknown || p.of.Size == 0
		}
	}
}

// room is how many keys a sum may have, 0 if that is not known. Of nodes that we have not seen we assume the largest.
func (a *adopter) room(target string) int64 {
	n := a.rooms[target]
	if n.unknown {
		return 0
	}
	return min(n.sum+int64(len(a.others))*n.largest, maxSize)
}

// rule is the name that rules have for a wire name.
func (m *member) rule(wire string) string {
	if in, ok := strings.CutPrefix(wire, "/"); ok {
		return m.peers + "/" + in
	}
	return wire
}

// twins declares the tables of sums, and moves and shares sources as planned.
func (a *adopter) twins(m *member) {
	declared := map[string]bool{}
	for _, p := range m.plans {
		a.source(m, p)
		v := m.Options.Version
		writeTo := ""
		if p.sticks {
			if v.AtLeast(2, 9) {
				writeTo = m.rule(p.wire)
			} else {
				a.note(m, "recv-only", Notice, p.of.Pos, "a rule remembers servers in '%s': that nodes follow what others have learned needs 'write-to' of HAProxy 2.9 and later; say with -haproxy which version it is", p.of.Name)
			}
		}
		gauge := p.of.Schema.Column(stick.ConnCur) >= 0
		p.gauge = gauge && (v.AtLeast(3, 2) || v.Known() && !v.AtLeast(2, 5))
		if gauge && !p.gauge {
			a.note(m, "recv-only", Notice, p.of.Pos, "conn_cur of '%s' is summed, but no rule is made to read the sum: HAProxy takes it from 3.2 on, with 'recv-only', or up to 2.4; say with -haproxy which version it is", p.of.Name)
		}
		if !declared[p.target] {
			declared[p.target] = true
			a.declare(m, p, twinOf(p.of, p.target, a.room(p.target), v, writeTo))
		}
	}
}

// source does to a source what its plan says: it goes into the peers section under another name, or becomes shared.
func (a *adopter) source(m *member, p *plan) {
	t := p.of
	e := m.edit(t.Pos)
	switch {
	case p.wire != t.Wire():
		e.drop[t.Pos.Line] = true
		line := "    " + definition(t, "table "+p.wire[1:], map[string]string{"peers": "-"})
		if t.Proxy == "" {
			e.insert(t.Pos.Line, line)
		} else {
			m.intoPeers(line)
		}
	case t.Peers == "":
		e.replace(t.Pos.Line, t.End(), t.End(), " peers "+m.peers)
	}
}

// intoPeers adds a line to the member's peers section.
func (m *member) intoPeers(line string) {
	if m.main == nil {
		m.inside = append(m.inside, line)
		return
	}
	m.edit(words.Pos{File: m.main.LastFile}).insert(m.main.Last, line)
}

// declare writes the twin: where the one is that there was, below its source, or where there is room.
func (a *adopter) declare(m *member, p *plan, text string) {
	inside := strings.HasPrefix(p.target, "/")
	switch {
	case p.twin != nil && fits(p.twin, p.of, a.room(p.target)):
	case p.twin != nil:
		line := text[strings.IndexByte(text, '\n')+1:] // of a backend the stick-table alone
		e := m.edit(p.twin.Pos)
		e.drop[p.twin.Pos.Line] = true
		if !inside {
			line = strings.TrimSpace(line)
			if !strings.Contains(line, " peers ") {
				line += " peers " + m.peers
			}
		}
		e.insert(p.twin.Pos.Line, "    "+line)
	case inside && p.of.Proxy == "":
		indent := m.Line(p.of.Pos)[:p.of.Pos.Column-1]
		if strings.TrimSpace(indent) != "" {
			indent = "    "
		}
		m.edit(p.of.Pos).insert(p.of.Pos.Line, indent+text)
	case inside:
		m.intoPeers("    " + text)
	default:
		head, line, _ := strings.Cut(text, "\n")
		if p.of.Peers == "" {
			line = "    " + share(strings.TrimSpace(line), m.peers)
		}
		m.bottom = append(m.bottom, "", "# What all nodes together have counted in "+p.of.Name+": written by the aggregator, only read here.", head, line)
	}
}

// share adds the peers section to a stick-table line, before what it stores.
func share(line, peers string) string {
	before, stored, found := strings.Cut(line, " store ")
	if !found {
		return line + " peers " + peers
	}
	return before + " peers " + peers + " store " + stored
}

// fits reports whether a twin that is there is good for its source.
func fits(twin, of *haproxycfg.Table, room int64) bool {
	a, b := &twin.Schema, &of.Schema
	if a.KeyType != b.KeyType || a.KeyLen < b.KeyLen || a.KeyType == stick.Binary && a.KeyLen != b.KeyLen ||
		twin.Size < room || a.Expire < b.Expire || a.Expire > 0 && b.Expire == 0 {
		return false
	}
	for _, c := range b.Columns {
		if i := a.Column(c.Type); i < 0 || a.Columns[i].Period != c.Period || a.Columns[i].Len < c.Len {
			return false
		}
	}
	return true
}

// rules sends rules that read a source to its sum, and those that count in one that has moved after it.
func (a *adopter) rules(m *member) {
	read := map[string]bool{} // tables that are read from now on
	for i := range m.Uses {
		u := &m.Uses[i]
		reads := u.Kind == haproxycfg.Read
		if u.Table == "" && reads && u.Counts {
			a.note(m, "unjudged", Warning, u.Pos, "which table '%s' reads cannot be told, since its counter is used for several, or by none: if a sum is meant, name it: sc_...(N,TABLE)", u.Text)
		}
		to := u.Table
		if p := m.byName[u.Table]; p != nil {
			switch {
			case reads && u.Counts && (u.Column != stick.ConnCur || p.gauge):
				to = m.rule(p.target)
			case p.wire != p.of.Wire():
				to = m.rule(p.wire)
			}
		}
		if to != u.Table {
			from, end, text := u.Naming(to)
			m.edit(u.Pos).replace(u.Pos.Line, from, end, text)
		}
		read[to] = read[to] || reads
	}
	for _, p := range m.plans {
		if twin := m.rule(p.target); !read[twin] && !p.sticks {
			a.note(m, "twin-unread", Notice, p.of.Pos, "no rule reads a counter of '%s': write one that reads '%s', with a condition such as %s", p.of.Name, twin, sample(m, p))
		}
	}
}

// sample is a condition that reads the sum of a table, by the key that is counted: of a rate, if there is one.
func sample(m *member, p *plan) string {
	name := "tracked"
	for _, c := range p.of.Schema.Columns {
		switch kind := c.Type.Kind(); {
		case c.Type.IsArray() || kind == stick.Text || kind == stick.Signed || kind == stick.Long:
		case kind == stick.Rate:
			name = c.Type.String()
		case name == "tracked" && (c.Type == stick.GPC0 || c.Type == stick.GPC1 || c.Type == stick.GPT0):
			name = "get_" + c.Type.String()
		case name == "tracked":
			name = c.Type.String()
		}
	}
	return fmt.Sprintf("{ sc_%s(%d,%s) gt 1000 }", name, p.counter, m.rule(p.target))
}
