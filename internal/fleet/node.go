package fleet

import (
	"net/netip"
	"slices"

	"tallystick/internal/config"
	"tallystick/internal/haproxycfg"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// node is a node's configuration, and how it is connected with ours.
type node struct {
	*haproxycfg.Config
	section *config.Section   // that it is a member of; nil: of none, or nobody knows of which
	line    *config.Peer      // our line for it; nil: none
	link    *haproxycfg.Peers // the peers section that calls us, or should; nil: none
	call    *haproxycfg.Peer  // its line for us; nil: none
	byName  bool              // call has a name of ours; else its address alone

	shared  []*haproxycfg.Table          // tables that go through link
	wired   map[string]*haproxycfg.Table // the same by their names on the wire
	sources []source                     // those that are summed
	fed     map[string]source            // the first source by the wire name of its sum
	uses    map[string]*used             // what rules do with tables, by the names that rules have for them
}

// used is what rules do with one table.
type used struct {
	read    bool
	columns map[stick.DataType]bool // that are read
	writes  []*haproxycfg.Use       // that count or remember in it
}

// usesOf is what rules do with a table.
func (n *node) usesOf(t *haproxycfg.Table) *used {
	if u := n.uses[t.Name]; u != nil {
		return u
	}
	return &used{}
}

// label is what messages call the node.
func (n *node) label() string {
	if n.Name == "" && len(n.Files) > 0 {
		return n.Files[0].Name
	}
	return n.Name
}

// names are what peers may call a section by.
func names(c *config.Config, s *config.Section) (all []string) {
	if s.Local != nil {
		all = append(all, s.Local.Name)
	}
	if slices.ContainsFunc(c.Global.Binds, func(b config.Bind) bool { return b.Serves(s.ID) }) && !slices.Contains(all, s.ID) {
		all = append(all, s.ID)
	}
	return all
}

// doors are where a section is called by a name.
func doors(c *config.Config, s *config.Section, name string) (all []config.Door) {
	for _, d := range c.Doors() {
		own := d.Line == "section "+s.ID && s.Local != nil && s.Local.Name == name
		if own {
			all = append(all, d)
		}
	}
	for i := range c.Global.Binds {
		if b := &c.Global.Binds[i]; b.Serves(s.ID) && name == s.ID {
			all = append(all, config.Door{Line: "bind", Pos: b.Pos, Addr: b.Addr, TLS: b.TLS})
		}
	}
	return all
}

// connect finds out which section a node belongs to and by which of its peers sections: what both sides say
// counts more than what one says, and a name more than an address.
func connect(c *config.Config, n *node) {
	best := 0
	for _, s := range c.Sections {
		line := lineFor(s, n.Name)
		consider := func(p *haproxycfg.Peers, call *haproxycfg.Peer, score int) {
			if line != nil {
				score += 2
			}
			if score > best {
				best = score
				n.section, n.line, n.link, n.call, n.byName = s, line, p, call, score&5 >= 4
			}
		}
		for _, p := range n.Sections {
			for i := range p.Peers {
				call := &p.Peers[i]
				switch {
				case call.Local:
				case slices.Contains(names(c, s), call.Name):
					consider(p, call, 4)
				case lineFor(s, call.Name) == nil && reaches(c, s, call):
					consider(p, call, 1)
				}
			}
		}
		if line != nil {
			consider(nil, nil, 0)
		}
	}
	if n.section == nil && len(c.Sections) == 1 {
		n.section = c.Sections[0]
	}
	if n.link == nil {
		n.link = busiest(n.Config)
	}
}

// lineFor is our line for the node of that name; nil if there is none.
func lineFor(s *config.Section, name string) *config.Peer {
	for i := range s.Peers {
		if p := &s.Peers[i]; p.Name == name && p.Role == topology.Node && name != "" {
			return p
		}
	}
	return nil
}

// reaches reports whether a node's line calls one of the section's addresses, under whatever name.
func reaches(c *config.Config, s *config.Section, call *haproxycfg.Peer) bool {
	for _, name := range names(c, s) {
		for _, d := range doors(c, s, name) {
			if call.Addr.Port != 0 && call.Addr.Port == d.Addr.Port && sameHost(call.Addr.Host, d.Addr.Host) {
				return true
			}
		}
	}
	return false
}

// sameHost reports whether two hosts may be one: one of them is every address or a name, or both are the same.
func sameHost(a, b string) bool {
	x, err := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	return err != nil || err2 != nil || x.IsUnspecified() || y.IsUnspecified() || x == y
}

// busiest is the peers section that most tables are shared by; nil if there is none.
func busiest(c *haproxycfg.Config) (best *haproxycfg.Peers) {
	most := -1
	for _, s := range c.Sections {
		n := 0
		for _, t := range c.Tables {
			if t.Peers == s.Name {
				n++
			}
		}
		if n > most {
			best, most = s, n
		}
	}
	return best
}

// sort finds out what the node's tables are to the section.
func (n *node) sort() {
	n.wired, n.fed, n.uses = map[string]*haproxycfg.Table{}, map[string]source{}, map[string]*used{}
	for i := range n.Uses {
		u := &n.Uses[i]
		of := n.uses[u.Table]
		if of == nil {
			of = &used{columns: map[stick.DataType]bool{}}
			n.uses[u.Table] = of
		}
		if u.Kind != haproxycfg.Read {
			of.writes = append(of.writes, u)
			continue
		}
		of.read = true
		of.columns[u.Column] = of.columns[u.Column] || u.Counts
	}
	for _, t := range n.Tables {
		if n.link == nil || t.Peers != n.link.Name {
			continue
		}
		n.shared = append(n.shared, t)
		n.wired[t.Wire()] = t
		if n.section == nil {
			continue
		}
		if use, target := n.section.Rules.Classify(topology.Node, t.Wire()); use == topology.Source {
			s := source{n, t, target}
			n.sources = append(n.sources, s)
			if _, ok := n.fed[target]; !ok {
				n.fed[target] = s
			}
		}
	}
}

// source is a table of a node that is summed, and the wire name of the sum.
type source struct {
	node   *node
	table  *haproxycfg.Table
	target string
}
