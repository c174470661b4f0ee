package node

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/topology"
	"tallystick/internal/wire"
)

// callee is a peer that reads our hello, says something and closes.
type callee struct {
	wg     sync.WaitGroup
	mu     sync.Mutex
	calls  []time.Time
	hellos []wire.Hello
}

// callee puts one in the place of a node; say is what it answers to the n-th call, from 1.
// With nil nobody is there.
func (c *cluster) callee(name string, say func(n int) string) *callee {
	p := &callee{}
	c.t.Cleanup(p.wg.Wait)
	c.answer(name, func(context.Context) (net.Conn, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, time.Now())
		if say == nil {
			return nil, errors.New("connection refused")
		}
		theirs, ours := pipe(addressOf(name))
		n := len(p.calls)
		p.wg.Go(func() { p.serve(theirs, say, n) })
		return ours, nil
	})
	return p
}

func (p *callee) serve(nc net.Conn, say func(n int) string, n int) {
	defer nc.Close()
	buf := make([]byte, wire.MaxHello)
	k, _ := nc.Read(buf)
	h, _, _ := wire.ParseHello(buf[:k])
	p.mu.Lock()
	p.hellos = append(p.hellos, h)
	p.mu.Unlock()
	nc.Write([]byte(say(n)))
	nc.Read(buf)
}

// heard returns the hellos so far.
func (p *callee) heard() []wire.Hello {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.hellos)
}

// called returns how long after begin the first call came, and how long after one another
// the others.
func (p *callee) called(begin time.Time) (gaps []time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.calls {
		gaps = append(gaps, at.Sub(begin))
		begin = at
	}
	return gaps
}

func TestCallsAtStart(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Peers[1].Addr = ""
		lb1 := c.callee("lb1", nil)
		begin := time.Now()
		c.start()
		wait(4 * time.Minute)
		gaps := lb1.called(begin)
		c.expect(gaps[0] >= 50*time.Millisecond && gaps[0] < 500*time.Millisecond, "at our start every peer with an address is called")
		for _, g := range gaps[1:] {
			c.expect(g >= 10*time.Second && g < 12100*time.Millisecond, "then each 10 s, and a bit: peers that lost us together shall not call together")
		}
		c.logs(1, "that it fails is said once", "cannot call peer", "peer=lb1")
		c.expect(c.section.Counters.Called.Load() == uint64(len(gaps)), "without an address nobody is called")
	})
}

// Peers that call us are called only when they do not.
func TestCallsAfterASessionIsLost(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.start()
		n := c.node("lb1", tables()...)
		for i := range 10 {
			c.answer("lb1", nil)
			wait(time.Minute + time.Duration(i)*1100*time.Millisecond)
			c.expect(n.Stats().Sessions == i+1, "as long as there is a session nobody is called")
			lb1 := c.callee("lb1", nil)
			lost := time.Now()
			n.Stop()
			wait(9900 * time.Millisecond)
			c.expect(len(lb1.called(lost)) == 0, "HAProxy has ten seconds to call again")
			wait(2300 * time.Millisecond)
			c.expect(len(lb1.called(lost)) == 1, "then we do, within two seconds")
			n.Restart(fakepeer.Reload)
		}
	})
}

func TestWhoIsAlwaysCalled(t *testing.T) {
	for _, x := range []struct {
		name string
		line PeerConfig
	}{
		{"dial", PeerConfig{Name: "lb1", Addr: "lb1", Dial: true}},
		{"up", PeerConfig{Name: "lb1", Addr: "lb1", Role: topology.Up}},
	} {
		t.Run(x.name, func(t *testing.T) {
			bubble(t, "", func(c *cluster) {
				c.config.Peers = []PeerConfig{x.line}
				lb1 := c.callee("lb1", nil)
				begin := time.Now()
				c.start()
				wait(3 * time.Minute)
				low := time.Second
				for _, g := range lb1.called(begin)[1:] {
					c.expect(g >= low && g < low+2100*time.Millisecond, "called again soon, and less and less often")
					low = min(2*low, 30*time.Second)
				}
				c.answer("lb1", nil)
				n := c.newNode(7, "lb1", "", web("web"), web("web.agg"))
				n.Start()
				wait(33 * time.Second)
				for range 20 {
					n.Cut()
					lost := time.Now()
					for !n.Stats().Up {
						wait(10 * time.Millisecond)
					}
					c.expect(time.Since(lost) < 2100*time.Millisecond, "a session that was lost is called for within two seconds")
					wait(6 * time.Second)
				}
			})
		})
	}
}

// Both call, both hellos are under way: each side takes the one that it is given, so both
// may be lost. It must come to rest with one session that both sides take for theirs.
func TestCollision(t *testing.T) {
	for n := range 100 {
		bubble(t, "lb1", func(c *cluster) {
			late := func() { time.Sleep(time.Duration(rand.N(400)) * time.Millisecond) }
			c.config.Peers[0].Dial = n%2 == 0
			node := fakepeer.New(fakepeer.Config{Name: "lb1", Peer: "agg", PID: 7, Tables: tables(), Dial: func(context.Context) (net.Conn, error) {
				theirs, ours := pipe("10.0.0.1")
				go func() { late(); c.door.Accept(c.ctx, ours) }()
				return theirs, nil
			}})
			c.nodes["lb1"] = node
			c.answer("lb1", func(context.Context) (net.Conn, error) {
				theirs, ours := pipe("10.0.0.1")
				go func() { late(); node.Accept(theirs) }()
				return ours, nil
			})
			c.start()
			node.Start()
			wait(15 * time.Second)
			before := node.Stats().Sessions
			node.Touch("web", alice, to(5))
			settle()
			c.shows("lb1", alice, 5, "there is a session, and sums go over it")
			wait(time.Minute)
			c.expect(node.Stats().Sessions == before && node.Stats().Up, "and it stays")
			c.expect(len(*c.section.live.Load()) == 1, "we have one and no other")
			c.logs(0, "a call that the peer's own has overtaken was not refused", "refused our call", "replaced by")
		})
		if t.Failed() {
			t.Fatalf("the %dth time", n)
		}
	}
}

func TestRefusals(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		lb1 := c.callee("lb1", func(n int) string { return []string{"502\n", "200\n", "200\n"}[min(n, 3)-1] })
		c.callee("lb2", func(int) string { return "503\n" })
		c.callee("lb3", func(int) string { return "504\n" })
		c.start()
		wait(2 * time.Minute)
		hellos := lb1.heard()
		c.expect(hellos[0].Minor == 1 && hellos[1].Minor == 0, "a peer that does not take 2.1 is told 2.0")
		c.expect(c.section.Peer("lb1").View().LastStatus == 200, "which it takes")
		c.logs(1, "the log says once that our name is not theirs", "peer refused our call", "peer=lb2", "503")
		c.logs(1, "and that we have no line there", "peer refused our call", "peer=lb3", "504", "we_are=agg")
		c.expect(c.section.Peer("lb3").View().LastStatus == 504, "shows have the status")
		h := hellos[0]
		c.expect(h.Called == "lb1" && h.Caller == "agg" && h.PID == "1", "the hello names both, and our process")
	})
}

// A peer that takes our call and says nothing is given up after five seconds.
func TestNoStatus(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		lb1 := c.callee("lb1", func(int) string { time.Sleep(6 * time.Second); return "200\n" })
		c.start()
		wait(time.Minute)
		c.logs(1, "that is said once", "peer refused our call", "why=")
		c.expect(len(lb1.called(time.Now())) >= 3 && c.section.Counters.CallsFailed.Load() >= 3, "and tried again")
	})
}
