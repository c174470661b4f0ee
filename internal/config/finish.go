package config

import (
	"slices"

	"tallystick/internal/topology"
)

// finish completes what the lines said and checks what can only be seen from the whole.
func (p *parser) finish(files []File) {
	if len(p.drafts) == 0 {
		at := word{}
		if len(files) > 0 {
			at.pos = Pos{File: files[0].Name, Line: 1, Column: 1}
		}
		p.failf(at, "write one, with a 'from' line and a 'peer' line for every node", "no 'aggregations' section")
	}
	p.checkServed()
	for _, d := range p.drafts {
		p.complete(d)
		p.cfg.Sections = append(p.cfg.Sections, d.Section)
	}
	p.checkListeners()
	p.checkDoors()
}

// complete fills in what a section leaves open.
func (p *parser) complete(d *draft) {
	p.appoint(d)
	if d.DynamicPeers == nil {
		d.DynamicPeers = p.cfg.Global.DynamicPeers
	}
	if !d.warmup {
		d.Warmup = defaultWarmup
		if slices.ContainsFunc(d.Peers, func(n Peer) bool { return n.Role == topology.Down }) {
			d.Warmup = defaultWarmupDown
		}
	}
	p.checkSection(d)
}

// appoint finds who we are in a section: the local line; or as with HAProxy's -L the line
// with our name; or behind a shared bind the section itself.
func (p *parser) appoint(d *draft) {
	if len(d.locals) > 0 {
		d.Local = d.locals[0]
	}
	shared := slices.ContainsFunc(p.cfg.Global.Binds, func(b Bind) bool { return b.Serves(d.ID) })
	if d.Local == nil && !shared {
		p.appointByName(d)
	}
	switch {
	case d.Local != nil:
		d.Name = d.Local.Name
	case shared || d.torn:
	default:
		p.failf(d.at(), "write 'peer NAME ADDR:PORT local' with our name and the address to listen on",
			"section '%s' has no 'local' peer", printable(d.ID))
	}
}

// appointByName makes the node with our name the local peer. What its line says about how
// others shall treat us is for them: one file may serve two aggregators.
func (p *parser) appointByName(d *draft) {
	i := slices.IndexFunc(d.Peers, func(n Peer) bool { return n.Name == p.name && n.Role == topology.Node })
	if p.name == "" || i < 0 {
		return
	}
	n := d.Peers[i]
	d.Peers = slices.Delete(d.Peers, i, i+1)
	n.Role, n.Group, n.Dial = topology.Local, "", false
	d.Local = &n
	if n.Addr.IsZero() {
		p.failf(n.at(), "write 'peer "+printable(n.Name)+" ADDR:PORT'",
			"peer '%s' is ourselves, by option -L, and needs an address to listen on", printable(n.Name))
	}
	if n.TLS.Enabled && n.TLS.Crt == "" { // to call it, none is needed
		p.failf(n.at(), "add 'crt FILE', a PEM file with certificate and key",
			"peer '%s' is ourselves, by option -L, and 'ssl' needs a certificate to listen with", printable(n.Name))
	}
}

// at is where an error about the section as a whole points.
func (d *draft) at() word { return word{text: d.ID, pos: d.Pos} }

// checkServed finds sections that bind lines name and nobody has written.
func (p *parser) checkServed() {
	var ids []string
	for _, d := range p.drafts {
		ids = append(ids, d.ID)
	}
	for _, w := range p.served {
		if !slices.Contains(ids, w.text) {
			p.failf(w, didYouMean(w.text, ids), "'use_aggrs' : there is no 'aggregations' section %s", w)
		}
	}
}

// checkSection checks a section as a whole.
func (p *parser) checkSection(d *draft) {
	if !d.named {
		p.failf(d.at(), "write 'from any to .agg' or the like", "section '%s' has no 'from' line", printable(d.ID))
	}
	if len(d.Peers) == 0 && d.DynamicPeers == nil && !d.torn && !d.refused {
		p.failf(d.at(), "write 'peer NAME ADDR:PORT' for every node, with the name that the node has for itself",
			"section '%s' has no peers", printable(d.ID))
	}
	if m := d.DynamicPeers; m != nil && len(d.Peers) > m.Max {
		p.failf(d.at(), "", "section '%s' names %d peers, but 'dynamic-peers' at %s allows %d", printable(d.ID), len(d.Peers), m.Pos, m.Max)
	}
	p.checkSuffixes(d)
	p.checkLevels(d)
}

// checkSuffixes finds suffixes that cannot do what their lines say.
func (p *parser) checkSuffixes(d *draft) {
	up := slices.ContainsFunc(d.Peers, func(n Peer) bool { return n.Role == topology.Up })
	for _, s := range d.sources {
		if s.text == d.Rules.To {
			p.failf(s, "tables that we write are never summed: choose another target, or leave it out",
				"'from' : suffix %s is the target suffix too", s)
		}
		if slices.Contains(d.Rules.Forward, s.text) {
			p.warnf(s, "forwarded tables are never summed", "'from' : suffix %s stands in 'forward' too", s)
		}
	}
	for _, s := range d.forward {
		if s.text == d.Rules.To {
			p.warnf(s, "use two suffixes", "'forward' : suffix %s is the target suffix of %s too: both would write the nodes' table", s, d.from.pos)
		}
	}
	if len(d.forward) > 0 && !up && !d.refused && !d.torn {
		p.warnf(d.forward[0], "", "'forward' does nothing without an 'up' peer")
	}
	if d.Rules.NoFeedback && !d.Rules.NoAscend && !up && !d.refused && !d.torn {
		p.warnf(d.from, "", "with 'no-feedback' and no 'up' peer no sum is pushed to anybody")
	}
}
