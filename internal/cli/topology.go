package cli

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/view"
)

// showTopology draws each section as a tree: who is above us, ourselves, who is below us, and
// which table comes from where and goes to whom. It is what is looked at when the sums are
// wrong, so it says in words what is the matter.
func showTopology(r *request) error {
	for _, s := range r.backend.Sections() {
		r.printf("aggregations %s%s\n", oneWord(s.ID), r.sectionState(&s))
		x := indexOf(&s)
		root := &branch{}
		r.peersOf(x, root, "up", "above us")
		r.ourselves(x, root)
		r.peersOf(x, root, "down", "below us")
		r.peersOf(x, root, "node", "nodes")
		tables := root.add("tables: %d", len(s.Tables))
		for i := range s.Tables {
			r.flow(x, tables, &s.Tables[i])
		}
		if r.draw(root, ""); !r.spill() {
			break
		}
	}
	return nil
}

func (r *request) sectionState(s *view.Section) string {
	state := ""
	if s.Observe {
		state += ", observing: nothing is pushed"
	}
	if !s.Warm {
		state += ", warming up: " + r.until(s.WarmAt) + " left"
	}
	return state
}

// ourselves: our name, where we are found, and what we do.
func (r *request) ourselves(x *index, root *branch) {
	us := root.add("ourselves: %s", oneWord(x.Name))
	if x.Addr != "" {
		us.add("listens on %s", oneWord(x.Addr))
	}
	for _, bind := range x.Binds {
		us.add("shares %s", oneWord(bind))
	}
	if x.Addr == "" && x.Binds == nil {
		us.add("listens nowhere: it calls")
	}
	for rule := range strings.SplitSeq(x.Rules, "; ") {
		us.add("%s", oneLine(rule))
	}
	if x.Shard != "" {
		shard := us.add("shard %s", oneWord(x.Shard))
		if x.Misplaced > 0 {
			shard.text += fmt.Sprintf(", %d updates were for keys of other shards", x.Misplaced)
		}
	}
	if x.MaxPeers > 0 {
		us.add("takes nodes that no line names: %d of at most %d peers are there", len(x.Peers), x.MaxPeers)
	}
}

// crowd counts peers.
type crowd struct{ all, up, dynamic int }

func (c *crowd) add(p *view.Peer) {
	c.all++
	c.up += asInt(p.Established)
	c.dynamic += asInt(p.Dynamic)
}

// String is the count in words.
func (c crowd) String() string {
	text := fmt.Sprintf("%d of %d up", c.up, c.all)
	if c.dynamic > 0 {
		text += fmt.Sprintf(", %d of them dynamic", c.dynamic)
	}
	return text
}

// peersOf draws the peers of a role, those of a group together, if there are any. Those that
// the configuration names are all listed, since whoever wrote it looks for each.
func (r *request) peersOf(x *index, root *branch, role, title string) {
	var all, hidden crowd
	b := &branch{}
	groups, shown := map[string]*branch{}, 0
	for i := range x.Peers {
		p := &x.Peers[i]
		if p.Role != role {
			continue
		}
		all.add(p)
		if p.Group != "" {
			if groups[p.Group] == nil {
				groups[p.Group] = r.group(x, b, role, p.Group)
			}
			r.peerLine(x, groups[p.Group], p)
			continue
		}
		if p.Dynamic {
			if shown++; shown > maxShown {
				hidden.add(p)
				continue
			}
		}
		r.peerLine(x, b, p)
	}
	if all.all == 0 {
		return
	}
	if hidden.all > 0 {
		b.add("... and %d more dynamic nodes, %d up", hidden.all, hidden.up)
	}
	if role == "up" {
		r.disagreements(x, b, "")
	}
	b.text = fmt.Sprintf("%s: %s", title, all)
	root.below = append(root.below, b)
}

// group draws a group, whose members the caller hangs below it.
func (r *request) group(x *index, b *branch, role, name string) *branch {
	var c crowd
	for i := range x.Peers {
		if p := &x.Peers[i]; p.Role == role && p.Group == name {
			c.add(p)
		}
	}
	g := b.add("group %s: %s, %s", oneWord(name), c, x.leaders(name))
	r.disagreements(x, g, name)
	return g
}

// leaders tells who leads a group: one for all tables that it feeds, if all is well.
func (x *index) leaders(group string) string {
	by := map[string][]string{} // tables by leader
	var order []string
	for i := range x.Tables {
		t := &x.Tables[i]
		for _, l := range t.Leads {
			if l.Group != group {
				continue
			}
			if by[l.Peer] == nil {
				order = append(order, l.Peer)
			}
			by[l.Peer] = append(by[l.Peer], t.Target)
		}
	}
	if order == nil {
		return "feeds no table yet"
	}
	slices.SortStableFunc(order, func(a, b string) int { return asInt(b == "") - asInt(a == "") }) // what is missing first
	var parts []string
	for _, peer := range order {
		who := "nobody"
		if peer != "" {
			who = oneWord(peer)
		}
		who += " leads"
		if len(order) > 1 {
			who += " " + some(escaped(by[peer]))
		}
		parts = append(parts, who)
	}
	return strings.Join(parts, "; ")
}

// disagreements hangs below b where members of a group see different numbers.
func (r *request) disagreements(x *index, b *branch, group string) {
	n := 0
	for i := range x.Tables {
		t := &x.Tables[i]
		for _, l := range t.Leads {
			if l.Group != group {
				continue
			}
			for j := range l.Disagreements {
				d := &l.Disagreements[j]
				if n++; n <= maxShown {
					b.add("%s disagrees with %s in %s: %s", oneWord(d.Member), oneWord(l.Peer), oneWord(t.Target), r.disagreement(t, d))
				}
			}
		}
	}
	if n > maxShown {
		b.add("... and %d more disagreements", n-maxShown)
	}
}
