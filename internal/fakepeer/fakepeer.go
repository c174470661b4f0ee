// Package fakepeer plays a HAProxy node: it keeps stick tables in memory, counts into
// them, and talks about them over the peers protocol as HAProxy does, bugs of the chosen
// version included: who calls and when again, who is taken for dead; ids, acks and lives
// of updates; lessons in both directions; what a received update does to an entry. It is
// for tests, benches and the demo; the program itself must never use it.
//
// It is built on wire alone and never on session, so that the two cannot share a mistake;
// its tests hold it against what real processes said. It uses the time of package time and
// no network of its own, so it runs in a testing/synctest bubble over net.Pipe as well as
// over TCP.
package fakepeer

import (
	"context"
	"net"
	"strconv"
	"sync"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// HAProxy's timers.
const (
	reconnect = 5 * time.Second // between two calls, and between two looks for a dead peer
	heartbeat = 3 * time.Second // without an update pushed
	assign    = 5 * time.Second // a hard start waits so long for somebody to learn from
)

// Config says what a node is and whom it knows.
type Config struct {
	Name   string          // its own name
	Peer   string          // the one remote peer of its peers section
	PID    int             // of its first process; each restart adds 1
	Tables []*stick.Schema // by id from 1, as HAProxy numbers them
	Quirks Quirks
	// Dial opens a connection to Peer. nil: the node never calls, it is called by Accept.
	Dial func(ctx context.Context) (net.Conn, error)
	// Trace, if not nil, is given each message, hello and status line: '<' sent by the
	// node, '>' received. It is called under the node's lock and must not keep b.
	Trace func(direction byte, b []byte)
}

// Node is one HAProxy node through all its processes. Its methods may be called by any
// goroutine; Start, Stop and Restart by one at a time.
type Node struct {
	cfg    Config
	wg     sync.WaitGroup
	cancel context.CancelFunc

	mu       sync.Mutex
	changed  chan struct{} // closed and renewed whenever anything has changed
	pid      int
	born     time.Time // start of the process: its clock and its timers begin there
	tables   []*table
	faults   Faults
	stats    Stats
	minor    int       // what our hello announces: 0 once the peer has announced 2.0
	silenced bool      // a status said never to call again
	callAt   time.Time // when to call; while a session lives, when to look whether it is dead
	calling  net.Conn  // our call, not answered yet
	link     *link     // the session, or nil
	turn     *table    // announced last, in whatever session

	learned  bool      // nothing is left to be learned: lessons that we give are FINISHED
	tried    bool      // the peer has answered PARTIAL and is not asked again
	learnEnd time.Time // then the process takes itself for up to date
}

// Stats are counters and states as HAProxy's "show peers" has them.
type Stats struct {
	Up         bool // a session is established
	Learned    bool // its own request of a lesson has been answered, or there was none
	Calls      int  // new_conn
	Sessions   int
	Collisions int // coll
	Dead       int // no_hbt: sessions closed because the peer said nothing
	Faults     int // proto_err: sessions closed because of what the peer said
	Lessons    int // that it gave, to their end
	Confirmed  int // of those
	Rx, Tx     int // updates
	Beats      int // rx_hbt
}

// New makes a node whose tables are empty. Nothing happens before Start.
func New(cfg Config) *Node {
	n := &Node{cfg: cfg, pid: cfg.PID, minor: 1, changed: make(chan struct{})}
	for i, s := range cfg.Tables {
		n.tables = append(n.tables, newTable(uint32(i+1), s))
	}
	return n
}

// Start starts the node as a hard start: it will ask for a lesson.
func (n *Node) Start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.learned, n.tried = false, false
	n.start()
}

// start must be called with the lock held.
func (n *Node) start() {
	now := time.Now()
	n.born, n.callAt, n.learnEnd, n.silenced, n.minor = now, now, now.Add(assign), false, 1
	n.turn = nil
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	n.wg.Go(func() { n.run(ctx) })
}

// Stop ends the process and waits until nothing of it runs. Its tables can still be read.
func (n *Node) Stop() {
	n.mu.Lock()
	if n.cancel != nil {
		n.cancel()
		n.cancel = nil
	}
	n.mu.Unlock()
	n.Cut()
	n.wg.Wait()
}

// How says what a restart leaves of the tables.
type How int

// Ways to restart.
const (
	Hard   How = iota // nothing: counters start at 0 and a lesson is asked for
	Reload            // all entries, learned from the old process: they are not pushed again
)

// Restart ends the process and starts another with the next process id.
func (n *Node) Restart(how How) {
	n.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pid++
	shift := clockStart - n.clock(time.Now())
	for i, t := range n.tables {
		n.tables[i] = newTable(t.id, t.schema)
		if how == Reload {
			n.tables[i].inherit(t, shift)
		}
	}
	n.learned, n.tried = how == Reload && !n.cfg.Quirks.AsksAfterReload, false
	n.start()
}

// run calls the peer whenever it is time to.
func (n *Node) run(ctx context.Context) {
	for ctx.Err() == nil {
		n.mu.Lock()
		changed, now := n.changed, time.Now()
		idle := n.cfg.Dial != nil && n.link == nil && !n.silenced
		wait := n.callAt.Sub(now)
		if idle && wait <= 0 {
			n.callAt = now.Add(reconnect)
			n.stats.Calls++
		}
		n.mu.Unlock()
		switch {
		case !idle:
			select {
			case <-changed:
			case <-ctx.Done():
			}
		case wait > 0:
			select {
			case <-time.After(wait):
			case <-changed:
			case <-ctx.Done():
			}
		default:
			n.call(ctx)
		}
	}
}

// notify tells all who wait that something has changed. The lock must be held.
func (n *Node) notify() {
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *Node) trace(direction byte, b []byte) {
	if n.cfg.Trace != nil && len(b) > 0 {
		n.cfg.Trace(direction, b)
	}
}

// hello is what the process says when it calls.
func (n *Node) hello() wire.Hello {
	return wire.Hello{Minor: n.minor, Called: n.cfg.Peer, Caller: n.cfg.Name, PID: strconv.Itoa(n.pid)}
}

// clockStart lets the clock wrap 20 s after the start of the process, as HAProxy's does.
const clockStart uint32 = 1<<32 - 20000

// clock is the process's: milliseconds in 32 bits.
func (n *Node) clock(now time.Time) uint32 {
	return clockStart + uint32(now.Sub(n.born).Milliseconds())
}
