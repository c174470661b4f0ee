package web

import (
	"sync"
	"time"

	"tallystick/internal/view"
)

// freshFor is for how long a snapshot answers for the present. One of a large cluster asks every
// session, so a flood of requests must not become a flood of those.
const freshFor = 200 * time.Millisecond

// rateTime is how far apart the two looks are, at least, from which a peer's rates follow; and beyond
// rateEnd they would tell of long ago.
const (
	rateTime = 900 * time.Millisecond
	rateEnd  = 90 * time.Second
)

// snapshot is the program at a moment. Nobody changes it.
type snapshot struct {
	at       time.Time
	process  view.Process
	sections []view.Section
	rates    map[peerID]flow
}

// peerID names a peer.
type peerID struct{ section, peer string }

// flow is updates a second.
type flow struct{ in, out float64 }

// snapshots takes them, one at a time: who comes meanwhile gets the same one.
type snapshots struct {
	server *Server

	mu     sync.Mutex
	latest *snapshot
	took   time.Duration // how long it took to take
	before *snapshot     // the rates are since this one
}

// take is a snapshot of the present.
func (t *snapshots) take() *snapshot { return t.within(freshFor) }

// within is a snapshot that is not older than age.
func (t *snapshots) within(age time.Duration) *snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.server.Now()
	if l := t.latest; l != nil && now.Sub(l.at) < age && !now.Before(l.at) {
		return l
	}
	began := time.Now()
	s := &snapshot{at: now, process: t.server.Backend.Process(), sections: t.server.Backend.Sections()}
	t.took = time.Since(began)
	s.rates = t.ratesOf(s)
	t.latest = s
	return s
}

// forget lets the next request see what it has just changed.
func (t *snapshots) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest = nil
}

// ratesOf compares with an earlier snapshot. Too near to it the rates stay what they were.
func (t *snapshots) ratesOf(s *snapshot) map[peerID]flow {
	old := t.before
	d := time.Duration(0)
	if old != nil {
		d = s.at.Sub(old.at)
	}
	if old != nil && d >= 0 && d < rateTime {
		if t.latest != nil {
			return t.latest.rates
		}
		return old.rates
	}
	t.before = s
	if old == nil || d < 0 || d > rateEnd {
		return nil
	}
	counted := map[peerID][2]uint64{}
	old.eachPeer(func(id peerID, p *view.Peer) { counted[id] = [2]uint64{p.UpdatesIn, p.UpdatesOut} })
	rates := map[peerID]flow{}
	s.eachPeer(func(id peerID, p *view.Peer) {
		if c, ok := counted[id]; ok && p.UpdatesIn >= c[0] && p.UpdatesOut >= c[1] {
			rates[id] = flow{float64(p.UpdatesIn-c[0]) / d.Seconds(), float64(p.UpdatesOut-c[1]) / d.Seconds()}
		}
	})
	return rates
}

func (s *snapshot) eachPeer(f func(peerID, *view.Peer)) {
	for i := range s.sections {
		v := &s.sections[i]
		for j := range v.Peers {
			f(peerID{v.ID, v.Peers[j].Name}, &v.Peers[j])
		}
	}
}

// due reports whether rates need another look, if nobody has asked meanwhile: often enough for the
// first who asks to be told some, and so seldom that the looks take a thousandth of a processor.
func (t *snapshots) due(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.latest == nil {
		return true
	}
	return now.Sub(t.latest.at) >= min(max(5*time.Second, 1000*t.took), rateEnd/2)
}
