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
					"'%s' : '%s' is already listened on by '%s' at %s", l.what, printable(l.addr.String()), o.what, o.pos)
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

// collide reports whether two addresses cannot be listened on at once. Names are compared
// as names: what they stand for is not known before they are looked up.
func collide(a, b Addr) bool {
	switch {
	case a.IsZero() || b.IsZero():
		return false
	case a.Network == Unix || b.Network == Unix || a.Network == FD || b.Network == FD:
		return a == b
	case a.Port != b.Port:
		return false
	}
	a4, a6 := families(a)
	b4, b6 := families(b)
	return (a4 && b4 || a6 && b6) && (a.Host == b.Host || isWildcard(a) || isWildcard(b))
}

// isWildcard reports whether a TCP address is every address of its families.
func isWildcard(a Addr) bool { return a.Host == "" || a.Host == "0.0.0.0" || a.Host == "::" }

// families tells which families a TCP address is of. Linux listens on both at "::".
func families(a Addr) (v4, v6 bool) {
	ip, err := netip.ParseAddr(a.Host)
	is4 := a.Network == TCP4 || err == nil && ip.Is4()
	is6 := a.Network == TCP6 || err == nil && ip.Is6() && !ip.IsUnspecified()
	return !is6, !is4
}
