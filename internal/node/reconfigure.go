package node

import (
	"fmt"
	"slices"
	"time"

	"tallystick/internal/topology"
)

// Reconfigure gives a running section another configuration, as the difference to its present
// one. Sessions, shares and sums of everything that has not changed stay: nobody of theirs
// notices. A peer that is gone takes its share along at once; where another rule names or
// splits sums, they are made of the shares that are there. It returns what has changed, in
// words, and when all of it has been carried out. The ID stays, and so do Seed and Origin.
func (s *Section) Reconfigure(c Config) (changes []string) {
	s.deriving.Lock()
	defer s.deriving.Unlock()
	old := s.conf()
	c.Seed, c.Origin, c.Rules = old.Seed, old.Origin, c.Rules.After(&old.Rules)
	s.Counters.Reconfigured.Add(1)
	s.config.Store(&c)
	s.tables.budget.SetMax(c.MaxEntries)

	s.uncertain.Store(true) // no sum is shown half made
	changes = s.removePeers(&c)
	changes = append(changes, s.changePeers(&c)...)
	changes = append(changes, s.addPeers(&c)...)
	s.roster.arrange(c.Peers)
	if !sameNames(&old.Rules, &c.Rules) {
		s.rederive(&c.Rules)
		changes = append(changes, "tables are named, and summed, by other rules")
	}
	s.bans.follow(s, time.Now())
	changes = append(changes, s.observe(&old.Rules, &c.Rules, c.Warmup)...)
	s.tables.version.Add(1) // who hears what may have changed
	s.uncertain.Store(false)
	s.changed()
	return changes
}

// observe tells whether the section looks on from now on, or acts again. Before it acts it is held to what is asked of a
// start: whoever has not been heard yet may still come, or its share would be missing from what nodes read.
func (s *Section) observe(old, now *topology.Rules, warmup time.Duration) (changes []string) {
	switch {
	case old.Observe == now.Observe:
		return nil
	case now.Observe:
		return []string{"nothing is pushed from now on: the section observes"}
	case s.warmth.again(time.Now().Add(warmup)):
		return []string{fmt.Sprintf("sums are pushed when the warm-up is over, %v at most: not heard yet are %v", warmup, s.warmth.missing())}
	case !s.warmth.warm.Load():
		return []string{"sums are pushed when the warm-up is over"}
	}
	return []string{"sums are pushed again"}
}

// sameNames reports whether both rules make the same of every table.
func sameNames(a, b *topology.Rules) bool {
	return a.Any == b.Any && a.AcceptNoSuffix == b.AcceptNoSuffix && a.To == b.To &&
		slices.Equal(a.From, b.From) && slices.Equal(a.Forward, b.Forward) && slices.Equal(a.Former, b.Former)
}

// find returns the line of a peer.
func (c *Config) find(name string) *PeerConfig {
	i := slices.IndexFunc(c.Peers, func(p PeerConfig) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Peers[i]
}

// removePeers takes out whom the configuration does not know any more, and who is something
// else to us now: what it has reported is not what it will report.
func (s *Section) removePeers(c *Config) (changes []string) {
	for _, p := range s.roster.all() {
		line := c.find(p.Name)
		stays := line != nil && line.Role == p.conf().Role || line == nil && p.dynamic() && c.Dynamic != nil
		if !stays {
			s.remove(p)
			changes = append(changes, fmt.Sprintf("peer %s is removed", p.Name))
		}
	}
	return changes
}

// addPeers takes in new ones.
func (s *Section) addPeers(c *Config) (changes []string) {
	for i := range c.Peers {
		if s.roster.find(c.Peers[i].Name) != nil {
			continue
		}
		p := newPeer(s, c.Peers[i], false)
		s.roster.add(p)
		if p.place().Member {
			s.warmth.add(p.Name)
		}
		p.beCalled()
		changes = append(changes, fmt.Sprintf("peer %s is added", p.Name))
	}
	return changes
}

// changePeers gives those who stay what their lines say now. A session that would not be
// let in by that ends: the peer comes again, and nothing that it has reported is lost.
func (s *Section) changePeers(c *Config) (changes []string) {
	for _, p := range s.roster.all() {
		old, line := *p.conf(), c.find(p.Name)
		if line == nil {
			line = &PeerConfig{Name: p.Name}
		}
		p.setLine(*line, &c.Rules, c.find(p.Name) == nil)
		if old.Group != line.Group {
			s.regroup(p)
			changes = append(changes, fmt.Sprintf("peer %s is of group '%s'", p.Name, line.Group))
		}
		p.beCalled()
		live := p.current()
		if live == nil {
			continue
		}
		secrets := (old.TLS == nil) != (line.TLS == nil) || old.TLS != nil && *old.TLS != *line.TLS
		outside := !live.calling && !contains(s.nearest(p, nil), live.remote)
		if secrets || outside {
			live.end(ErrChanged)
			changes = append(changes, fmt.Sprintf("peer %s must come in again", p.Name))
		}
	}
	return changes
}

// rederive makes the sums that other rules name of the shares that are there. First names
// are changed where a whole table is only called otherwise; then lanes move that go to
// another table than before, and those go that are summed no more; last every session looks
// again at the tables of its peer, and asks for those that were dropped until now.
func (s *Section) rederive(r *topology.Rules) {
	s.tables.rename(func(o owned) (key, bool) { return o.destination(r) })
	for _, p := range s.roster.all() {
		p.withBook(func(b *book, v *visit) {
			for name, l := range b.lanes {
				l.target = s.tables.target(l)
				to, kept := owned{peer: p, name: name}.destination(r)
				if kept && to == l.target.key || kept && s.tables.move(p, l, to) {
					continue
				}
				s.tables.drop(l)
				delete(b.lanes, name)
			}
			if v != nil {
				v.redefine(time.Now())
			}
		})
	}
}

// destination is where a lane's rows go by some rules, if anywhere.
func (o owned) destination(r *topology.Rules) (to key, kept bool) {
	use, name := r.Classify(o.peer.place().Role(), o.name)
	return key{name, use == topology.Relayed}, use == topology.Source || use == topology.Relayed
}

// rename publishes tables under another name whose lanes all go to one that is not there yet:
// nothing of them is touched. Whoever hears such a table hears it from the start, as another
// target with an id of its own.
func (r *registry) rename(destination func(owned) (key, bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to, torn, wanted := map[*target]key{}, map[*target]bool{}, map[key]int{}
	for _, o := range r.owners {
		k, kept := destination(o)
		if other, seen := to[o.target]; !kept || seen && other != k || k.relayed != o.target.relayed {
			torn[o.target] = true
		}
		to[o.target] = k
	}
	for t, k := range to {
		if k != t.key {
			wanted[k]++
		}
	}
	for t, k := range to {
		if k == t.key || torn[t] || wanted[k] > 1 || r.targets[k] != nil {
			continue
		}
		r.lastID++
		r.replace(t, &target{key: k, id: r.lastID, table: t.table, lanes: t.lanes})
	}
}

// replace puts a target in the place of another one with the same table. mu is held.
func (r *registry) replace(old, t *target) {
	delete(r.targets, old.key)
	r.targets[t.key] = t
	r.list[slices.Index(r.list, old)] = t
	for l, o := range r.owners {
		if o.target == old {
			o.target = t
			r.owners[l] = o
		}
	}
	r.section.groups.replace(old, t)
}

// move makes a lane feed another table, with all that its peer has reported. It reports
// false if that cannot be.
func (r *registry) move(p *Peer, l *lane, to key) bool {
	t, err := r.get(to)
	if err != nil {
		r.section.log.Warn("table not taken", "peer", p.Name, "table", l.name, "why", err)
		return false
	}
	moved := &lane{name: l.name, target: t, visited: l.visited}
	up := p.current() != nil
	if err := r.define(p, moved, l.lane.Label(), l.lane.Schema()); err != nil {
		r.section.log.Warn("table not taken", "peer", p.Name, "table", l.name, "why", err)
		return false
	}
	r.setUp(moved, up)
	l.lane.CopyTo(r.section.Now(), moved.lane)
	r.drop(l)
	*l = *moved
	return true
}
