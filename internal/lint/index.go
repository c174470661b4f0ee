package lint

import "tallystick/internal/view"

// index is a section, prepared to be looked up: with hundreds of tables on dozens of nodes a
// look must not go through lists in lists.
type index struct {
	*view.Section
	byTarget map[string]*view.Table
	peers    []member
	goesUp   bool // sums go to somebody above who makes more of them
}

// member is one peer.
type member struct {
	*view.Peer
	settled bool // what it has announced is all there is
	tables  map[string]*view.Announced
}

func (x *look) index(s *view.Section) *index {
	i := &index{Section: s, byTarget: make(map[string]*view.Table, len(s.Tables)), peers: make([]member, len(s.Peers))}
	for n := range s.Tables {
		i.byTarget[s.Tables[n].Target] = &s.Tables[n]
	}
	for n := range s.Peers {
		p := &s.Peers[n]
		m := &i.peers[n]
		*m = member{Peer: p, settled: x.settled(s, p)}
		i.goesUp = i.goesUp || p.Role == "up" && !s.NoAscend
		if !m.settled {
			continue
		}
		m.tables = make(map[string]*view.Announced, len(p.Announced))
		for a := range p.Announced {
			m.tables[p.Announced[a].Name] = &p.Announced[a]
		}
	}
	return i
}

// hears reports whether nodes are to hear a table from us. Sums that go up need not be on the
// nodes: what comes down again is for them.
func (i *index) hears(t *view.Table) bool { return t.Forwarded || !i.NoFeedback && !i.goesUp }
