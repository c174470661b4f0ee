package fleet

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/haproxycfg"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// between compares what the nodes of a section have declared.
func (k *checker) between(s *config.Section) {
	var members []*node
	var order []string // wire names of sources, as they come
	by := map[string][]source{}
	for _, n := range k.nodes {
		if n.section != s {
			continue
		}
		members = append(members, n)
		for _, src := range n.sources {
			name := src.table.Wire()
			if by[name] == nil {
				order = append(order, name)
			}
			by[name] = append(by[name], src)
		}
	}
	for _, name := range order {
		k.everywhere(members, by[name])
		for _, other := range by[name][1:] {
			k.agree(by[name][0], other)
		}
	}
	k.collisions(s, order, by)
	k.seeds(members)
}

// everywhere reports nodes that lack a source which others have.
func (k *checker) everywhere(members []*node, have []source) {
	first := have[0]
	for _, n := range members {
		if n.link == nil || slices.ContainsFunc(have, func(s source) bool { return s.node == n }) {
			continue
		}
		f := Finding{Rule: "source-missing", Severity: Warning, Where: n.link.Pos,
			Text: fmt.Sprintf("node '%s' has no table '%s', in which node '%s' counts: what it sees is not in the sum", n.label(), first.table.Name, first.node.label())}
		head := "stick-table"
		if in, ok := strings.CutPrefix(first.table.Wire(), "/"); ok {
			head = "table " + in
		}
		f.Fix = definition(first.table, head, nil)
		k.add(n, f)
	}
}

// agree compares one table as two nodes have declared it.
func (k *checker) agree(a, b source) {
	report := func(severity Severity, format string, args ...any) {
		head := "stick-table"
		if in, ok := strings.CutPrefix(b.table.Wire(), "/"); ok {
			head = "table " + in
		}
		change := map[string]string{"size": formatSize(b.table.Size)}
		if b.table.Size == 0 {
			delete(change, "size")
		}
		k.add(b.node, Finding{Rule: "sources-disagree", Severity: severity, Table: b.table.Name, Where: b.table.Pos,
			Text: fmt.Sprintf("table '%s' of node '%s' ", b.table.Name, b.node.label()) + fmt.Sprintf(format, args...),
			Fix:  definition(a.table, head, change)})
	}
	x, y, first := &a.table.Schema, &b.table.Schema, a.node.label()
	switch {
	case x.KeyType == 0 || y.KeyType == 0:
	case x.KeyType != y.KeyType:
		report(Error, "has keys of type %s, that of node '%s' of type %s: one of them is not summed", y.KeyType, first, x.KeyType)
	case x.KeyType == stick.Binary && x.KeyLen != y.KeyLen:
		report(Error, "has keys of %d bytes, that of node '%s' of %d: one of them is not summed", y.KeyLen, first, x.KeyLen)
	case x.KeyLen != y.KeyLen:
		report(Warning, "has keys of up to %d bytes, that of node '%s' of up to %d: a longer key is cut here, and is another key there", y.KeyLen-1, first, x.KeyLen-1)
	}
	for _, c := range x.Columns {
		i := y.Column(c.Type)
		switch {
		case i < 0:
			report(Warning, "does not store %s, which node '%s' counts: what it sees is not in the sum", c, first)
		case y.Columns[i].Period != c.Period:
			report(Error, "has %s, that of node '%s' has %s: rates over other times are not summed", y.Columns[i], first, c)
		}
	}
	for _, c := range y.Columns {
		if x.Column(c.Type) < 0 {
			report(Warning, "stores %s, which node '%s' does not count: what that one sees is not in the sum", c, first)
		}
	}
}

// collisions reports tables of different names that become one sum.
func (k *checker) collisions(s *config.Section, order []string, by map[string][]source) {
	firsts := map[string]source{}
	for _, name := range order {
		src := by[name][0]
		first, taken := firsts[src.target]
		if !taken {
			firsts[src.target] = src
			continue
		}
		if _, suffix := topology.Suffix(name); suffix == "" { // the one with a suffix is the one to rename
			first, src = src, first
		}
		severity := Notice // whoever lists suffixes has thought of it
		if s.Rules.Any {
			severity = Warning
		}
		target := ruleName(src.node, src.target, src.table)
		flat := strings.ReplaceAll(strings.TrimPrefix(src.table.Wire(), "/"), ".", "_")
		f := Finding{Rule: "target-collision", Severity: severity, Table: src.table.Name, Where: src.table.Pos,
			Text: fmt.Sprintf("tables '%s' and '%s' are both summed in '%s', since what stands behind the last dot is replaced: their keys are added", first.table.Name, src.table.Name, target)}
		if src.table.Proxy == "" {
			f.Fix = definition(src.table, "table "+flat, nil)
		} else {
			f.Fix = definition(src.table, "table "+flat, map[string]string{"peers": "-"})
			f.Text += "; move it into the peers section under a name without dots"
		}
		k.add(src.node, f)
	}
}

// seeds reports peers sections of other names on nodes that share keys out by them.
func (k *checker) seeds(members []*node) {
	var first *node
	for _, n := range members {
		if n.link == nil || n.link.Shards == 0 {
			continue
		}
		inside := slices.ContainsFunc(n.shared, func(t *haproxycfg.Table) bool { return t.Proxy == "" })
		switch {
		case !inside:
		case first == nil:
			first = n
		case n.link.Name != first.link.Name:
			k.add(n, Finding{Rule: "shard", Severity: Error, Where: n.link.Pos, Fix: "peers " + first.link.Name,
				Text: fmt.Sprintf("the peers section of node '%s' is called '%s', that of node '%s' '%s': a key's shard is made of that name too, so both send a key to different aggregators",
					n.label(), n.link.Name, first.label(), first.link.Name)})
		}
	}
}
