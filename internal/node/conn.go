package node

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"tallystick/internal/session"
	"tallystick/internal/topology"
	"tallystick/internal/wire"
)

// Reasons for which we end a connection ourselves.
var (
	ErrReplaced = errors.New("replaced by a newer connection of the same name")
	ErrDisabled = errors.New("disabled on the runtime CLI")
	ErrStopping = errors.New("we are stopping")
	ErrRemoved  = errors.New("it is taken out of the configuration")
	ErrChanged  = errors.New("its line in the configuration asks for something else now")
)

// conn is one connection of one peer. Others may poke and ask; everything else is done by
// the goroutine in serve.
type conn struct {
	peer    *Peer
	nc      net.Conn
	calling bool // we made the connection
	remote  netip.Addr
	secured *tls.ConnectionState // nil: it is plain
	since   time.Time
	heard   atomic.Int64 // when the last byte came, in ns; 0: the peer has never shown a sign of life

	established    atomic.Bool
	wasEstablished bool // the same, for serve's caller once it is over

	asleep         bool              // one of the section's sleepers, guarded by them
	wake           chan struct{}     // room for one: something may have changed
	visitors       chan func(*visit) // what observers want done between two steps
	done           chan struct{}     // closed when the drive loop has ended
	end            context.CancelCauseFunc
	ctx            context.Context
	relearn, nudge atomic.Bool // asked for by ask
}

func newConn(p *Peer, nc net.Conn, secured *tls.ConnectionState, calling bool) *conn {
	c := &conn{peer: p, nc: nc, secured: secured, calling: calling, remote: addrOf(nc.RemoteAddr()), since: time.Now(),
		wake: make(chan struct{}, 1), visitors: make(chan func(*visit)), done: make(chan struct{})}
	c.ctx, c.end = context.WithCancelCause(context.Background())
	return c
}

// poke makes the drive loop look whether there is something to do. It never blocks.
func (c *conn) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// ask sets one of the connection's wishes and pokes it.
func (c *conn) ask(wish *atomic.Bool) {
	wish.Store(true)
	c.poke()
}

// visit runs f in the drive loop, between two steps, and waits for it. It reports whether f
// was run: a connection that has ended runs nothing.
func (c *conn) visit(f func(*visit)) bool {
	ran, _ := c.visitWithin(nil, func(v *visit) { f(v); v.stir() }) // what f has changed may be worth saying
	return ran
}

// visitWithin is visit for observers: it gives up once enough has come before f was begun, and since f changes
// nothing the peer is not spoken to for it.
func (c *conn) visitWithin(enough <-chan time.Time, f func(*visit)) (ran, late bool) {
	done := make(chan struct{})
	select {
	case c.visitors <- func(v *visit) { defer close(done); f(v) }:
		<-done
		return true, false
	case <-c.done:
		return false, false
	case <-enough:
		return false, true
	}
}

// serve makes c the peer's connection, waits until the one before has let go, and drives
// the session until it is over. It closes the connection and tells the log why.
func (p *Peer) serve(ctx context.Context, c *conn, hello wire.Hello, rest []byte) {
	s := p.section
	defer close(c.done)
	defer c.nc.Close()
	stop := context.AfterFunc(ctx, func() { c.end(ErrStopping) })
	defer stop()
	old, ok := p.attach(c)
	if !ok {
		return
	}
	if old != nil {
		s.Counters.Replaced.Add(1)
		old.end(ErrReplaced)
	}
	defer func() {
		if p.detach(c, time.Now()) {
			p.stand(topology.Away)
		}
	}()
	var b *book
	select {
	case b = <-p.book:
	case <-c.ctx.Done():
		return
	}
	v := newVisit(c, b, hello)
	s.enlist(c)
	err := c.drive(v, rest)
	s.dismiss(c)
	p.mu.Lock()
	p.tally.past.Add(v.session.Stats()) // before anybody else has the book: what was counted stays counted
	p.mu.Unlock()
	p.book <- b
	c.wasEstablished = c.established.Load()
	c.farewell(v, err)
}

// farewell logs and counts why the connection is over.
func (c *conn) farewell(v *visit, err error) {
	s := c.peer.section
	log := s.log.With("peer", c.peer.Name)
	var refusal *session.StatusError
	if errors.As(err, &refusal) {
		c.peer.mu.Lock()
		c.peer.tally.status = refusal.Code
		c.peer.mu.Unlock()
	}
	if !c.wasEstablished {
		s.Counters.CallsFailed.Add(1)
		if c.ctx.Err() != nil {
			return // we have given it up ourselves
		}
		s.gossip.once("refused by "+c.peer.Name, time.Now(), func() {
			log.Warn("peer refused our call", "at", c.nc.RemoteAddr(), "we_are", s.conf().Name, "why", err)
		})
		return
	}
	s.Counters.SessionsLost.Add(1)
	var fault *session.Error
	var silence *session.SilenceError
	lasted := time.Since(c.since).Round(time.Millisecond)
	c.peer.mu.Lock()
	c.peer.tally.lost++
	if errors.As(err, &fault) {
		c.peer.tally.protocolErrors++
		c.peer.fault = &Fault{When: time.Now(), From: c.nc.RemoteAddr().String(), Err: err}
	}
	if errors.As(err, &silence) {
		c.peer.tally.silences++
	}
	if errors.Is(err, ErrReplaced) {
		c.peer.tally.replaced++
	}
	c.peer.mu.Unlock()
	switch {
	case errors.As(err, &fault):
		s.Counters.ProtocolErrors.Add(1)
		log.Error("peer left: it sent a malformed message", "why", err, "after", lasted)
	case v.session.Stats().Complaints > 0:
		log.Error("peer left: it found what we sent malformed; its own log says more", "why", err, "after", lasted)
	case errors.Is(err, ErrReplaced), errors.Is(err, ErrStopping), errors.Is(err, ErrDisabled), errors.Is(err, ErrRemoved), errors.Is(err, ErrChanged):
		log.Info("peer left", "why", err, "after", lasted)
	default:
		log.Warn("peer left", "why", err, "after", lasted)
	}
}

// greeted notes that the session is established.
func (c *conn) greeted(v *visit) {
	if c.established.Swap(true) {
		return
	}
	v.begin()
	s := c.peer.section
	s.roster.settleAt(c.peer, c.remote)
	c.peer.stand(topology.Learning)
	s.Counters.Sessions.Add(1)
	c.peer.mu.Lock()
	c.peer.tally.established++
	c.peer.tally.lastEstablished = time.Now()
	c.peer.tally.status = wire.StatusOK
	c.peer.mu.Unlock()
	if c.calling {
		s.log.Info("peer answered our call", "peer", c.peer.Name, "address", c.nc.RemoteAddr())
		return
	}
	s.log.Info("peer came", "peer", c.peer.Name, "address", c.nc.RemoteAddr(), "process", v.hello.PID, "protocol", "2."+strconv.Itoa(v.hello.Minor))
}

func pidString(pid int) string { return strconv.Itoa(pid) }
