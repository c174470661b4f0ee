package config

import "tallystick/internal/topology"

// peer reads: peer NAME [ADDR:PORT] [local|up|down] [group G] [ssl ...] [allow ...] [dial]
func (p *parser) peer(l *line) {
	w := l.args[0]
	n := Peer{Pos: w.pos, Name: w.text, Group: l.opts["group"].text, Dial: l.has("dial"), Allow: p.allowed(l)}
	p.checkName("peer name", w)
	n.Role = p.role(l)
	n.TLS = p.tls(l, n.Role == topology.Local)
	if len(l.args) > 1 {
		n.Addr = p.peerAddr(l, l.args[1], n.Role)
	}
	if w, ok := l.opts["group"]; ok && w.text == "" {
		p.failf(w, "", "'group' : missing argument")
	}
	switch {
	case n.Role == topology.Local:
		p.local(l, &n)
	case n.Dial && len(l.args) == 1:
		p.failf(l.at["dial"], "write 'peer "+printable(n.Name)+" ADDR:PORT dial'", "'dial' needs an address to call")
	}
	p.add(w, n)
}

// role reads local, up and down, of which a line has one at most.
func (p *parser) role(l *line) topology.Role {
	said := topology.Node
	for _, r := range []topology.Role{topology.Local, topology.Up, topology.Down} {
		switch {
		case !l.has(r.String()):
		case said != topology.Node:
			p.failf(l.at[r.String()], "keep one of them", "'%s' and '%s' exclude each other", said, r)
		default:
			said = r
		}
	}
	return said
}

// peerAddr reads the address of a peer line: one to listen on for ourselves, else one
// that can be called.
func (p *parser) peerAddr(l *line, w word, role topology.Role) Addr {
	a, ok := p.address(l, w)
	switch {
	case !ok:
	case a.Network == Unix || a.Network == FD:
		p.failf(w, "write 'ADDR:PORT'", "'%s' : peers speak TCP, %s is no address for that", l.kw.name, w)
	case role != topology.Local && isWildcard(a):
		p.draft.torn = true // it is likely the local line, so do not ask for one
		p.failf(w, "write the peer's own address, or 'local' if this is ourselves",
			"'%s' : %s is no address that can be called", l.kw.name, w)
	}
	return a
}

// local checks the line that is ourselves.
func (p *parser) local(l *line, n *Peer) {
	if len(l.args) == 1 {
		p.failf(l.at["local"], "write 'peer "+printable(n.Name)+" *:10000 local' with the port that the nodes call",
			"'local' needs an address to listen on")
	}
	for _, name := range []string{"group", "dial"} {
		if l.has(name) {
			p.failf(l.at[name], "remove it", "'%s' cannot be used with 'local', which is ourselves", name)
		}
	}
	if len(p.draft.locals) > 0 {
		other := p.draft.locals[0]
		p.draft.refused = true
		p.failf(l.at["local"], "one line of a section is ourselves, the others are not 'local'",
			"peer '%s' at %s is 'local' already", printable(other.Name), other.Pos)
	}
}

// add puts the peer into the section and looks for others that it cannot be told from.
func (p *parser) add(w word, n Peer) {
	d := p.draft
	for _, o := range d.locals {
		p.checkTwin(w, n, *o)
	}
	for _, o := range d.Peers {
		p.checkTwin(w, n, o)
		p.checkPlace(w, n, o)
	}
	if n.Role == topology.Local {
		d.locals = append(d.locals, &n)
		return
	}
	d.Peers = append(d.Peers, n)
}

// checkPlace looks at two peers that live at one address. Sums that go up to an aggregator
// and are counted again where they come from below would grow for ever.
func (p *parser) checkPlace(w word, n, other Peer) {
	same := n.Addr.Dial() == other.Addr.Dial() && !n.Addr.IsZero() && !other.Addr.IsZero() && n.Role != topology.Local
	switch {
	case same && (n.Role == topology.Up) != (other.Role == topology.Up):
		p.failf(w, "one aggregator is above us or below us: correct an address, or the word",
			"peer %s is %s and peer '%s' at %s is %s, but they have one address: sums would go in a circle",
			w, standing(n.Role), printable(other.Name), other.Pos, standing(other.Role))
	case same:
		p.warnf(w, "", "peer %s has the same address as peer '%s' at %s", w, printable(other.Name), other.Pos)
	}
}

// checkTwin refuses a second peer of one name.
func (p *parser) checkTwin(w word, n, other Peer) {
	if n.Name == other.Name && n.Name != "" {
		p.failf(w, "names tell peers apart: give it the name that it has in the nodes' configuration",
			"peer %s was already declared at %s", w, other.Pos)
	}
}
