package config

import (
	"slices"

	"tallystick/internal/topology"
)

// checkLevels finds lines about levels, groups and shards that contradict each other or
// that lack what they need. It is for a section whose peers are all known.
func (p *parser) checkLevels(d *draft) {
	p.checkOurNames(d)
	p.checkGroups(d)
	if d.refused || d.torn {
		return // the peer whose line could not be read may be the one that is missing
	}
	p.checkAscent(d)
	p.checkMembers(d)
}

// checkOurNames refuses a peer that has the name by which a shared bind has us called: it
// would be sent away as ourselves. That no peer has the local line's name is seen where
// peers are added.
func (p *parser) checkOurNames(d *draft) {
	i := slices.IndexFunc(p.cfg.Global.Binds, func(b Bind) bool { return b.Serves(d.ID) })
	if i < 0 {
		return
	}
	for j := range d.Peers {
		if n := &d.Peers[j]; n.Name == d.ID {
			p.failf(n.at(), "give one of them another name",
				"peer '%s' has the name of its section, which is ours behind 'bind' at %s", printable(n.Name), p.cfg.Global.Binds[i].Pos)
		}
	}
}

// checkGroups holds the members of each group against its first one: replicas of each
// other stand on one level. A group of one changes nothing.
func (p *parser) checkGroups(d *draft) {
	first, size := map[string]*Peer{}, map[string]int{}
	for i := range d.Peers {
		n := &d.Peers[i]
		if n.Group == "" {
			continue
		}
		size[n.Group]++
		if f := first[n.Group]; f == nil {
			first[n.Group] = n
		} else if f.Role != n.Role {
			p.failf(n.at(), "members of a group report the same, so they are all nodes, all 'down' or all 'up': use two groups",
				"group '%s' : peer '%s' is %s, but peer '%s' at %s is %s",
				printable(n.Group), printable(n.Name), standing(n.Role), printable(f.Name), f.Pos, standing(f.Role))
		}
	}
	for i := range d.Peers { // not over the map: errors come in one order
		if n := &d.Peers[i]; size[n.Group] == 1 && n.Group != "" && !d.refused {
			p.warnf(n.at(), "write 'group "+printable(n.Group)+"' on the line of each peer that reports the same, or remove it",
				"group '%s' has no member but peer '%s'", printable(n.Group), printable(n.Name))
		}
	}
}

// standing is what a peer is, in a sentence.
func standing(r topology.Role) string {
	if r == topology.Node {
		return "a node"
	}
	return "'" + r.String() + "'"
}

// checkAscent finds an 'up' peer that nothing goes to and nothing comes from, and a
// 'no-ascend' that keeps nothing from nobody.
func (p *parser) checkAscent(d *draft) {
	r, up := &d.Rules, false
	for i := range d.Peers {
		n := &d.Peers[i]
		if n.Role != topology.Up {
			continue
		}
		up = true
		if r.NoAscend && !d.relays {
			p.failf(n.at(), "remove 'no-ascend', or write 'forward .SUF' with the suffix of the tables that come from above",
				"peer '%s' is 'up', but nothing goes there with 'no-ascend' at %s, and nothing comes from there without 'forward'", printable(n.Name), d.ascend.pos)
		}
	}
	if r.NoAscend && !r.NoFeedback && !up {
		p.warnf(d.ascend, "add 'up' to the line of the aggregator above us, or remove it", "'no-ascend' does nothing without an 'up' peer")
	}
}

// checkMembers finds a section that has nobody to sum, and a 'shard' that has nobody to
// check.
func (p *parser) checkMembers(d *draft) {
	if d.DynamicPeers != nil || len(d.Peers) == 0 {
		return
	}
	is := func(roles ...topology.Role) func(Peer) bool {
		return func(n Peer) bool { return slices.Contains(roles, n.Role) }
	}
	switch {
	case !slices.ContainsFunc(d.Peers, is(topology.Node, topology.Down)):
		p.warnf(d.at(), "write 'peer NAME ADDR:PORT' for every node, or add 'down' for an aggregator below us",
			"section '%s' has 'up' peers alone: nothing is summed, and nothing forwarded to anybody", printable(d.ID))
	case d.Shard.Count > 0 && !slices.ContainsFunc(d.Peers, is(topology.Node)):
		p.warnf(d.shard, "it belongs to the aggregators that nodes call", "'shard' does nothing without nodes: keys of 'down' peers are not checked")
	}
}

// at is where an error about the peer points.
func (n *Peer) at() word { return word{text: n.Name, pos: n.Pos} }
