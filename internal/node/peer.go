package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/publish"
	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// Peer is one peer: a line of the configuration names it, or it is a dynamic one that has
// come. Its connections come and go.
type Peer struct {
	Name    string
	section *Section
	number  int        // orders the peers of the section, and is no other's
	book    chan *book // holds the book while nobody drives a connection
	line    atomic.Pointer[line]

	mu       sync.Mutex
	live     *conn              // the newest connection; may still be waiting for the book
	made     time.Time          // when we first knew of it
	lost     time.Time          // when the last session ended; zero before the first has
	gone     bool               // it is taken out of the section: nobody can attach any more
	caller   context.CancelFunc // ends the calls to it; nil: nobody calls
	stands   topology.Standing  // among its replicas
	disabled bool
	tally    tally
	fault    *Fault
	shown    *Inside // what an observer was told last
}

// line is what is said of a peer, by the configuration or, of a dynamic one, by default.
type line struct {
	PeerConfig
	place   topology.Place
	dynamic bool // no line names it
}

func (p *Peer) conf() *PeerConfig      { return &p.line.Load().PeerConfig }
func (p *Peer) place() *topology.Place { return &p.line.Load().place }
func (p *Peer) dynamic() bool          { return p.line.Load().dynamic }

// setLine sets what is said of the peer from now on.
func (p *Peer) setLine(c PeerConfig, rules *topology.Rules, dynamic bool) {
	p.line.Store(&line{PeerConfig: c, place: rules.Place(c.Role, c.Group), dynamic: dynamic})
}

// tally counts a peer's connections, for observers.
type tally struct {
	accepted, called         int
	lastAccepted, lastCalled time.Time
	established              int
	lastEstablished          time.Time
	lost                     int
	silences, replaced       int
	protocolErrors           int
	status                   int           // of the last handshake
	remote                   string        // the other end of the last connection
	past                     session.Stats // of all sessions that are over, added up
}

// book is what is known of a peer beyond one connection. It belongs to whoever drives the
// peer's connection, and lies in Peer.book when nobody does.
type book struct {
	memory session.Memory
	lanes  map[string]*lane  // the tables that it has announced and that are kept, by wire name
	feeds  map[uint32]*feed  // what it hears, by our id of the table
	order  []*feed           // the same, in the order in which they are asked
	said   map[string]string // why a table does not reach the peer, as the log was told last
	seen   evidence          // what its rows show of how it is configured

	compared map[string]Comparison // what it holds of our tables, while it is spared; nil: nothing was

	gaugesLost, forgotten bool // done since the last session
}

// feed is one table of ours on its way to one peer.
type feed struct {
	*publish.Feed
	target *target
	long   Long // keys that the peer's table cannot hold
}

// lane is one table of one peer that is kept: a source, or one from above.
type lane struct {
	name    string
	target  *target
	lane    *table.Lane
	visited bool // announced in this session
}

func newPeer(s *Section, c PeerConfig, dynamic bool) *Peer {
	p := &Peer{Name: c.Name, section: s, made: time.Now(), book: make(chan *book, 1)}
	p.setLine(c, &s.conf().Rules, dynamic)
	p.book <- &book{lanes: map[string]*lane{}, feeds: map[uint32]*feed{}, said: map[string]string{}}
	return p
}

// Fault is the last protocol error of a peer.
type Fault struct {
	When time.Time
	From string // address
	Err  error  // a *session.Error
}

// schemaOf is the definition of a table for messages, never nil.
func schemaOf(t *target) *stick.Schema {
	s := t.table.Schema()
	if s == nil {
		return &stick.Schema{}
	}
	return s
}

// attach makes c the peer's connection. The newest hello wins: an older connection is
// ended, and returned. It reports false if the peer is none any more.
func (p *Peer) attach(c *conn) (old *conn, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return nil, false
	}
	old, p.live = p.live, c
	p.tally.remote = c.nc.RemoteAddr().String()
	if old != nil && old.established.Load() {
		p.lost = c.since
	}
	if c.calling {
		p.tally.called++
		p.tally.lastCalled = c.since
	} else {
		p.tally.accepted++
		p.tally.lastAccepted = c.since
	}
	return old, true
}

// detach notes the end of c and reports whether it was the peer's connection still. One that
// never became a session changes nothing: the peer has been lost since its last.
func (p *Peer) detach(c *conn, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live != c {
		return false
	}
	p.live = nil
	if c.established.Load() {
		p.lost = now
	}
	return true
}

// current returns the peer's connection, or nil.
func (p *Peer) current() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live
}

// withBook calls f with the peer's book: in the drive loop if there is one, with its visit,
// else here. It waits until the book is free, which is never long.
func (p *Peer) withBook(f func(b *book, v *visit)) {
	for {
		if c := p.current(); c != nil {
			if c.visit(func(v *visit) { f(v.book, v) }) {
				return
			}
			continue
		}
		select {
		case b := <-p.book:
			f(b, nil)
			p.book <- b
			return
		case <-time.After(time.Millisecond): // between two owners
		}
	}
}

// reportLost says what becomes of the shares of a peer that does not come back at once. Two
// aggregators side by side do not know of each other, so this is where an operator can see
// why a sum on the nodes moves to and fro.
func (p *Peer) reportLost(tables int) {
	if tables == 0 || !p.place().Member {
		return
	}
	p.section.log.Warn("peer is gone for longer than a reload takes: its last shares stay in the sums until they expire; if another aggregator beside us still hears it, the nodes show whichever of the two wrote last",
		"peer", p.Name, "for", gaugeLife)
}

// tick carries out what becomes due while the peer has no session: its open connections
// are taken for closed, and after a day what would live for ever goes.
func (p *Peer) tick(now time.Time) {
	p.mu.Lock()
	lost, live := p.lost, p.live
	p.mu.Unlock()
	if live != nil || lost.IsZero() || now.Sub(lost) < gaugeLife {
		return
	}
	select {
	case b := <-p.book:
		defer func() { p.book <- b }()
		if !b.gaugesLost {
			b.gaugesLost = true
			p.reportLost(len(b.lanes))
			for _, l := range b.lanes {
				p.section.tables.setUp(l, false)
				l.target.table.LoseGauges(l.lane)
			}
			p.section.changed()
		}
		if !b.forgotten && now.Sub(lost) >= forgetForever {
			b.forgotten = true
			for _, l := range b.lanes {
				l.target.table.DropForever(l.lane)
			}
			p.section.changed()
		}
	default: // somebody is about to drive a connection
	}
}
