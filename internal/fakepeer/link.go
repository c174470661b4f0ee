package fakepeer

import (
	"context"
	"net"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// link is one session. Its reader and its writer are goroutines; what they share is
// guarded by the node's lock.
type link struct {
	n    *Node
	conn net.Conn
	wake chan struct{} // there may be something to write
	done chan struct{} // closed with the connection

	timed bool      // the peer understands timed updates
	alive bool      // it has said something since the last look
	quiet time.Time // since when no update was pushed

	// What is to be sent.
	out    []byte // answers
	bye    bool   // and then the end
	last   *table // selected by our last definition
	dict   wire.OutDictionary
	asked  bool     // our request of a lesson is not answered yet
	lesson []lesson // what is left of the lesson that we give
	teach  bool     // we give one
	unsure bool     // we gave one, its CONFIRM has not come

	// What was received.
	remote map[uint32]*remote
	from   *remote // selected by the peer's last definition
	texts  wire.InDictionary
}

// remote is a table of the peer, as it announced it in this session.
type remote struct {
	schema stick.Schema
	to     *table // ours of that name, nil if it is to be ignored
	last   uint32 // id of the last update, as it is acked
	next   uint32 // id before that of an incremental update
	due    bool   // an ack is due
}

// call calls the peer and, if it is welcome, starts the session.
func (n *Node) call(ctx context.Context) {
	conn, err := n.cfg.Dial(ctx)
	if err != nil {
		return
	}
	n.mu.Lock()
	n.calling = conn
	hello := n.hello()
	n.trace('<', hello.Append(nil))
	n.mu.Unlock()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(reconnect))
	code, rest := 0, []byte(nil)
	if _, err = conn.Write(hello.Append(nil)); err == nil {
		rest, err = readLines(conn, func(b []byte) (k int, err error) {
			code, k, err = wire.ParseStatus(b)
			return k, err
		})
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	replaced := n.calling != conn // a hello came meanwhile
	n.calling = nil
	switch {
	case err != nil || ctx.Err() != nil || replaced:
		conn.Close()
	case code != wire.StatusOK: // HAProxy never calls again
		n.silenced = true
		if code == wire.StatusVersion {
			n.minor = 0
		}
		conn.Close()
		n.notify()
	default:
		n.establish(conn, true, rest)
	}
}

// Accept takes a call of the peer and serves it as the called side. It returns once the
// hello is answered; false: it was refused.
func (n *Node) Accept(conn net.Conn) bool {
	var h wire.Hello
	_ = conn.SetDeadline(time.Now().Add(reconnect))
	rest, err := readLines(conn, func(b []byte) (k int, err error) {
		h, k, err = wire.ParseHello(b)
		return k, err
	})
	status := wire.StatusOK
	switch fault, _ := err.(*wire.Error); {
	case fault != nil && fault.Offset == len("HAProxyS "):
		status = wire.StatusVersion
	case fault != nil:
		status = 501
	case err != nil:
		conn.Close()
		return false
	case h.Called != n.cfg.Name:
		status = 503
	case h.Caller != n.cfg.Peer:
		status = 504
	}
	if _, err := conn.Write(wire.AppendStatus(nil, status)); err != nil || status != wire.StatusOK {
		conn.Close()
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cancel == nil {
		conn.Close()
		return false
	}
	if n.calling != nil {
		n.calling.Close()
		n.calling = nil
	}
	if n.link != nil { // the last hello wins
		n.stats.Collisions++
		n.end(n.link)
	}
	n.minor, n.callAt = h.Minor, time.Now().Add(reconnect)
	n.establish(conn, h.Minor > 0, rest)
	return true
}

// readLines reads until parse is satisfied, and returns what came behind.
func readLines(conn net.Conn, parse func(b []byte) (int, error)) (rest []byte, err error) {
	var b []byte
	for {
		n, err := parse(b)
		if err == nil {
			return b[n:], nil
		}
		if err != wire.ErrShort {
			return nil, err
		}
		var in [wire.MaxHello]byte
		k, err := conn.Read(in[:])
		if err != nil {
			return nil, err
		}
		b = append(b, in[:k]...)
	}
}

// establish starts the session; rest is what the peer has said of it already. The lock
// must be held.
func (n *Node) establish(conn net.Conn, timed bool, rest []byte) {
	_ = conn.SetDeadline(time.Time{})
	now := time.Now()
	l := &link{n: n, conn: conn, timed: timed, alive: true, quiet: now, remote: map[uint32]*remote{},
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	n.link = l
	n.stats.Sessions++
	for _, t := range n.tables {
		t.pushed, t.origin = t.acked, t.acked
	}
	if !n.upToDate(now) && !n.tried {
		l.asked = true
		l.out = wire.AppendControl(l.out, wire.ResyncRequest)
	}
	n.wg.Go(func() { l.read(rest) })
	n.wg.Go(l.write)
	n.notify()
}

// upToDate reports whether nothing is left to learn, or nobody was there to teach.
func (n *Node) upToDate(now time.Time) bool {
	asking := n.link != nil && n.link.asked
	return n.learned || !asking && !now.Before(n.learnEnd)
}

// end closes a session. The lock must be held.
func (n *Node) end(l *link) {
	if n.link != l {
		return
	}
	n.link = nil
	if l.asked {
		n.learnEnd = time.Now().Add(assign)
	}
	close(l.done)
	l.conn.Close()
	n.notify()
}

// Cut closes the session as if the network had: at once, in the middle of anything.
func (n *Node) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.link != nil {
		n.end(n.link)
	}
	if n.calling != nil {
		n.calling.Close()
		n.calling = nil
	}
}
