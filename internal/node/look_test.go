package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/topology"
)

// numbers are the counters of a peer that observers are shown.
func numbers(v PeerView) []uint64 {
	s := &v.Session
	return []uint64{uint64(v.Sessions), uint64(v.Lost), uint64(v.Silences), uint64(v.Replaced), uint64(v.ProtocolErrors), s.BytesIn, s.BytesOut,
		s.MessagesIn, s.MessagesOut, s.UpdatesIn, s.UpdatesOut, s.RequestsIn, s.FinishedOut}
}

// TestCountersNeverFall: whatever becomes of a peer's sessions and of the configuration, and however often somebody
// looks, from two sides at once.
func TestCountersNeverFall(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		done := make(chan struct{})
		for range 2 {
			go func() {
				last := make([]uint64, 13)
				for {
					select {
					case <-done:
						return
					case <-time.After(time.Millisecond):
					}
					now := numbers(c.section.Peer("lb1").View())
					for i := range now {
						if now[i] < last[i] {
							t.Errorf("counter %d fell from %d to %d", i, last[i], now[i])
						}
					}
					last = now
				}
			}()
		}
		defer close(done)
		for i := range 20 {
			lb1.Touch("web", alice, to(uint64(100+i)))
			wait(50 * time.Millisecond)
			switch i % 4 {
			case 0:
				c.section.Peer("lb1").Disable()
				wait(10 * time.Millisecond)
				c.section.Peer("lb1").Enable()
			case 1:
				c.node("lb1", tables()...) // another process comes in its place
				lb1 = c.nodes["lb1"]
			case 2:
				c.again(func(n *Config) { n.PushInterval += time.Millisecond })
			case 3: // another process, while the session of the first lives still
				old := lb1
				lb1 = c.newNode(1000+i, "lb1", "", tables()...)
				lb1.Start()
				wait(10 * time.Millisecond)
				old.Stop()
			}
			wait(3 * time.Second)
		}
		v := c.section.Peer("lb1").View()
		c.expect(v.Sessions > 5 && v.Session.UpdatesIn > 10 && v.Lost > 5, "sessions have come and gone, and all of them count")
	})
}

// TestLookIsPatient: a drive loop that answers nobody holds up an observer for a moment only, and what
// was seen last is told again.
func TestLookIsPatient(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		p := c.section.Peer("lb1")
		before := p.View()
		p.current().visit(func(*visit) { // the loop is busy while we look
			begin := time.Now()
			v := p.View()
			c.expect(time.Since(begin) == patience, "nobody waits for longer than patience")
			c.expect(slices.Equal(numbers(v), numbers(before)) && len(v.Lanes) == len(before.Lanes) && len(v.Feeds) == 1, "and is told what was seen before")
		})
		views := c.section.Views()
		c.expect(len(views) == 2 && views[0].Name == "lb1" && views[1].Name == "lb2", "all of them are in the order of Peers")
		c.expect(views[0].Session.Phase == "established" && len(views[0].Lanes) == 1, "each with what is inside")
	})
}

// BenchmarkLook: what a snapshot of a thousand peers costs whoever asks, one after the other and as observers are given it.
func BenchmarkLook(b *testing.B) {
	const peers = 1000
	ctx, cancel := context.WithCancel(context.Background())
	c := Config{ID: "main", Name: "agg", PID: 1, Rules: topology.Rules{Any: true, To: ".agg"}, PushInterval: 5 * time.Millisecond, MaxEntries: 1e6, MaxTables: 256,
		Counters: &Counters{}, Log: slog.New(slog.DiscardHandler), Dynamic: &Dynamic{Max: peers}}
	s := New(c, time.Now())
	d := NewDoor(&Lobby{}, nil, c.Log, c.Counters)
	d.SetRules(DoorRules{Sections: map[string]*Section{"agg": s}})
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	var nodes []*fakepeer.Node
	for i := range peers {
		n := fakepeer.New(fakepeer.Config{Name: fmt.Sprint("lb", i), Peer: "agg", PID: 2, Tables: tables(), Dial: func(context.Context) (net.Conn, error) {
			theirs, ours := pipe("10.0.0.1")
			d.Accept(ctx, ours)
			return theirs, nil
		}})
		n.Start()
		nodes = append(nodes, n)
		for c.Counters.Sessions.Load() <= uint64(i) { // one by one, or the lobby is full
			time.Sleep(100 * time.Microsecond)
		}
	}
	b.Run("by one", func(b *testing.B) {
		for b.Loop() {
			for _, p := range s.Peers() {
				p.View()
			}
		}
	})
	b.Run("by many", func(b *testing.B) {
		for b.Loop() {
			if n := len(s.Views()); n != peers {
				b.Fatal(n)
			}
		}
	})
	for _, n := range nodes {
		n.Stop()
	}
	cancel()
	<-ended
}
