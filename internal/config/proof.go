package config

import (
	"net/netip"
	"slices"
)

// checkDoors holds what peer lines say about who may come, and how, against the listeners
// that these peers come in at. Each line may be right by itself.
func (p *parser) checkDoors() {
	p.checkAuthorities()
	told := map[Pos]bool{} // dynamic-peers lines: that of the global section is every section's
	for _, d := range p.drafts {
		doors := p.cfg.doorsOf(d.Section)
		if len(doors) == 0 {
			continue // which was said
		}
		for i := range d.Peers {
			p.checkOwnAddress(&d.Peers[i], doors)
			p.checkProof(&d.Peers[i], doors)
			p.checkAdmitted(&d.Peers[i], d, doors)
			p.checkSource(&d.Peers[i])
		}
		p.checkNearest(d, doors)
		if m := d.DynamicPeers; m != nil && !told[m.Pos] {
			told[m.Pos] = p.checkStrangers(d, doors)
		}
	}
}

// checkAuthorities warns, once, of a line that verifies certificates and holds none against a
// name: any of them will do, so whoever has one can be any peer that comes in there, or that
// is called so. A listener needs no name if every peer's own line has one.
func (p *parser) checkAuthorities() {
	for _, d := range p.drafts {
		unnamed := d.DynamicPeers != nil || slices.ContainsFunc(d.Peers, func(n Peer) bool { return !n.TLS.naming() })
		for _, door := range p.cfg.doorsOf(d.Section) {
			if unnamed && door.TLS.anonymous() {
				p.warnAuthority(door.Pos)
				return
			}
		}
		for i := range d.Peers {
			if n := &d.Peers[i]; n.TLS.anonymous() && !n.Addr.IsZero() {
				p.warnAuthority(n.Pos)
				return
			}
		}
	}
}

func (p *parser) warnAuthority(at Pos) {
	p.warnf(word{pos: at}, "add 'verifyname', by which it must be for the peer's own name, or 'verifyhost NAME'",
		"with 'ca-file' alone any certificate of that authority may use any peer's name")
}

// anonymous reports whether certificates are looked at, whoever they are for.
func (t *TLS) anonymous() bool { return t.proves() && !t.naming() }

// naming reports whether certificates are held against a name.
func (t *TLS) naming() bool { return t.proves() && (t.VerifyHost != "" || t.VerifyName) }

// proves reports whether certificates are looked at.
func (t *TLS) proves() bool { return t.Enabled && t.CAFile != "" && t.Verify != VerifyNone }

// checkOwnAddress refuses a peer that lives where the section itself listens: calls would
// reach ourselves, under a name that is not ours. Two sections may well call each other.
func (p *parser) checkOwnAddress(n *Peer, doors []Door) {
	if n.Addr.IsZero() || isWildcard(n.Addr) {
		return
	}
	if i := slices.IndexFunc(doors, func(d Door) bool { return d.Addr.Dial() == n.Addr.Dial() }); i >= 0 {
		p.failf(n.at(), "write where the peer listens", "peer '%s' has the address that we listen on ourselves at %s", printable(n.Name), doors[i].Pos)
	}
}

// checkProof warns of a peer whose sessions cannot be what its line wants, as far as the
// peer opens them, or as far as we do. One listener of several that will do is enough.
func (p *parser) checkProof(n *Peer, doors []Door) {
	all := func(f func(Door) bool) bool { return !slices.ContainsFunc(doors, func(d Door) bool { return !f(d) }) }
	plain := func(d Door) bool { return !d.TLS.Enabled }
	name, at := printable(n.Name), doors[0].Pos
	switch {
	case n.TLS.naming():
		if !all(func(d Door) bool { return !d.TLS.proves() }) {
			return
		}
		lacks, hint := doors[0].TLS.lacking()
		switch {
		case n.TLS.Verify != VerifyRequired: // whoever shows none is let in
			p.warnf(n.at(), hint, "peer '%s' may prove its name by a certificate, but the listener at %s %s: sessions that come under this name may be anybody's", name, at, lacks)
		case n.Addr.IsZero():
			p.failf(n.at(), hint, "peer '%s' must prove its name by a certificate, but can only come in at %s, which %s", name, at, lacks)
		default:
			p.warnf(n.at(), hint, "peer '%s' must prove its name by a certificate, but the listener at %s %s: sessions that the peer opens are refused", name, at, lacks)
		}
	case n.TLS.Enabled && all(plain):
		p.warnf(n.at(), "add 'ssl crt FILE' there", "peer '%s' has 'ssl', but the listener at %s has not: sessions that the peer opens come in plain text", name, at)
	case !n.TLS.Enabled && !n.Addr.IsZero() && !slices.ContainsFunc(doors, plain):
		p.warnf(n.at(), "add 'ssl' here", "peer '%s' has no 'ssl', but the listener at %s has: sessions that we open are plain text", name, at)
	}
}

// lacking is why a listener sees no certificates, and the words that it lacks.
func (t *TLS) lacking() (why, hint string) {
	switch {
	case !t.Enabled:
		return "has no 'ssl'", "add 'ssl crt FILE ca-file FILE verify required' there"
	case t.CAFile == "":
		return "asks for no certificate", "add 'ca-file FILE verify required' there"
	}
	return "asks for no certificate", "write 'verify required' there"
}

// checkAdmitted warns of a peer that may not come from the address where it lives. Its own
// allow is not looked at: there somebody has thought of this very peer.
func (p *parser) checkAdmitted(n *Peer, d *draft, doors []Door) {
	ip, err := netip.ParseAddr(n.Addr.Host)
	if err != nil || n.Allow != nil {
		return
	}
	var refused Pos
	for _, door := range doors {
		allow, at := door.Allow, door.Pos
		if allow == nil {
			allow, at = d.Allow, d.allow.pos
		}
		if allow == nil || slices.ContainsFunc(allow, func(net netip.Prefix) bool { return net.Contains(ip) }) {
			return
		}
		refused = at
	}
	p.warnf(n.at(), "add it there, or write 'allow CIDR' here with what the peer comes from",
		"peer '%s' : %s, where we call it, is not among the addresses that 'allow' at %s lets in", printable(n.Name), ip, refused)
}

// checkSource warns of a peer that cannot be called from the address that 'source' wants.
func (p *parser) checkSource(n *Peer) {
	ip, err := netip.ParseAddr(n.Addr.Host)
	if from := p.cfg.Global.Source.Addr(); err == nil && from.IsValid() && from.Is4() != ip.Is4() {
		p.warnf(n.at(), "remove the peer's address, so that it is only accepted, or 'source'",
			"peer '%s' : %s cannot be called from %s, which is the 'source' at %s", printable(n.Name), ip, from, p.caller.pos)
	}
}

// checkNearest warns of a section's allow that never decides: every listener has its own.
func (p *parser) checkNearest(d *draft, doors []Door) {
	if d.Allow != nil && !slices.ContainsFunc(doors, func(door Door) bool { return door.Allow == nil }) {
		p.warnf(d.allow, "write it there", "'allow' does nothing: the listener at %s has its own, and the nearest decides", doors[0].Pos)
	}
}

// checkStrangers warns if nothing keeps anybody out that dynamic-peers lets in, and reports
// whether it did.
func (p *parser) checkStrangers(d *draft, doors []Door) bool {
	if d.DynamicPeers.Allow != nil {
		return false
	}
	for _, door := range doors {
		t := &door.TLS
		proven := t.proves() && t.Verify == VerifyRequired // with optional whoever shows none is let in, names or not
		if isLocal(door.Addr) || proven || door.Allow != nil || d.Allow != nil {
			continue
		}
		hint := "add 'allow CIDR' here, or 'ssl crt FILE ca-file FILE' there"
		if t.proves() {
			hint = "add 'allow CIDR' here, or write 'verify required' there"
		}
		p.warnf(word{text: "dynamic-peers", pos: d.DynamicPeers.Pos}, hint,
			"with 'dynamic-peers' anybody who reaches the listener at %s becomes a member of the sums", door.Pos)
		return true
	}
	return false
}
