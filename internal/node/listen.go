package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"tallystick/internal/wire"
)

// Serve accepts peers on ln until ctx ends, which must not be later than that of Run, and
// closes ln. What was accepted lives on: a listener may go before its sessions.
func (s *Section) Serve(ctx context.Context, ln net.Listener) error {
	s.conns.Add(1) // Run waits for what is accepted at the last moment
	defer s.conns.Done()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	pause := 5 * time.Millisecond
	for {
		nc, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil: // out of files, most likely: others may end
			s.gossip.once("accept", time.Now(), func() { s.log.Error("cannot accept connections", "on", ln.Addr(), "err", err) })
			if !sleep(ctx, pause) {
				return nil
			}
			pause = min(2*pause, time.Second)
		default:
			pause = 5 * time.Millisecond
			s.Accept(nc)
		}
	}
}

// Accept takes over a connection that somebody made to us.
func (s *Section) Accept(nc net.Conn) {
	s.Counters.Accepted.Add(1)
	s.conns.Go(func() {
		tune(nc)
		hello, rest, err := s.greet(nc)
		if err != nil {
			nc.Close()
			s.refuseStranger(nc, rest, err)
			return
		}
		p, err := s.admit(hello, addrOf(nc.RemoteAddr()))
		if err != nil {
			// Closed without a status line: any status but 200 makes HAProxy give up for ever.
			nc.Close()
			s.gossip.once(err.Error(), time.Now(), func() {
				s.log.Warn("connection refused", "from", nc.RemoteAddr(), "why", err)
			})
			return
		}
		p.serve(s.life, newConn(p, nc, false), hello, rest)
	})
}

// greet reads the hello of a stranger, within greetingTime and wire.MaxHello bytes, and what
// came behind it; with an error rest is all that came.
func (s *Section) greet(nc net.Conn) (h wire.Hello, rest []byte, err error) {
	if evicted := s.strangers.enter(nc); evicted != nil {
		evicted.Close()
		s.Counters.StrangersEvicted.Add(1)
		s.gossip.once("strangers", time.Now(), func() {
			s.log.Warn("too many connections that have not said who they are: the oldest make room", "limit", maxStrangers, "newest", nc.RemoteAddr())
		})
	}
	defer s.strangers.leave(nc)
	stop := context.AfterFunc(s.life, func() { nc.Close() })
	defer stop()
	nc.SetReadDeadline(time.Now().Add(greetingTime))
	buf := make([]byte, 0, wire.MaxHello)
	for {
		n, err := nc.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		h, used, perr := wire.ParseHello(buf)
		switch {
		case perr == nil:
			nc.SetReadDeadline(time.Time{})
			return h, buf[used:], nil
		case !errors.Is(perr, wire.ErrShort):
			return h, buf, perr
		case err != nil:
			return h, buf, err
		}
	}
}

// refuseStranger counts and logs a connection that never became a peer and has said no more
// than that.
func (s *Section) refuseStranger(nc net.Conn, said []byte, err error) {
	var bad *wire.Error
	var timeout net.Error
	from := addrOf(nc.RemoteAddr())
	switch {
	case s.life.Err() != nil:
	case errors.As(err, &bad):
		s.Counters.BadHello.Add(1)
		why := bad.What
		if isTLS(said) {
			why = "it is TLS, but we speak plain TCP here: take 'ssl' out of the node's line for us"
		}
		s.gossip.once("hello "+from.String()+why, time.Now(), func() {
			s.log.Warn("connection refused: not a hello of the peers protocol", "from", nc.RemoteAddr(), "why", why,
				"said", string(said[:min(len(said), 40)]))
		})
	case errors.As(err, &timeout) && timeout.Timeout():
		s.Counters.LateHello.Add(1)
		s.gossip.once("late "+from.String(), time.Now(), func() {
			s.log.Warn("connection refused: no hello came", "from", nc.RemoteAddr(), "within", greetingTime)
		})
	default: // gone before it said anything: a port scan, a health check
		s.Counters.BadHello.Add(1)
		s.log.Debug("connection ended before its hello", "from", nc.RemoteAddr(), "err", err)
	}
}

// isTLS reports whether b begins like a handshake of SSL 3.0 to TLS 1.3.
func isTLS(b []byte) bool { return len(b) > 1 && b[0] == 0x16 && b[1] == 3 }

// admit finds the peer that a hello names, or says why it may not come in and which line
// would let it.
func (s *Section) admit(h wire.Hello, from netip.Addr) (*Peer, error) {
	c := s.Counters
	if h.Called != s.Name {
		c.RefusedWrongName.Add(1)
		return nil, fmt.Errorf("'%s' called '%s', but our name here is '%s': write 'server %s ...' in its peers section, or 'peer %s ... local' in aggregations %s",
			h.Caller, h.Called, s.Name, s.Name, h.Called, s.ID)
	}
	if h.Caller == s.Name {
		c.RefusedSelf.Add(1)
		return nil, fmt.Errorf("it says that it is '%s', which is our own name: every peer needs its own (localpeer, or -L)", h.Caller)
	}
	p := s.byName[h.Caller]
	if p == nil {
		c.RefusedUnknown.Add(1)
		return nil, fmt.Errorf("no line admits '%s', which called '%s': add 'peer %s %s' to aggregations %s",
			h.Caller, h.Called, h.Caller, net.JoinHostPort(from.WithZone("").String(), "PORT"), s.ID)
	}
	if p.isDisabled() {
		return nil, fmt.Errorf("'%s' is disabled: 'enable peer %s/%s' on the runtime CLI admits it again", h.Caller, s.ID, h.Caller)
	}
	if live := p.current(); live != nil && live.established.Load() && live.remote != from {
		c.RefusedAddress.Add(1)
		live.ask(&live.nudge) // HAProxy forgets the live session's signs of life when a connection of its name ends
		return nil, fmt.Errorf("'%s' has a session from %s that is alive: two processes have the same name", h.Caller, live.remote)
	}
	return p, nil
}

// strangers holds the connections that have not said who they are. When there are too
// many, the one that has been silent for longest makes room. Safe for concurrent use.
type strangers struct {
	mu    sync.Mutex
	conns []net.Conn // oldest first
}

func (s *strangers) enter(nc net.Conn) (evicted net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= maxStrangers {
		evicted = s.conns[0]
		s.conns = s.conns[1:]
	}
	s.conns = append(s.conns, nc)
	return evicted
}

func (s *strangers) leave(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.conns {
		if c == nc {
			s.conns = append(s.conns[:i], s.conns[i+1:]...)
			return
		}
	}
}

// gossip keeps the log short: a caller that is refused calls again every five seconds, and
// strangers may choose what is said of them. Safe for concurrent use.
type gossip struct {
	mu     sync.Mutex
	said   map[string]time.Time
	unsaid int // things that there was no room to remember, so they were not said
}

const (
	gossipFor = 10 * time.Minute // the same thing is said again after that time
	gossipMax = 1000             // things remembered; more are not said until some are old
)

// once calls say unless that was done for the same what within the last ten minutes.
func (g *gossip) once(what string, now time.Time, say func()) {
	if g.isNews(what, now) {
		say()
	}
}

func (g *gossip) isNews(what string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if last, known := g.said[what]; known && now.Sub(last) < gossipFor {
		return false
	}
	if len(g.said) >= gossipMax {
		maps.DeleteFunc(g.said, func(_ string, last time.Time) bool { return now.Sub(last) >= gossipFor })
	}
	if len(g.said) >= gossipMax {
		g.unsaid++
		return false
	}
	if g.said == nil {
		g.said = map[string]time.Time{}
	}
	g.said[what] = now
	return true
}

// silent takes the number of things that were not said.
func (g *gossip) silent() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, g.unsaid = g.unsaid, 0
	return n
}

func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
