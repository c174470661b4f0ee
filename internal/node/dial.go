package node

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"tallystick/internal/wire"
)

// keepCalled calls the peer as the rules want it until ctx ends: at our start, since
// HAProxy calls again only after five seconds; then whenever it has had no session for a
// while, at once if it is ours to call.
func (p *Peer) keepCalled(ctx context.Context) {
	wait := between(firstCallAfter, firstCallBefore)
	backoff := time.Second
	for sleep(ctx, wait) {
		wait = between(50*time.Millisecond, 2050*time.Millisecond)
		eager := p.conf().Dial || p.place().Eager
		switch {
		case p.current() != nil || p.isDisabled():
			backoff = time.Second
			if !eager {
				wait += max(0, callAfter-time.Since(p.lostSince()))
			}
		case !eager && !p.never() && time.Since(p.lostSince()) < callAfter:
			wait += callAfter - time.Since(p.lostSince())
		case p.call(ctx):
			backoff = time.Second
		case eager:
			wait += backoff
			backoff = min(2*backoff, 30*time.Second)
		default:
			wait += callAfter
		}
	}
}

// call makes one call and drives the session that comes of it. It reports whether there
// was one.
func (p *Peer) call(ctx context.Context) (had bool) {
	s, line := p.section, p.conf()
	s.Counters.Called.Add(1)
	nc, secured, err := s.reach(ctx, line)
	if err != nil {
		s.Counters.CallsFailed.Add(1)
		if ctx.Err() == nil {
			s.gossip.once("call "+p.Name+err.Error(), time.Now(), func() {
				s.log.Warn("cannot call peer", "peer", p.Name, "at", line.Addr, "why", err)
			})
		}
		return false
	}
	if p.current() != nil || ctx.Err() != nil { // it has called us meanwhile
		nc.Close()
		return true
	}
	c := newConn(p, nc, secured, true)
	hello := wire.Hello{Minor: 1, Called: p.Name, Caller: s.conf().Name, PID: pidString(s.conf().PID)}
	p.serve(ctx, c, hello, nil)
	return c.wasEstablished
}

// reach opens a connection to where a peer's line says that it is, encrypted if the line says
// so, within five seconds.
func (s *Section) reach(ctx context.Context, line *PeerConfig) (net.Conn, *tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	nc, err := s.dial(ctx, line.Addr)
	if err != nil {
		return nil, nil, plain(err)
	}
	tune(nc)
	nc = &steady{Conn: nc}
	if line.TLS == nil {
		return nc, nil, nil
	}
	host, _, _ := net.SplitHostPort(line.Addr)
	secured := tls.Client(nc, s.conf().Certs.Client(*line.TLS, host, line.Name))
	if err := secured.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, nil, &handshakeError{err}
	}
	state := secured.ConnectionState()
	return secured, &state, nil
}

// beCalled begins to call the peer if its line says where, and ends it if it does not any more.
func (p *Peer) beCalled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	called := p.conf().Addr != "" && !p.gone
	switch {
	case called && p.caller == nil:
		ctx, cancel := context.WithCancel(p.section.life)
		if p.section.spawn(func() { p.keepCalled(ctx) }) {
			p.caller = cancel
		} else {
			cancel()
		}
	case !called && p.caller != nil:
		p.caller()
		p.caller = nil
	}
}

// hangUp ends the calls to the peer, and the session that came of one.
func (p *Peer) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.caller != nil {
		p.caller()
		p.caller = nil
	}
}

// dial opens a connection to addr from the configured source address. Names are looked up
// at each call: a pod that has moved is found again.
func (s *Section) dial(ctx context.Context, addr string) (net.Conn, error) {
	c := s.conf()
	if c.Dial != nil {
		return c.Dial(ctx, addr)
	}
	d := net.Dialer{}
	d.SetMultipathTCP(false) // it would escape a sandbox's rules for TCP
	if c.Source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(c.Source)
		d.Control = func(_, _ string, rc syscall.RawConn) error {
			return rc.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
		}
	}
	return d.DialContext(ctx, "tcp", addr)
}

// tune sets what a connection of the peers protocol needs: bytes that nobody acknowledges
// end it, since HAProxy's own sign of life cannot be relied upon. And what the peer cannot take
// yet stays in the tables, where it is replaced by what is newer, and not in the kernel.
func tune(nc net.Conn) {
	t, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	if rc, err := t.SyscallConn(); err == nil {
		rc.Control(func(fd uintptr) {
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
		})
	}
}

// never reports whether the peer has not had a session since our start.
func (p *Peer) never() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live == nil && p.lost.IsZero()
}

// lostSince is when the peer's last session ended; while there is a connection it is now.
func (p *Peer) lostSince() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live != nil {
		return time.Now()
	}
	return p.lost
}

func (p *Peer) isDisabled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.disabled
}

// between draws a time from [from, to): peers that lost us together must not call together.
func between(from, to time.Duration) time.Duration { return from + rand.N(to-from) }

// sleep waits for d and reports whether ctx has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
