package node

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// patience is how long an observer waits for a drive loop: far longer than a step takes. One that says its
	// last words to a peer that does not read may need a second.
	patience = 100 * time.Millisecond
	// lookers ask the peers of a section at once. To ask costs some microseconds, but under load each drive loop has
	// its turn before it answers: one after the other a thousand peers would be told of a second late.
	lookers = 32
)

// View takes a snapshot of the peer. It waits for the drive loop's next step, for patience at
// most: then what was seen last is told again, so that no number ever falls.
func (p *Peer) View() PeerView {
	v := p.outside()
	in, ok := p.inside()
	p.mu.Lock()
	defer p.mu.Unlock()
	if ok {
		p.shown = &in
	}
	if p.shown != nil {
		v.Inside = *p.shown
	}
	return v
}

// Views takes snapshots of all peers, in the order of Peers.
func (s *Section) Views() []PeerView {
	peers := s.Peers()
	views := make([]PeerView, len(peers))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(lookers, len(peers)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(peers)); i = next.Add(1) - 1 {
				views[i] = peers[i].View()
			}
		})
	}
	all.Wait()
	return views
}

// inside asks whoever has the peer's book, and reports false if nobody answers in time.
func (p *Peer) inside() (in Inside, ok bool) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for {
		c := p.current()
		if c == nil {
			select {
			case b := <-p.book:
				in.look(p, b)
				p.book <- b
				return in, true
			case <-enough.C: // somebody who is not the peer's connection any more still has it
				return in, false
			}
		}
		switch ran, late := c.visitWithin(enough.C, func(x *visit) { in.lookInto(x) }); {
		case ran:
			return in, true
		case late:
			return in, false
		}
	}
}

// lookInto sees what there is to see of a session that lives.
func (in *Inside) lookInto(x *visit) {
	p := x.peer
	in.look(p, x.book)
	past := in.Session
	in.Session = x.session.Stats()
	in.Session.Add(past)
	(*source)(x).compareAgain(time.Now())
	if !x.conn.calling { // a peer that we called does not say which process it is
		in.Process = x.hello.PID
	}
	for i := range in.Lanes {
		in.Lanes[i].LastID = x.session.LastID(in.Lanes[i].Name)
	}
	if place := p.place(); place.Declares && x.finished {
		for _, t := range p.section.tables.all() {
			if x.own[t.name] == nil && place.Hears(t.relayed) {
				in.Missing = append(in.Missing, t.name)
			}
		}
	}
}

// look sees what the book tells, and what sessions have counted that are over. The caller has the
// book, so none ends meanwhile.
func (in *Inside) look(p *Peer, b *book) {
	p.mu.Lock()
	in.Session = p.tally.past
	p.mu.Unlock()
	for _, l := range b.lanes {
		in.Lanes = append(in.Lanes, LaneView{Name: l.name, Target: l.target.name, Schema: l.lane.Schema(),
			Contributions: l.lane.Contributions(), SetAside: l.lane.SetAside(), Standby: !l.lane.Counts(), Relayed: l.target.relayed})
	}
	b.seen.snapshot(in)
	for name, why := range b.said {
		in.Unread = append(in.Unread, Unread{name, why})
	}
	for _, f := range b.feeds {
		in.Feeds = append(in.Feeds, FeedView{Target: f.target.name, Place: f.Place(), Long: f.long, Compared: b.compared[f.target.name]})
	}
}
