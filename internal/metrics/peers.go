package metrics

import "tallystick/internal/view"

const (
	// mostDynamic is how many dynamic peers of a section have series of their own.
	mostDynamic = 64
	// rest is the name under which all others are added up. While a peer that the configuration names
	// is called so, it has as many underscores behind it as it takes.
	rest = "other"
)

// counters of a peer that only grow, by metric.
var counters = []struct {
	name string
	of   func(*view.Peer) uint64
}{
	{"peer_sessions_total", func(p *view.Peer) uint64 { return p.Sessions }},
	{"peer_drops_total", func(p *view.Peer) uint64 { return p.Drops }},
	{"peer_protocol_errors_total", func(p *view.Peer) uint64 { return p.ProtocolErrors }},
	{"peer_collisions_total", func(p *view.Peer) uint64 { return p.Collisions }},
	{"peer_silences_total", func(p *view.Peer) uint64 { return p.Silences }},
	{"peer_updates_received_total", func(p *view.Peer) uint64 { return p.UpdatesIn }},
	{"peer_updates_sent_total", func(p *view.Peer) uint64 { return p.UpdatesOut }},
	{"peer_messages_received_total", func(p *view.Peer) uint64 { return p.MessagesIn }},
	{"peer_messages_sent_total", func(p *view.Peer) uint64 { return p.MessagesOut }},
	{"peer_bytes_received_total", func(p *view.Peer) uint64 { return p.BytesIn }},
	{"peer_bytes_sent_total", func(p *view.Peer) uint64 { return p.BytesOut }},
	{"peer_lessons_asked_total", func(p *view.Peer) uint64 { return p.Requests }},
	{"peer_lessons_given_total", func(p *view.Peer) uint64 { return p.Finishes }},
}

// peers shows the peers of a section.
func (s *scrape) peers(id string, v *view.Section) {
	c := s.crowds[v.ID]
	if c == nil {
		c = &crowd{own: map[string]bool{}, counted: map[string][]uint64{}, sums: make([]float64, len(counters))}
		s.crowds[v.ID] = c
	}
	c.admit(v.Peers)
	others := lump{unacked: map[string]uint64{}}
	unacked := unackedOf(v.Tables)
	for i := range v.Peers {
		p := &v.Peers[i]
		if p.Dynamic && !c.own[p.Name] {
			c.count(p)
			others.add(p, unacked[p.Name])
			continue
		}
		name := label(p.Name)
		for _, m := range counters {
			s.emit(m.name, float64(m.of(p)), id, name)
		}
		s.emit("peer_state_seconds", max(0, s.now.Sub(p.Changed).Seconds()), id, name)
		s.states(id, name, p.Role, truth(p.Established), truth(p.Learning.Running), truth(p.Teaching.Running), unacked[p.Name])
	}
	if !c.used {
		return
	}
	name := c.nameOfRest(v.Peers)
	for i, m := range counters {
		s.emit(m.name, c.sums[i], id, name)
	}
	s.states(id, name, "node", others.up, others.learning, others.teaching, others.unacked)
}

// states shows what goes up and down of a peer.
func (s *scrape) states(id, name, role string, up, learning, teaching float64, unacked map[string]uint64) {
	s.emit("peer_up", up, id, name, role)
	s.emit("peer_lesson_running", learning, id, name, "from_peer")
	s.emit("peer_lesson_running", teaching, id, name, "to_peer")
	for table, n := range unacked {
		s.emit("peer_acks_behind", float64(n), id, name, label(table))
	}
}

// unackedOf is how many changes each peer has not acked, by peer and table.
func unackedOf(tables []view.Table) map[string]map[string]uint64 {
	all := map[string]map[string]uint64{}
	for i := range tables {
		for j := range tables[i].Receivers {
			r := &tables[i].Receivers[j]
			if r.NotTo != "" {
				continue
			}
			if all[r.Peer] == nil {
				all[r.Peer] = map[string]uint64{}
			}
			all[r.Peer][tables[i].Target] += uint64(r.Unacked()) // a sum and a table from above may have one name
		}
	}
	return all
}

// lump adds up what goes up and down of peers without series.
type lump struct {
	up, learning, teaching float64
	unacked                map[string]uint64
}

func (l *lump) add(p *view.Peer, unacked map[string]uint64) {
	l.up += truth(p.Established)
	l.learning += truth(p.Learning.Running)
	l.teaching += truth(p.Teaching.Running)
	for table, n := range unacked {
		l.unacked[table] += n
	}
}

// crowd remembers which dynamic peers of a section have series of their own, and what all others have
// counted. Whoever has series keeps them until it is forgotten, since a name that changed sides would
// make counters fall; and what the others have counted stays counted when they are forgotten.
type crowd struct {
	own     map[string]bool
	counted map[string][]uint64 // of each other one, when it was seen last
	sums    []float64           // of all others that there ever were
	used    bool                // there ever was one
}

// admit gives free places to those who have none, in the order in which they came.
func (c *crowd) admit(peers []view.Peer) {
	there := map[string]bool{}
	for i := range peers {
		there[peers[i].Name] = peers[i].Dynamic
	}
	for name := range c.own {
		if !there[name] {
			delete(c.own, name)
		}
	}
	for name := range c.counted {
		if !there[name] {
			delete(c.counted, name)
		}
	}
	for i := range peers {
		p := &peers[i]
		// Whoever is among the others already stays there: its counters are theirs.
		if p.Dynamic && len(c.own) < mostDynamic && c.counted[p.Name] == nil && p.Name != rest {
			c.own[p.Name] = true
		}
	}
}

// count adds what a peer has counted since it was seen last.
func (c *crowd) count(p *view.Peer) {
	c.used = true
	last := c.counted[p.Name]
	if last == nil {
		last = make([]uint64, len(counters))
		c.counted[p.Name] = last
	}
	for i, m := range counters {
		now := m.of(p)
		if now < last[i] { // another one of the same name
			last[i] = 0
		}
		c.sums[i] += float64(now - last[i])
		last[i] = now
	}
}

// nameOfRest is what all others are called: like no peer of the configuration.
func (c *crowd) nameOfRest(peers []view.Peer) string {
	name := rest
	for i := 0; i < len(peers); i++ {
		if peers[i].Name == name && (!peers[i].Dynamic || c.own[name]) {
			name += "_"
			i = -1
		}
	}
	return name
}
