package node

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/fakepeer"
)

// stranger is a connection to the section whose other end the test holds.
type stranger struct {
	net.Conn
	c *cluster
}

// knock connects from an address.
func (c *cluster) knock(from string) *stranger {
	theirs, ours := pipe(from)
	c.door.Accept(c.ctx, ours)
	c.t.Cleanup(func() { theirs.Close() })
	return &stranger{theirs, c}
}

// says writes and does not care whether anybody listens to the end.
func (s *stranger) says(text string) *stranger {
	go s.Write([]byte(text))
	synctest.Wait()
	return s
}

// hears returns what comes within d, and whether the connection was closed by then.
func (s *stranger) hears(d time.Duration) (text string, closed bool) {
	s.SetReadDeadline(time.Now().Add(d))
	b, err := io.ReadAll(s)
	synctest.Wait() // the end of a connection is counted and logged behind its close
	return string(b), err == nil || errors.Is(err, io.ErrClosedPipe)
}

// refused fails the test unless the connection is closed without a byte.
func (s *stranger) refused(why string) {
	s.c.t.Helper()
	if text, closed := s.hears(100 * time.Millisecond); text != "" || !closed {
		s.c.t.Errorf("heard %q, closed: %v, want to be closed without a byte: %s\nlog:\n%s", text, closed, why, s.c.log)
	}
}

// welcome fails the test unless the status is 200, with our request for a lesson behind it.
func (s *stranger) welcome(why string) {
	s.c.t.Helper()
	text, closed := s.hears(5 * time.Millisecond)
	if text != "200\n\x00\x00" || closed {
		s.c.t.Errorf("heard %q, closed: %v, want 200 and a request: %s\nlog:\n%s", text, closed, why, s.c.log)
	}
}

func TestRefused(t *testing.T) {
	for _, x := range []struct {
		name, hello string
		counter     func(*Counters) uint64
		line        []string // of the log
		why         string
	}{
		{"unknown name", "HAProxyS 2.1\nagg\nlb9 77 1\n", func(c *Counters) uint64 { return c.RefusedUnknown.Load() },
			[]string{"from=10.0.0.9:40000", "add 'peer lb9 10.0.0.9:PORT' to aggregations main", "called 'agg'"},
			"any status but 200 would make HAProxy give up for ever; the log has the line to add"},
		{"wrong called name", "HAProxyS 2.1\nother\nlb1 77 1\n", func(c *Counters) uint64 { return c.RefusedWrongName.Load() },
			[]string{"called 'other'", "our name here is"}, "names decide, as in HAProxy"},
		{"our own name", "HAProxyS 2.1\nagg\nagg 77 1\n", func(c *Counters) uint64 { return c.RefusedSelf.Load() },
			[]string{"our own name", "localpeer, or -L"}, "every peer needs its own"},
		{"another protocol", "GET / HTTP/1.1\r\nHost: agg\r\n\r\n", func(c *Counters) uint64 { return c.BadHello.Load() },
			[]string{"not a hello of the peers protocol"}, "a browser has the wrong port"},
		{"version 3", "HAProxyS 3.0\nagg\nlb1 77 1\n", func(c *Counters) uint64 { return c.BadHello.Load() },
			[]string{"not a hello of the peers protocol"}, "a version that nobody knows"},
		{"too long", "HAProxyS 2.1\n" + strings.Repeat("a", 600), func(c *Counters) uint64 { return c.BadHello.Load() },
			[]string{"not a hello of the peers protocol"}, "a hello has 512 bytes at most"},
	} {
		t.Run(x.name, func(t *testing.T) {
			bubble(t, "lb1", func(c *cluster) {
				c.config.Peers[0].Addr = ""
				c.start()
				for range 3 {
					c.knock("10.0.0.9").says(x.hello).refused(x.why)
					wait(5 * time.Second)
				}
				c.expect(x.counter(c.section.Counters) == 3, "each is counted")
				c.logs(1, "HAProxy calls again each 5 s, the log has it once", x.line...)
				wait(11 * time.Minute)
				c.knock("10.0.0.9").says(x.hello).refused(x.why)
				c.logs(2, "and once more after a while", x.line...)
			})
		})
	}
}

// The line must be one that the configuration takes.
func TestLineToAddOfAnIPv6Address(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		c.knock("2001:db8::9").says("HAProxyS 2.1\nagg\nlb9 77 1\n").refused("unknown")
		c.logs(1, "a port behind an IPv6 address needs brackets", "add 'peer lb9 [2001:db8::9]:PORT' to")
	})
}

func TestHelloTooLate(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		s := c.knock("10.0.0.1").says("HAProxyS 2.1\n")
		text, closed := s.hears(4950 * time.Millisecond)
		c.expect(text == "" && !closed, "it has five seconds to say who it is")
		s.refused("and no more")
		c.expect(c.section.Counters.LateHello.Load() == 1, "that is counted")
		c.logs(1, "and logged", "no hello came", "within=5s")
		c.knock("10.0.0.1").Close()
		wait(time.Second)
		c.logs(1, "a port scan is not worth a line", "refused")
	})
}

func TestHelloInSingleBytes(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		s := c.knock("10.0.0.1")
		for _, b := range []byte("HAProxyS 2.1\nagg\nlb1 77 1\n") {
			s.says(string(b))
		}
		s.welcome("bytes come as they like")
		c.expect(c.section.Peer("lb1").View().Process == "77", "they say which process it is")
	})
}

// What comes behind the hello belongs to the session already.
func TestHelloAndMoreInOneWrite(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		s := c.knock("10.0.0.1").says("HAProxyS 2.1\nagg\nlb1 77 1\n\x00\x04\x00\x04")
		s.welcome("as ever")
		c.expect(c.section.Peer("lb1").View().Session.HeartbeatsIn == 2, "two heartbeats have been heard")
	})
}

func TestManyStrangers(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		var all []*stranger
		for range maxStrangers + 10 {
			all = append(all, c.knock("10.0.0.66"))
			synctest.Wait()
		}
		for i, s := range all {
			_, closed := s.hears(time.Millisecond)
			if want := i < 10; closed != want {
				t.Fatalf("stranger %d closed: %v, want %v: the oldest make room", i, closed, want)
			}
		}
		c.expect(c.section.Counters.StrangersEvicted.Load() == 10, "they are counted")
		c.logs(1, "and said once", "have not said who they are", "limit=256")
		c.knock("10.0.0.1").says("HAProxyS 2.1\nagg\nlb1 77 1\n").welcome("a peer comes in all the same")
	})
}

// TestCalledFromElsewhere: a node with two addresses is called at one and calls from the other.
func TestCalledFromElsewhere(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		node := fakepeer.New(fakepeer.Config{Name: "lb1", Peer: "agg", PID: 7, Tables: tables(),
			Dial: func(context.Context) (net.Conn, error) { return nil, errTest }})
		c.nodes["lb1"] = node
		c.answer("lb1", func(context.Context) (net.Conn, error) {
			theirs, ours := pipe("10.0.0.1")
			go node.Accept(theirs)
			return ours, nil
		})
		node.Start()
		c.start()
		wait(time.Second)
		c.expect(node.Stats().Up, "it has answered our call")
		c.knock("10.0.0.2").says("HAProxyS 2.1\nagg\nlb1 77 1\n").refused("a session is enough")
		c.logs(1, "that may be so, and is not taken for two processes", "refused", "has answered our call at 10.0.0.1", "unless two processes have the same name")
		c.expect(node.Stats().Up, "the session stays")
	})
}

func TestSecondSession(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = ""
		c.start()
		const hello = "HAProxyS 2.1\nagg\nlb1 77 1\n"
		first := c.knock("10.0.0.1").says(hello)
		first.welcome("the first")
		first.hears(time.Second) // two heartbeats
		c.knock("10.0.0.2").says(hello).refused("another address has a live name: two processes are called the same")
		c.logs(1, "the log says so", "refused", "has a session from 10.0.0.1", "two processes have the same name")
		text, closed := first.hears(300 * time.Millisecond)
		c.expect(text == "\x00\x04\x00\x04" && !closed, "the live one stays, and is nudged: HAProxy may have forgotten its signs of life")
		second := c.knock("10.0.0.1").says(hello)
		second.hears(10 * time.Millisecond)
		_, closed = first.hears(10 * time.Millisecond)
		c.expect(closed, "from the same address the newest hello wins")
		c.logs(1, "and the log tells", "peer left", "replaced by a newer connection")
		c.expect(c.section.Counters.Replaced.Load() == 1, "counted")
		second.Close()
		wait(time.Second)
		c.knock("10.0.0.2").says(hello).hears(10 * time.Millisecond)
		c.expect(c.section.Peer("lb1").View().Remote == "10.0.0.2:40000", "once it is gone another address may have the name: pods move")
	})
}

func TestDisable(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		p := c.section.Peer("lb1")
		p.Disable()
		calm()
		v := p.View()
		c.expect(v.Disabled && !v.Connected, "its session ends and it stays out")
		c.logs(1, "the log tells how to undo it", "refused", "enable peer main/lb1")
		c.shows("lb2", alice, 30, "its share stays until it expires, as if it were lost")
		p.Enable()
		c.within(6*time.Second, 30, 30, "nothing falls when it comes back")
		c.expect(p.View().Established, "HAProxy calls again within 5 s")
	})
}
