package config

import (
	"slices"

	"tallystick/internal/topology"
)

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
	role, said := topology.Node, ""
	for _, name := range []string{"local", "up", "down"} {
		switch {
		case !l.has(name):
		case said != "":
			p.failf(l.at[name], "keep one of them", "'%s' and '%s' exclude each other", said, name)
		default:
			role, said = roles[name], name
		}
	}
	return role
}

// peerAddr reads the address of a peer line: one to listen on for ourselves, else one
// that can be called.
func (p *parser) peerAddr(l *line, w word, role topology.Role) Addr {
	a, ok := p.address(l, w)
	switch {
	case !ok:
	case a.Network == Unix || a.Network == FD:
		p.failf(w, "write 'ADDR:PORT'", "'%s' : peers speak TCP, %s is no address for that", l.word.text, w)
	case role != topology.Local && (a.Host == "" || a.Host == "0.0.0.0" || a.Host == "::"):
		p.failf(w, "write the peer's own address, or 'local' if this is ourselves",
			"'%s' : %s is no address that can be called", l.word.text, w)
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
		p.failf(l.at["local"], "one line of a section is ourselves, the others are not 'local'",
			"peer '%s' at %s is 'local' already", printable(other.Name), other.Pos)
	}
}

// add puts the peer into the section, unless its name is taken.
func (p *parser) add(w word, n Peer) {
	d := p.draft
	all := d.Peers
	for _, o := range d.locals {
		all = append(slices.Clip(all), *o)
	}
	for _, o := range all {
		if o.Name == n.Name {
			p.failf(w, "names tell peers apart: give it the name that it has in the nodes' configuration",
				"peer %s was already declared at %s", w, o.Pos)
		} else if n.Addr == o.Addr && !n.Addr.IsZero() {
			p.warnf(w, "", "peer %s has the same address as peer '%s' at %s", w, printable(o.Name), o.Pos)
		}
	}
	if n.Role == topology.Local {
		d.locals = append(d.locals, &n)
		return
	}
	d.Peers = append(d.Peers, n)
}
