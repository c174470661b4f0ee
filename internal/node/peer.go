package node

import (
	"sync"
	"time"

	"tallystick/internal/publish"
	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// Peer is one configured peer. Its connections come and go.
type Peer struct {
	PeerConfig
	section *Section
	order   int        // in the configuration
	book    chan *book // holds the book while nobody drives a connection

	mu       sync.Mutex
	live     *conn     // the newest connection; may still be waiting for the book
	lost     time.Time // when the last session ended; zero before the first has
	disabled bool
	tally    tally
	fault    *Fault
}

// tally counts a peer's connections, for observers.
type tally struct {
	accepted, called         int
	lastAccepted, lastCalled time.Time
	established              int
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
	lanes  map[string]*lane         // the sources that it has announced, by wire name
	feeds  map[string]*publish.Feed // what is published to it, by table
	order  []*publish.Feed          // the same, in the order in which they are asked
	said   map[string]string        // why a table does not reach the peer, as the log was told last

	gaugesLost, forgotten bool // done since the last session
}

// lane is one source table of one peer.
type lane struct {
	name    string
	target  *target
	lane    *table.Lane
	visited bool // announced in this session
}

func newPeer(s *Section, c PeerConfig, order int) *Peer {
	p := &Peer{PeerConfig: c, section: s, order: order, book: make(chan *book, 1)}
	p.book <- &book{lanes: map[string]*lane{}, feeds: map[string]*publish.Feed{}, said: map[string]string{}}
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
// ended. It reports the one that was replaced.
func (p *Peer) attach(c *conn) (old *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
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
	return old
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
