package config

import "net/netip"

// listener is one address that we listen on.
type listener struct {
	what string // the keyword
	addr Addr
	pos  Pos
}

// checkListeners finds two listeners on one address: the second could not be opened.
func (p *parser) checkListeners() {
	all := p.listeners()
	for i, l := range all {
		for _, o := range all[:i] {
			if collide(l.addr, o.addr) {
				p.failf(word{text: l.addr.String(), pos: l.pos}, "use another port or path",
					"'%s' : %s is already listened on by '%s' at %s", l.what, printable(l.addr.String()), o.what, o.pos)
				break
			}
		}
	}
}

// listeners are all addresses that we listen on, in the order of the configuration.
func (p *parser) listeners() []listener {
	var all []listener
	g := &p.cfg.Global
	for _, s := range g.Stats {
		all = append(all, listener{"stats socket", s.Addr, s.Pos})
	}
	for _, b := range g.Binds {
		all = append(all, listener{"bind", b.Addr, b.Pos})
	}
	if g.HTTP != nil {
		all = append(all, listener{"http", g.HTTP.Addr, g.HTTP.Pos})
	}
	for _, s := range p.cfg.Sections {
		if s.Local != nil {
			all = append(all, listener{"peer", s.Local.Addr, s.Local.Pos})
		}
	}
	return all
}

// collide reports whether two addresses cannot be listened on at once.
func collide(a, b Addr) bool {
	switch {
	case a.IsZero() || b.IsZero():
		return false
	case a.Network == Unix || b.Network == Unix || a.Network == FD || b.Network == FD:
		return a == b
	case a.Port != b.Port:
		return false
	}
	return a.Host == b.Host || covers(a, b) || covers(b, a)
}

// covers reports whether a is every address of the family of b.
func covers(a, b Addr) bool {
	ip, err := netip.ParseAddr(b.Host)
	v4 := err == nil && ip.Is4() || b.Network == TCP4
	v6 := err == nil && ip.Is6() || b.Network == TCP6
	switch a.Host {
	case "":
		return !(a.Network == TCP4 && v6) && !(a.Network == TCP6 && v4)
	case "0.0.0.0":
		return !v6
	case "::":
		return !v4
	}
	return false
}
