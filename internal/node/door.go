package node

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/secure"
	"tallystick/internal/wire"
)

// Door is one listener, where peers of one or several sections come in: it finds out who has
// come, and hands the connection to the section that was called. Safe for concurrent use.
type Door struct {
	lobby    *Lobby
	certs    *secure.Store
	log      *slog.Logger
	counters *Counters
	rules    atomic.Pointer[DoorRules]
	gossip   gossip
	refused  refusals       // of callers for whom no section was found
	inside   sync.WaitGroup // greetings
}

// DoorRules say who may come in, and where to. They are replaced as a whole; connections that
// are inside stay.
type DoorRules struct {
	Sections map[string]*Section // by the name that peers call
	TLS      *secure.Line        // nil: connections are plain
	Allow    []netip.Prefix      // addresses that may come, where the peer's line does not say; nil: what the section says
}

// NewDoor makes a door that nobody can pass before SetRules. certs may be nil if no rules
// will speak of TLS.
func NewDoor(lobby *Lobby, certs *secure.Store, log *slog.Logger, counters *Counters) *Door {
	d := &Door{lobby: lobby, certs: certs, log: log, counters: counters}
	d.rules.Store(&DoorRules{})
	return d
}

// SetRules sets who may come in from now on.
func (d *Door) SetRules(r DoorRules) { d.rules.Store(&r) }

// Serve accepts connections on ln until ctx ends, and closes it. It returns once everybody
// has gone in or away; sessions are the sections', and live on.
func (d *Door) Serve(ctx context.Context, ln net.Listener) error {
	defer d.inside.Wait()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	pause := 5 * time.Millisecond
	for {
		nc, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil: // out of files, most likely: others may end
			d.gossip.once("accept", time.Now(), func() { d.log.Error("cannot accept connections", "on", ln.Addr(), "err", err) })
			if !sleep(ctx, pause) {
				return nil
			}
			pause = min(2*pause, time.Second)
		default:
			pause = 5 * time.Millisecond
			d.Accept(ctx, nc)
		}
	}
}

// Accept takes over a connection that somebody made to us. What has not become a session
// when ctx ends is closed.
func (d *Door) Accept(ctx context.Context, nc net.Conn) {
	d.counters.Accepted.Add(1)
	rules := d.rules.Load()
	from := addrOf(nc.RemoteAddr())
	if rules.TLS != nil && !rules.admits(from) { // no handshake for strangers; without one, let it say its name, for the log
		nc.Close()
		d.counters.RefusedAllow.Add(1)
		d.gossip.once("allow "+from.String(), time.Now(), func() {
			d.log.Warn("connection refused: no 'allow' has its address", "from", nc.RemoteAddr())
		})
		return
	}
	d.inside.Go(func() { d.receive(ctx, nc, rules, from) })
}

// admits reports whether any peer may come from an address.
func (r *DoorRules) admits(from netip.Addr) bool {
	for _, s := range r.Sections {
		if s.mayCome(from, r.Allow) {
			return true
		}
	}
	return len(r.Sections) == 0
}

// expects reports whether a configured peer lives at an address.
func (r *DoorRules) expects(from netip.Addr) bool {
	for _, s := range r.Sections {
		if s.roster.livesAt(from) {
			return true
		}
	}
	return false
}

// receive finds out who has come, and lets him in or not.
func (d *Door) receive(ctx context.Context, nc net.Conn, rules *DoorRules, from netip.Addr) {
	tune(nc)
	g := greeting{Conn: &steady{Conn: nc}, from: from, door: rules, certs: d.certs}
	if err := d.greet(ctx, &g); err != nil {
		g.Close()
		d.refuseStranger(ctx, &g, err)
		return
	}
	section, peer, err := rules.admit(&g)
	if err == nil {
		err = section.take(peer, &g)
	}
	if err != nil {
		// Closed without a status line: any status but 200 makes HAProxy give up for ever.
		g.Close()
		d.refuse(section, &g, err)
	}
}

// greeting is a connection while it is found out who has come.
type greeting struct {
	net.Conn // plain at first, then encrypted
	from     netip.Addr
	door     *DoorRules
	certs    *secure.Store
	secured  *tls.ConnectionState // nil: it is plain
	hello    wire.Hello
	rest     []byte // what came behind the hello; without one, all that came
}

// greet encrypts the connection if the door wants that, and reads the hello: all of it within
// greetingTime and wire.MaxHello bytes.
func (d *Door) greet(ctx context.Context, g *greeting) error {
	raw := g.Conn
	if evicted := d.lobby.enter(raw, g.door.expects(g.from)); evicted != nil {
		evicted.Close()
		d.counters.StrangersEvicted.Add(1)
		d.gossip.once("strangers", time.Now(), func() {
			d.log.Warn("too many connections that have not said who they are: the oldest make room", "limit", maxStrangers, "newest", raw.RemoteAddr())
		})
	}
	defer d.lobby.leave(raw)
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	raw.SetDeadline(time.Now().Add(greetingTime))
	if g.door.TLS != nil {
		secured := tls.Server(raw, d.certs.Server(*g.door.TLS))
		if err := secured.HandshakeContext(ctx); err != nil {
			return &handshakeError{err}
		}
		state := secured.ConnectionState()
		g.Conn, g.secured = secured, &state
	}
	if err := g.read(); err != nil {
		return err
	}
	return raw.SetDeadline(time.Time{})
}

// read reads the hello.
func (g *greeting) read() (err error) {
	buf := make([]byte, 0, wire.MaxHello)
	for {
		n, err := g.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		g.rest = buf
		h, used, perr := wire.ParseHello(buf)
		switch {
		case perr == nil:
			g.hello, g.rest = h, buf[used:]
			return nil
		case !errors.Is(perr, wire.ErrShort):
			return perr
		case err != nil:
			return err
		}
	}
}

func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
