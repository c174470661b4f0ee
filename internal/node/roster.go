package node

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// roster holds the peers of a section: those that lines name, in the order of the
// configuration, and behind them the dynamic ones that have come. Safe for concurrent use.
type roster struct {
	mu      sync.RWMutex
	list    []*Peer
	byName  map[string]*Peer
	homes   map[netip.Addr]struct{} // where peers that lines name live, as far as is known
	numbers int                     // given out; a peer keeps its own
}

// all returns the peers there are.
func (r *roster) all() []*Peer {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.list)
}

// find returns the peer of that name, or nil.
func (r *roster) find(name string) *Peer {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byName[name]
}

// livesAt reports whether a peer that a line names lives at an address: the line says so, or
// it has had a session from there.
func (r *roster) livesAt(a netip.Addr) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.homes[a]
	return ok
}

// settleAt notes that a peer has had a session from an address. What is noted in excess of
// the peers there are is forgotten: peers move.
func (r *roster) settleAt(p *Peer, a netip.Addr) {
	if p.dynamic() || r.livesAt(a) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.homes) >= 4*len(r.list) {
		r.build()
	}
	r.homes[a] = struct{}{}
}

// add puts a peer in.
func (r *roster) add(p *Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.insert(p)
	r.build()
}

// insert gives a peer its number and its place. mu is held.
func (r *roster) insert(p *Peer) {
	r.numbers++
	p.number = r.numbers
	r.list = append(r.list, p)
	if r.byName == nil {
		r.byName = map[string]*Peer{}
	}
	r.byName[p.Name] = p
}

// addDynamic puts a peer in that no line names, unless there are too many; then it reports
// how many there are. One of that name that came at the same time stays.
func (r *roster) addDynamic(p *Peer, most int) (there *Peer, peers int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.byName[p.Name]; other != nil {
		return other, len(r.list)
	}
	if len(r.list) >= most {
		return nil, len(r.list)
	}
	r.insert(p)
	return p, len(r.list)
}

// remove takes a peer out.
func (r *roster) remove(p *Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = slices.DeleteFunc(r.list, func(o *Peer) bool { return o == p })
	if r.byName[p.Name] == p {
		delete(r.byName, p.Name)
	}
	if !p.dynamic() {
		r.build()
	}
}

// arrange puts the peers that lines name into another order; others stay behind them.
func (r *roster) arrange(lines []PeerConfig) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := map[string]int{}
	for i := range lines {
		place[lines[i].Name] = i - len(lines)
	}
	slices.SortStableFunc(r.list, func(a, b *Peer) int { return place[a.Name] - place[b.Name] })
	r.build()
}

// build finds the homes that lines tell. mu is held.
func (r *roster) build() {
	r.homes = map[netip.Addr]struct{}{}
	for _, p := range r.list {
		if at, err := netip.ParseAddrPort(p.conf().Addr); err == nil && !p.dynamic() {
			r.homes[at.Addr().Unmap()] = struct{}{}
		}
	}
}

// welcome makes a peer of a node that no line names.
func (s *Section) welcome(name string, c *Config) (*Peer, error) {
	p, there := s.roster.addDynamic(newPeer(s, PeerConfig{Name: name}, true), c.Dynamic.Max)
	if p != nil {
		return p, nil
	}
	return nil, &refusal{counter: func(c *Counters) { c.RefusedDynamic.Add(1) }, kind: RefusedCrowd, about: "dynamic-peers", // strangers choose their names
		text: fmt.Sprintf("'%s' is one too many: aggregations %s has %d peers, and 'dynamic-peers' allows %d; raise its max, if the nodes are yours", name, s.id, there, c.Dynamic.Max)}
}

// forget lets go of dynamic peers that have left for good: of whom nothing counts any more.
// Their names, tables and memory go with them.
func (s *Section) forget(now time.Time) {
	for _, p := range s.roster.all() {
		if p.dynamic() && p.isOver(now) {
			s.remove(p)
			s.log.Info("dynamic peer is forgotten: it has left, and nothing of it counts any more", "peer", p.Name)
		}
	}
}

// isOver reports whether nobody misses a dynamic peer: it has been away for longer than a
// reload takes, and its last contribution has expired.
func (p *Peer) isOver(now time.Time) bool {
	p.mu.Lock()
	since := p.lost
	if since.IsZero() {
		since = p.made
	}
	there := p.live != nil || p.gone
	p.mu.Unlock()
	if there || now.Sub(since) < gaugeLife {
		return false
	}
	select {
	case b := <-p.book:
		defer func() { p.book <- b }()
		for _, l := range b.lanes {
			if l.lane.Contributions() > 0 {
				return false
			}
		}
		return true
	default: // somebody is about to drive a connection
		return false
	}
}

// remove takes a peer out of the section: its session ends, its shares leave the sums, and
// nothing of it is kept. It waits until the session has let go.
func (s *Section) remove(p *Peer) {
	p.mu.Lock()
	p.gone = true
	c := p.live
	p.mu.Unlock()
	s.roster.remove(p)
	if c != nil {
		c.end(ErrRemoved)
	}
	p.hangUp()
	b := <-p.book // for good: nobody can attach any more
	for _, l := range b.lanes {
		s.tables.drop(l)
	}
	for _, f := range b.feeds {
		f.Close()
	}
	s.warmth.remove(p.Name)
	s.changed()
}
