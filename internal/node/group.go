package node

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// groups carries out who counts among replicas: peers that report the same. Every copy of a
// table is kept, and that of the leader alone is in the sums. Safe for concurrent use.
type groups struct {
	mu       sync.Mutex // held while lanes are weighed, so that a later decision comes later
	contests map[contestKey]*contest

	takeovers map[string]uint64 // by group, since the start
}

// contestKey: copies are of one table, in one group of peers.
type contestKey struct {
	target *target
	group  string
}

// contest is one election, and what it decides about.
type contest struct {
	election topology.Election
	lanes    map[string][]*table.Lane // of each member, by name
	dispute  dispute
}

// join makes a new lane of a replica one of the copies. Before its first row is applied it
// is known whether it counts.
func (g *groups) join(p *Peer, t *target, l *table.Lane) {
	group, ok := p.place().Replica()
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	key := contestKey{t, group}
	c := g.contests[key]
	if c == nil {
		c = &contest{lanes: map[string][]*table.Lane{}}
		if g.contests == nil {
			g.contests = map[contestKey]*contest{}
		}
		g.contests[key] = c
	}
	c.lanes[p.Name] = append(c.lanes[p.Name], l)
	c.election.Set(p.Name, p.number, p.standing())
	c.weigh(t)
}

// leave takes a lane out of its group. It does not count any more; another copy does in the
// same moment, if there is one.
func (g *groups) leave(p *Peer, t *target, l *table.Lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, c := range g.contests {
		i := slices.Index(c.lanes[p.Name], l)
		if key.target != t || i < 0 {
			continue
		}
		if c.lanes[p.Name] = slices.Delete(c.lanes[p.Name], i, i+1); len(c.lanes[p.Name]) == 0 {
			delete(c.lanes, p.Name)
			c.election.Leave(p.Name)
		}
		if c.weigh(t, l); len(c.lanes) == 0 {
			delete(g.contests, key)
		}
	}
}

// stand notes how a peer stands, and lets another lead where that follows. It returns the
// leader before and after, and in how many tables that changed.
func (g *groups) stand(p *Peer, st topology.Standing) (from, to string, tables int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, c := range g.contests {
		if c.lanes[p.Name] == nil {
			continue
		}
		before, led := c.election.Leader()
		if !c.election.Set(p.Name, p.number, st) {
			continue
		}
		c.weigh(key.target)
		if led {
			from = before
			tables++
		}
		to, _ = c.election.Leader()
	}
	if group, ok := p.place().Replica(); ok && tables > 0 {
		if g.takeovers == nil {
			g.takeovers = map[string]uint64{}
		}
		g.takeovers[group]++
	}
	return from, to, tables
}

// weigh makes the leader's lanes count and nobody else's, those that have left included. Row
// by row: whoever reads a sum meanwhile reads the one or the other.
func (c *contest) weigh(t *target, left ...*table.Lane) {
	in, out := []*table.Lane(nil), left
	leader, led := c.election.Leader()
	for name, lanes := range c.lanes {
		for _, l := range lanes {
			switch counts := led && name == leader; {
			case counts && !l.Counts():
				in = append(in, l)
			case !counts && l.Counts():
				out = append(out, l)
			}
		}
	}
	if in != nil || out != nil {
		t.table.Weigh(in, out)
	}
}

// stand notes how the peer stands among its replicas.
func (p *Peer) stand(st topology.Standing) {
	p.mu.Lock()
	same := p.stands == st
	p.stands = st
	p.mu.Unlock()
	group, ok := p.place().Replica()
	if same || !ok {
		return
	}
	s := p.section
	from, to, tables := s.groups.stand(p, st)
	if tables > 0 {
		s.Counters.Takeovers.Add(1)
		s.log.Warn("another replica counts from now on", "group", cmp.Or(group, "of the peers above"), "before", from, "now", to, "tables", tables)
	}
	s.changed()
}

func (p *Peer) standing() topology.Standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stands
}

// listen notes whether a replica that should speak has fallen silent, or speaks again: its
// session may be more patient than those who wait for its sums.
func (p *Peer) listen(now time.Time) {
	p.mu.Lock()
	c, stands := p.live, p.stands
	p.mu.Unlock()
	if c == nil || stands != topology.Ready && stands != topology.Silent {
		return
	}
	heard := c.heard.Load()
	silent := heard != 0 && now.UnixNano()-heard > int64(topology.Hush)
	switch {
	case silent && stands == topology.Ready:
		p.stand(topology.Silent)
	case !silent && stands == topology.Silent:
		p.stand(topology.Ready)
	}
}

// compare looks whether replicas disagree, and tells the log.
func (g *groups) compare(s *Section, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, c := range g.contests {
		if len(c.lanes) < 2 {
			continue
		}
		begun, ended := c.dispute.look(now, s.ms(now), key.target, c)
		if begun != nil {
			s.Counters.Disputes.Add(1)
			s.log.Warn("replicas disagree by more than a tenth: one of them does not see what the other sees, and the sums depend on which of them counts",
				"group", cmp.Or(key.group, "of the peers above"), "table", key.target.name, "for", disputeAfter, "example", begun.String())
		}
		if ended != nil {
			s.log.Info("replicas agree again", "group", cmp.Or(key.group, "of the peers above"), "table", key.target.name)
		}
	}
}

// regroup moves the lanes of a peer to the group that its line names now. Nothing may be
// pushed meanwhile.
func (s *Section) regroup(p *Peer) {
	for _, o := range s.tables.owned(p) {
		s.groups.leave(p, o.target, o.lane)
		if !o.lane.Counts() {
			o.target.table.Weigh([]*table.Lane{o.lane}, nil)
		}
		s.groups.join(p, o.target, o.lane)
	}
}

// replace makes what was decided about one target hold for another with the same table.
func (g *groups) replace(old, t *target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for k, c := range g.contests {
		if k.target == old {
			delete(g.contests, k)
			g.contests[contestKey{t, k.group}] = c
		}
	}
}

// GroupView is a snapshot of a group of replicas.
type GroupView struct {
	Name      string // "" for the peers above us that are in none
	Takeovers uint64 // times that another of them came to count
	Disputes  int    // tables about which they disagree now
}

// Groups takes a snapshot of all groups that there are peers of, by name.
func (s *Section) Groups() (list []GroupView) {
	for _, p := range s.roster.all() {
		name, ok := p.place().Replica()
		if ok && !slices.ContainsFunc(list, func(g GroupView) bool { return g.Name == name }) {
			list = append(list, GroupView{Name: name})
		}
	}
	s.groups.mu.Lock()
	defer s.groups.mu.Unlock()
	for i := range list {
		g := &list[i]
		g.Takeovers = s.groups.takeovers[g.Name]
		for key, c := range s.groups.contests {
			if key.group == g.Name && c.dispute.open != nil {
				g.Disputes++
			}
		}
	}
	slices.SortFunc(list, func(a, b GroupView) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// view takes a snapshot.
func (g *groups) view() (list []ContestView) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, c := range g.contests {
		v := ContestView{Target: key.target.name, Relayed: key.target.relayed, Group: key.group}
		v.Leader, _ = c.election.Leader()
		for name := range c.lanes {
			v.Members = append(v.Members, MemberView{name, c.election.Standing(name)})
		}
		slices.SortFunc(v.Members, func(a, b MemberView) int { return cmp.Compare(a.Name, b.Name) })
		if d := c.dispute.open; d != nil {
			copied := *d
			v.Dispute = &copied
		}
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b ContestView) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Group, b.Group))
	})
	return list
}
