package fleet

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/haproxycfg"
	"tallystick/internal/words"
)

// checker is one run over an installation.
type checker struct {
	cfg   *config.Config
	nodes []*node
	found []Finding
	said  map[Finding]bool
	rooms map[place]int64 // how many keys each sum may have; 0: not known
}

// place is where a sum belongs.
type place struct {
	section *config.Section
	target  string
}

// Check holds nodes' configurations against ours, and against each other. The findings are sorted: the worst
// first. The same files give the same findings.
func Check(c *config.Config, nodes []*haproxycfg.Config) []Finding {
	k := &checker{cfg: c, said: map[Finding]bool{}, rooms: map[place]int64{}}
	for _, cfg := range nodes {
		n := &node{Config: cfg}
		connect(c, n)
		n.sort()
		k.measure(n)
		k.nodes = append(k.nodes, n)
	}
	for _, n := range k.nodes {
		k.doubts(n)
		k.name(n)
		k.calls(n)
		k.listens(n)
		k.replicates(n)
		k.shards(n)
		k.tables(n)
	}
	for _, s := range c.Sections {
		k.between(s)
	}
	order(k.found)
	return k.found
}

// add notes a finding about a node. What is missing in a file of which parts cannot be judged may be in those.
func (k *checker) add(n *node, f Finding) {
	f.Node = n.label()
	if n.section != nil && f.Section == "" {
		f.Section = n.section.ID
	}
	if n.Partial && f.Severity != Notice && strings.HasSuffix(f.Rule, "-missing") {
		f.Severity = Notice
		f.Text += ", unless it is in those lines of its file of which that cannot be told"
	}
	if !k.said[f] { // two sources of one twin see the same in it
		k.said[f] = true
		k.found = append(k.found, f)
	}
}

// doubts says what the file does not tell.
func (k *checker) doubts(n *node) {
	for _, d := range n.Doubts {
		k.add(n, Finding{Rule: "unjudged", Severity: Notice, Where: d.Pos, Text: d.Msg})
	}
}

// start is where a node's file begins.
func (n *node) start() words.Pos {
	if n.Global.Line != 0 || len(n.Files) == 0 {
		return n.Global
	}
	return words.Pos{File: n.Files[0].Name, Line: 1, Column: 1}
}

// name checks who the node is.
func (k *checker) name(n *node) {
	if n.Name == "" {
		return // which is said where it cannot be told, or below
	}
	if !n.Named && n.NamePos.Line == 0 {
		k.add(n, Finding{
			Rule: "localpeer-missing", Severity: Warning, Where: n.start(), Fix: "localpeer " + n.Name,
			Text: "no 'localpeer' says what the node's name is: HAProxy takes that of its host, and leaves the peers section out if that is not '" + n.Name + "'",
		})
	}
	for _, other := range k.nodes {
		if other == n {
			break
		}
		if other.Name == n.Name && other.section == n.section {
			k.add(n, Finding{
				Rule: "name-twice", Severity: Error, Where: n.place(), Fix: "localpeer " + n.Name + "-2",
				Text: fmt.Sprintf("two nodes are called '%s', here and in %s: each cuts the other's session", n.Name, other.Files[0].Name),
			})
		}
	}
	if n.section != nil && n.line == nil && n.section.DynamicPeers == nil {
		k.unknown(n)
	}
}

// place is where the node's name stands, or would.
func (n *node) place() words.Pos {
	if n.NamePos.Line != 0 {
		return n.NamePos
	}
	return n.start()
}

// unknown reports a node that no line of ours names.
func (k *checker) unknown(n *node) {
	addr := ""
	if n.link != nil {
		for _, b := range n.link.Listen() {
			if addr == "" && !b.Addr.Any() && b.Addr.Port != 0 {
				addr = " " + b.Addr.Text
			}
		}
	}
	text := fmt.Sprintf("node '%s' of %s is on no 'peer' line of section '%s', so its sessions are refused", n.Name, n.Files[0].Name, n.section.ID)
	var others []string
	for _, p := range n.section.Peers {
		if !slices.ContainsFunc(k.nodes, func(o *node) bool { return o.Name == p.Name }) {
			others = append(others, p.Name)
		}
	}
	if near := nearest(n.Name, others); near != "" {
		text += "; is it '" + near + "' ?"
	}
	k.add(n, Finding{Rule: "name-unknown", Severity: Error, Where: n.section.Pos, Text: text, Fix: "peer " + n.Name + addr})
}

// calls checks how the node reaches us.
func (k *checker) calls(n *node) {
	if n.link == nil || n.call == nil {
		k.missing(n)
		return
	}
	if d := n.link.Disabled; d.Line != 0 {
		k.add(n, Finding{Rule: "peers-disabled", Severity: Error, Where: d, Fix: "enabled",
			Text: fmt.Sprintf("peers section '%s' of node '%s' is disabled, so nothing is reported", n.link.Name, n.label())})
	}
	if n.link.Local() == nil && n.Name != "" {
		k.add(n, Finding{Rule: "self-missing", Severity: Error, Where: n.link.Pos, Fix: n.call.Keyword + " " + n.Name,
			Text: fmt.Sprintf("peers section '%s' has no line for '%s', which is the node itself: HAProxy leaves the section out", n.link.Name, n.Name)})
	}
	name := n.call.Name
	if !n.byName {
		name = names(k.cfg, n.section)[0]
		k.add(n, Finding{Rule: "aggregator-name", Severity: Error, Where: n.call.Pos, Fix: callLine(n.call, name, n.call.Addr.Text),
			Text: fmt.Sprintf("the aggregator is called '%s', which is not '%s': it refuses whoever calls it by another name", n.call.Name, name)})
	}
	k.door(n, doors(k.cfg, n.section, name))
}

// callLine is a node's line for the aggregator with another name or address.
func callLine(p *haproxycfg.Peer, name, addr string) string {
	words := []string{p.Keyword, name}
	if addr != "" {
		words = append(words, addr)
	}
	return strings.Join(append(words, p.Args...), " ")
}

// missing reports a node that does not call us.
func (k *checker) missing(n *node) {
	f := Finding{Rule: "aggregator-missing", Severity: Error, Where: n.start()}
	name, addr := "NAME", "ADDR:PORT"
	if n.section != nil {
		name = names(k.cfg, n.section)[0]
		if all := doors(k.cfg, n.section, name); len(all) > 0 && all[0].Addr.Port != 0 {
			addr = dialed(all[0].Addr)
		}
	}
	f.Fix = "server " + name + " " + addr
	if n.link == nil {
		f.Text = fmt.Sprintf("node '%s' has no peers section, so nobody hears of its tables", n.label())
		f.Fix = "peers cluster\n    bind :10000\n    server " + n.label() + "\n    " + f.Fix
	} else {
		f.Where = n.link.Pos
		f.Text = fmt.Sprintf("peers section '%s' of node '%s' has no line for the aggregator", n.link.Name, n.label())
	}
	k.add(n, f)
}

// dialed is an address as somebody else may call it, as far as that is known.
func dialed(a config.Addr) string {
	if host := a.Host; host == "" || host == "0.0.0.0" || host == "::" {
		return fmt.Sprintf("ADDR:%d", a.Port)
	}
	return a.Dial()
}

// door holds the node's line for us against where we listen under that name.
func (k *checker) door(n *node, all []config.Door) {
	a := n.call.Addr
	if a.Port == 0 || len(all) == 0 {
		return
	}
	for _, d := range all {
		if d.Addr.Port == a.Port && sameHost(a.Host, d.Addr.Host) {
			k.doorTLS(n, d)
			return
		}
	}
	d := all[0]
	if d.Addr.Port == 0 {
		return // a socket that was inherited
	}
	f := Finding{Rule: "address", Severity: Error, Where: n.call.Pos,
		Text: fmt.Sprintf("the aggregator is called at %s, but listens at %s %s", a.Text, d.Addr, d.Pos)}
	fixed := dialed(d.Addr)
	if a.Port == d.Addr.Port { // a port is seldom translated on the way, an address often
		f.Severity = Warning
	} else if strings.HasPrefix(fixed, "ADDR:") || !sameHost(a.Host, d.Addr.Host) {
		fixed = strings.TrimSuffix(a.Text, fmt.Sprintf(":%d", a.Port)) + fmt.Sprintf(":%d", d.Addr.Port)
	}
	f.Fix = callLine(n.call, n.call.Name, fixed)
	k.add(n, f)
}

func (k *checker) doorTLS(n *node, d config.Door) {
	switch {
	case n.call.SSL && !d.TLS.Enabled:
		k.add(n, Finding{Rule: "tls", Severity: Error, Where: d.Pos, Fix: "ssl crt FILE ca-file FILE (on that line)",
			Text: fmt.Sprintf("node '%s' calls with TLS, but the listener has no 'ssl'", n.label())})
	case !n.call.SSL && d.TLS.Enabled:
		n := *n
		k.add(&n, Finding{Rule: "tls", Severity: Error, Where: n.call.Pos,
			Fix:  callLine(n.call, n.call.Name, n.call.Addr.Text) + " ssl crt FILE ca-file FILE verify required verifyhost " + n.call.Name,
			Text: fmt.Sprintf("the listener at %s speaks TLS, but the node calls it without 'ssl'", d.Pos)})
	}
}

// listens holds our line for the node against where it listens.
func (k *checker) listens(n *node) {
	if n.line == nil || n.line.Addr.IsZero() || n.link == nil {
		return
	}
	all := n.link.Listen()
	a := n.line.Addr
	for _, b := range all {
		if b.Addr.Port == 0 {
			return // cannot be told
		}
		if b.Addr.Port != a.Port || !sameHost(b.Addr.Host, a.Host) {
			continue
		}
		if b.SSL != n.line.TLS.Enabled {
			fix, text := "peer "+n.Name+" "+a.Dial()+" ssl crt FILE ca-file FILE verifyname", "the node speaks TLS there"
			if !b.SSL {
				fix, text = "peer "+n.Name+" "+a.Dial(), "the node speaks no TLS there"
			}
			k.add(n, Finding{Rule: "tls", Severity: Warning, Where: n.line.Pos, Fix: fix,
				Text: fmt.Sprintf("we call node '%s' at %s as it does not listen (%s): %s", n.Name, a.Dial(), b.Pos, text)})
		}
		return
	}
	if len(all) == 0 {
		return
	}
	host, b := a.Host, all[0].Addr
	if !sameHost(b.Host, host) {
		host = b.Host
	}
	right := a
	right.Host, right.Port = host, b.Port
	k.add(n, Finding{Rule: "address", Severity: Warning, Where: n.line.Pos, Fix: "peer " + n.Name + " " + right.Dial(),
		Text: fmt.Sprintf("we call node '%s' at %s, but it listens at %s %s: after our own start we wait until it calls", n.Name, a.Dial(), b.Text, all[0].Pos)})
}

// replicates reports peers of the node that are nodes themselves.
func (k *checker) replicates(n *node) {
	if n.link == nil || n.section == nil {
		return
	}
	for i := range n.link.Peers {
		p := &n.link.Peers[i]
		line := lineFor(n.section, p.Name)
		given := slices.ContainsFunc(k.nodes, func(o *node) bool { return o != n && o.Name == p.Name })
		if p.Local || p == n.call || line == nil && !given {
			continue
		}
		if line != nil && n.line != nil && line.Group != "" && line.Group == n.line.Group {
			continue // replicas on purpose, of which one counts
		}
		k.add(n, Finding{Rule: "nodes-replicate", Severity: Error, Where: p.Pos, Fix: "# " + callLine(p, p.Name, p.Addr.Text),
			Text: fmt.Sprintf("nodes '%s' and '%s' are peers of each other: what they replicate is counted once for each of them", n.label(), p.Name)})
	}
}

// shards holds the node's sharing of keys against ours.
func (k *checker) shards(n *node) {
	if n.section == nil || n.link == nil || n.call == nil {
		return
	}
	ours, at := n.section.Shard, n.call.Pos
	f := Finding{Rule: "shard", Severity: Error, Where: at}
	switch {
	case n.link.Shards == 0 && n.call.Shard == 0 && ours.Count == 0:
		return
	case ours.Count == 0:
		f.Severity, f.Where = Warning, n.section.Pos
		f.Fix = fmt.Sprintf("shard %d/%d peers %s", n.call.Shard, n.link.Shards, n.link.Name)
		f.Text = fmt.Sprintf("node '%s' shares its keys out among %d aggregators, of which ours does not know", n.label(), n.link.Shards)
		if n.call.Shard == 0 {
			return // we are sent all keys
		}
	case n.link.Shards != ours.Count:
		f.Fix = fmt.Sprintf("shards %d", ours.Count)
		if n.link.Shards > 0 {
			f.Where = n.link.ShardPos
		}
		f.Text = fmt.Sprintf("node '%s' shares its keys out among %d aggregators, ours is one of %d", n.label(), max(1, n.link.Shards), ours.Count)
	case n.call.Shard != ours.Index:
		f.Fix = fmt.Sprintf("server %s %s shard %d", n.call.Name, n.call.Addr.Text, ours.Index)
		f.Text = fmt.Sprintf("node '%s' has us for shard %d, we are shard %d of %d", n.label(), n.call.Shard, ours.Index, ours.Count)
	case ours.Peers != "" && ours.Peers != n.link.Name:
		f.Where, f.Fix = n.link.Pos, "peers "+ours.Peers
		f.Text = fmt.Sprintf("the peers section of node '%s' is called '%s', not '%s': a key's shard is made of that name too, so it is another one", n.label(), n.link.Name, ours.Peers)
	default:
		return
	}
	k.add(n, f)
}
