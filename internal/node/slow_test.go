package node

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// key is the i-th of many addresses.
func keyOf(i int) string { return string(binary.BigEndian.AppendUint32(nil, 0x0a000000+uint32(i))) }

// A peer that reads nothing is not asked what it wants to hear: nothing queues up for it.
func TestPeerThatReadsNothing(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		c.start()
		for _, name := range []string{"lb1", "lb2", "lb3"} {
			c.node(name, tables()...)
		}
		calm()
		slow, w := c.nodes["lb3"], c.witnesses["lb3"]
		slow.Misbehave(fakepeer.Faults{NoRead: true})
		for i := range 900 {
			c.nodes["lb1"].Touch("web", alice, to(uint64(i)))
			c.nodes["lb1"].Touch("web", keyOf(i%100), to(uint64(i)))
			wait(5 * time.Millisecond)
			if i%100 == 99 {
				c.shows("lb2", alice, uint64(i), "it delays nobody")
			}
		}
		before := w.count()
		slow.Misbehave(fakepeer.Faults{})
		wait(time.Second)
		c.shows("lb3", alice, 899, "once it reads again it gets the newest")
		c.reads("lb3", "web.agg", keyOf(99), stick.HTTPReqCnt, 899, "of every key")
		if n := w.count() - before; n > 500 {
			t.Errorf("%d updates, want a buffer full of old ones and one for each of 101 keys: 1800 changes have passed", n)
		}
		c.expect(slow.Stats().Sessions == 1, "it was slow, not dead: it kept its session")
	})
}

// A node that reads nothing at all is cut after five seconds. It calls again, is cut again, and
// has the newest values as soon as it reads.
func TestPeerThatReadsNothingForLong(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		c.start()
		for _, name := range []string{"lb1", "lb2", "lb3"} {
			c.node(name, tables()...)
		}
		calm()
		slow := c.nodes["lb3"]
		slow.Misbehave(fakepeer.Faults{NoRead: true})
		begin := time.Now()
		for i := range 6000 { // ten minutes
			c.nodes["lb1"].Touch("web", keyOf(i%500), to(uint64(i)))
			wait(100 * time.Millisecond)
			if i%100 == 99 {
				c.reads("lb2", "web.agg", keyOf(i%500), stick.HTTPReqCnt, uint64(i), "it delays nobody")
			}
			if p := c.section.Peer("lb3").View(); p.Lost == 0 {
				c.expect(time.Since(begin) < stallTime+stallSlack+time.Second, "it is cut")
			} else if p.Lost == 1 && !p.Connected {
				c.expect(time.Since(begin) > stallTime, "but not before five seconds have passed")
			}
		}
		c.expect(len(c.log.lines("peer left", "peer=lb3", ErrStalled.Error())) > 10, "the log says why, each time")
		slow.Misbehave(fakepeer.Faults{})
		wait(10 * time.Second)
		c.reads("lb3", "web.agg", keyOf(499), stick.HTTPReqCnt, 5999, "once it reads again it gets the newest")
		c.reads("lb3", "web.agg", keyOf(0), stick.HTTPReqCnt, 5500, "of every key")
	})
}

// A burst begins a pause in pushing. It must end although the peer takes nothing and is
// not asked what it wants: a loop that waits for a moment in the past never sleeps, and
// this bubble's time would stand still.
func TestStalledInAPause(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, lb2 := c.pair("")
		lb2.Misbehave(fakepeer.Faults{NoRead: true})
		for i := range 1000 {
			lb1.Touch("web", keyOf(i), to(1))
		}
		wait(3 * time.Second)
		lb2.Misbehave(fakepeer.Faults{})
		wait(time.Second)
		c.expect(len(lb2.Keys("web.agg")) == 1001, "once it reads it gets all keys")
	})
}

func TestPeerThatReadsSlowly(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, lb2 := c.pair("")
		lb2.Misbehave(fakepeer.Faults{ReadDelay: 100 * time.Millisecond}) // 640 bytes a second
		for i := range 600 {
			lb1.Touch("web", alice, to(uint64(100+i)))
			wait(100 * time.Millisecond)
		}
		v, _ := lb2.Read("web.agg", alice, stick.HTTPReqCnt)
		c.expect(v > 700, "a minute later it is a moment behind, not a minute: 720 is the newest")
		lb2.Misbehave(fakepeer.Faults{})
		settle()
		c.shows("lb2", alice, 719, "and then not at all")
	})
}

// A connection may be half open: a peer that has sent heartbeats and stops is gone.
func TestSilentPeer(t *testing.T) {
	for _, x := range []struct {
		role topology.Role
		life time.Duration
	}{{topology.Node, 10 * time.Second}, {topology.Down, 5500 * time.Millisecond}} {
		bubble(t, "lb1", func(c *cluster) {
			c.config.Peers[0] = PeerConfig{Name: "lb1", Role: x.role}
			c.start()
			s := c.knock("10.0.0.1").says("HAProxyS 2.1\nagg\nlb1 77 1\n\x00\x04")
			_, closed := s.hears(x.life - 100*time.Millisecond)
			c.expect(!closed, "it may be silent for a while")
			_, closed = s.hears(200 * time.Millisecond)
			c.expect(closed && c.section.Peer("lb1").View().Silences == 1, "then it is dead")
			c.logs(1, "the log says why", "peer left", "sent heartbeats and then nothing for "+x.life.String())
		})
	}
}

// HAProxy 1.8 has no heartbeats: its silence means nothing.
func TestPeerThatNeverBeats(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("1.8")
		wait(10 * time.Minute)
		c.expect(lb1.Stats().Sessions == 1, "nobody takes it for dead")
	})
}

func TestHeartbeats(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.start()
		n := c.node("lb1", tables()...)
		wait(time.Minute)
		if b := n.Stats().Beats; b < 24 || b > 30 {
			t.Errorf("%d heartbeats in a minute, want one each 2.5 s and two at the start", b)
		}
		c.expect(n.Stats().Dead == 0, "so HAProxy never takes us for dead")
		v := c.section.Peer("lb1").View()
		c.expect(v.Session.HeartbeatsIn >= 19, "it sends its own each 3 s")
	})
}

// An idle key goes out at once; one that changes all the time once a push interval.
func TestCoalescing(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.PushInterval = 50 * time.Millisecond
		lb1, _ := c.pair("")
		w := c.witnesses["lb2"]
		lb1.Touch("web", alice, to(11))
		wait(0)
		c.shows("lb2", alice, 31, "a change after a quiet time goes out in no time at all")
		before := w.count()
		for i := range 50000 {
			lb1.Touch("web", alice, to(uint64(12+i)))
			wait(20 * time.Microsecond)
		}
		if n := w.count() - before; n < 20 || n > 33 {
			t.Errorf("%d updates of 50000 changes in a second, want one in each of 20 intervals and a dozen until the windows were so long", n)
		}
		wait(50 * time.Millisecond)
		c.shows("lb2", alice, 50031, "the last value arrives an interval later at most")
		for i := range 100 {
			lb1.Touch("web", keyOf(i), to(1))
			wait(5 * time.Millisecond)
		}
		lb1.Touch("web", bob, to(7))
		wait(100 * time.Microsecond)
		c.shows("lb2", bob, 7, "keys that change once have made the windows short again: two peers need 80 us")
	})
}

// Messages to a node stay near one for each key in each interval while keys are hot.
func TestHotKeys(t *testing.T) {
	const keys, second = 100, 50000 // changes in a second
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		push := func(n int) {
			for i := range n {
				lb1.Touch("web", keyOf(i*37%keys), to(uint64(i)))
				wait(20 * time.Microsecond)
			}
		}
		push(second) // in the shortest window, 80 us for two peers, no key changes twice: it finds out
		before := c.witnesses["lb2"].count()
		push(second)
		if n := c.witnesses["lb2"].count() - before; n > keys*200*11/10 {
			t.Errorf("%d messages in a second, want at most 1.1 for each of 100 keys in each of 200 intervals", n)
		}
	})
}

func TestTooManyTables(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		var many []*stick.Schema
		for i := range maxPeerTables + 6 {
			many = append(many, web(fmt.Sprintf("t%02d", i)))
		}
		n := c.node("lb1", many...)
		for _, s := range many {
			n.Touch(s.Name, alice, to(1))
		}
		calm()
		c.expect(len(c.section.Tables()) == maxPeerTables, "a peer may have 64 tables")
		c.expect(c.section.Counters.TablesRefused.Load() >= 6, "the others are counted")
		c.logs(1, "and said once", "table not taken", "more than 64 are not taken")
		c.expect(n.Stats().Sessions == 1, "the session is not harmed")
	})
}

func TestMaxTables(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.MaxTables = 2
		c.start()
		c.node("lb1", web("a"), web("b"), web("c"), web("a.agg"), web("b.agg"), web("c.agg"))
		calm()
		c.expect(len(c.section.Tables()) == 2, "the section has room for two")
		c.logs(1, "the log names the limit", "table not taken", "max-tables 2")
	})
}

func TestMaxEntries(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.MaxEntries = 100
		lb1, lb2 := c.pair("")
		for i := range 1000 {
			lb1.Touch("web", keyOf(i), to(1))
		}
		settle()
		b := c.section.Budget()
		c.expect(b.Used() == 100, "there is no row above the limit")
		c.expect(b.Evicted()+b.Refused() == 901 && b.Evicted() > 0, "older rows of the same peer make room, or the new one is not taken")
		c.logs(1, "which is said once", "too many keys", "max_entries=100")
		lb2.Touch("web", alice, to(21))
		settle()
		_, sum := c.section.Table("web.agg")
		c.expect(sum.Stats().Rows <= 100, "whatever comes")
		c.shows("lb2", alice, 31, "a key that others feed too is not evicted: 10 + 21")
	})
}

// HAProxy would cut the key, and two keys would become one.
func TestKeysTooLongForATwin(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		text := func(name string, length uint32) *stick.Schema {
			s := web(name)
			s.KeyType, s.KeyLen = stick.String, length+1
			return s
		}
		c.start()
		lb1 := c.node("lb1", text("web", 32), text("web.agg", 32))
		c.node("lb2", text("web", 32), text("web.agg", 8))
		calm()
		long, fits := strings.Repeat("x", 9), strings.Repeat("y", 8)
		for i := range 3 {
			lb1.Touch("web", long, to(uint64(1+i)))
			lb1.Touch("web", fits, to(uint64(1+i)))
			settle()
		}
		c.reads("lb1", "web.agg", long, stick.HTTPReqCnt, 3, "lb1's twin holds it")
		c.reads("lb2", "web.agg", fits, stick.HTTPReqCnt, 3, "lb2's holds eight bytes")
		c.expect(len(c.nodes["lb2"].Keys("web.agg")) == 1, "but not nine")
		c.logs(1, "which is said once", "too long", "peer=lb2", "key="+long)
		c.expect(c.section.Counters.TooLongKeys.Load() == 3, "and counted each time")
	})
}
