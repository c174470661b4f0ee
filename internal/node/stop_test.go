package node

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"tallystick/internal/stick"
)

// Drain lets everybody hear what is due, and then ends.
func TestDrain(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.PushInterval = time.Hour // whoever coalesces would never tell
		lb1, _ := c.pair("")
		for i := range 1500 {
			lb1.Touch("web", alice, to(uint64(11+i)))
			wait(20 * time.Microsecond)
		}
		lb1.Touch("web", alice, to(5000))
		wait(0)
		v, _ := c.nodes["lb2"].Read("web.agg", alice, stick.HTTPReqCnt)
		c.expect(v < 5000, "a hot key has made the windows long")
		c.section.Drain()
		wait(0)
		c.shows("lb2", alice, 5020, "what was held back goes out")
		c.expect(c.section.Idle(), "and all sessions have ended")
		c.logs(2, "which is said", "peer left", "we are stopping")
		_, _, acked := lb1.Progress("web")
		counter, _, _ := lb1.Progress("web")
		c.expect(acked == counter, "everything that came was acked")
	})
}

// listener gives out what it is handed.
type listener struct {
	conns  chan net.Conn
	fails  chan error
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case err := <-l.fails:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{Port: 10000} }

func TestServe(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		l := &listener{make(chan net.Conn), make(chan error), make(chan struct{})}
		ctx, stop := context.WithCancel(c.ctx)
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- c.door.Serve(ctx, l) }()
		begin := time.Now()
		for range 10 {
			l.fails <- errors.New("too many open files")
		}
		c.expect(time.Since(begin) > time.Second, "when there are no files left it waits longer and longer")
		c.logs(1, "and says so once", "cannot accept connections", "too many open files")
		theirs, ours := pipe("10.0.0.1")
		l.conns <- ours
		(&stranger{theirs, c}).says("HAProxyS 2.1\nagg\nlb1 77 1\n").welcome("then it serves on")
		stop()
		c.expect(<-ended == nil, "it ends with its context")
		wait(time.Second)
		c.expect(c.section.Peer("lb1").Connected(), "sessions stay: a listener may close before them")
		theirs.Close()
	})
}
