package node

import (
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// pair is two nodes that have counted 10 and 20 for alice, and are calm.
func (c *cluster) pair(branch string) (lb1, lb2 *fakepeer.Node) {
	c.start()
	lb1 = c.version(branch, "lb1", web("web"), web("web.agg"))
	lb2 = c.version(branch, "lb2", web("web"), web("web.agg"))
	calm()
	lb1.Touch("web", alice, to(10), fakepeer.Set(stick.ConnCur, 1))
	lb2.Touch("web", alice, to(20))
	settle()
	c.shows("lb2", alice, 30, "both count before the test begins")
	c.witnesses["lb2"].seen()
	return lb1, lb2
}

// within lets d pass and fails the test if any sum of alice that was pushed to lb2 meanwhile
// is below low, or the last reading is not last.
func (c *cluster) within(d time.Duration, low, last uint64, why string) {
	c.t.Helper()
	wait(d)
	for _, v := range c.witnesses["lb2"].seen() {
		if v < low {
			c.t.Errorf("lb2 was pushed %d, want nothing below %d: %s\nlog:\n%s", v, low, why, c.log)
		}
	}
	c.shows("lb2", alice, last, why)
}

var branches = []string{"1.8", "2.2", "2.4", "3.0", "3.5"}

// A hard restart empties the tables of a node. It is taught its own last values back, and
// counts on from there.
func TestHardRestart(t *testing.T) {
	for _, branch := range branches {
		t.Run(branch, func(t *testing.T) {
			bubble(t, "lb1 lb2", func(c *cluster) {
				lb1, _ := c.pair(branch)
				wait(time.Minute)
				lb1.Restart(fakepeer.Hard)
				settle()
				c.reads("lb1", "web", alice, stick.HTTPReqCnt, 10, "its own last value is restored")
				c.reads("lb1", "web", alice, stick.ConnCur, 0, "but not the gauge: those connections are gone")
				c.shows("lb1", alice, 30, "and it is taught the sum")
				lb1.Touch("web", alice, requests(1)...)
				c.within(30*time.Second, 30, 31, "it counts on from 10")
				c.expect(c.section.Counters.Restored.Load() == 1, "one node was restored")
				if v := c.section.Peer("lb1").View(); v.Session.LessonsAsked < 2 {
					t.Errorf("%d lessons asked for, want one more after the restore: its share is what it says, not what we remember", v.Session.LessonsAsked)
				}
			})
		})
	}
}

// What a node has counted while it waited for its lesson is lower than what it had. It is
// not taken, and HAProxy overwrites it with what is restored.
func TestHardRestartUnderTraffic(t *testing.T) {
	for _, branch := range branches {
		t.Run(branch, func(t *testing.T) {
			bubble(t, "lb1 lb2", func(c *cluster) {
				lb1, _ := c.pair(branch)
				wait(time.Minute)
				c.kill("lb1")
				lb1.Touch("web", alice, to(11)) // nobody will ever know
				c.revive("lb1", fakepeer.Hard)
				lb1.Touch("web", alice, requests(2)...)
				wait(20 * time.Second)
				own, _ := lb1.Read("web", alice, stick.HTTPReqCnt)
				c.within(0, 30, own+20, "it never fell, and is that of the nodes' own tables again")
			})
		})
	}
}

// A reloaded node has all its entries and pushes none of them.
func TestReload(t *testing.T) {
	for _, branch := range branches {
		t.Run(branch, func(t *testing.T) {
			bubble(t, "lb1 lb2", func(c *cluster) {
				lb1, _ := c.pair(branch)
				for i := range 3 {
					wait(time.Duration(1+20*i) * time.Second)
					lb1.Restart(fakepeer.Reload)
					c.within(20*time.Second, 30, 30, "the new process holds what the old one had")
				}
				c.expect(c.section.Counters.Restored.Load() == 0, "nothing was lost, so nothing is restored")
				c.expect(c.section.Counters.OwnRows.Load() == 0, "our own table comes back in each lesson: that is not counting in it")
			})
		})
	}
}

// What an old process has counted and its successor has not is not the node's any more.
func TestReloadLosesWhatTheOperatorCleared(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		lb1.Touch("web", bob, to(5))
		settle()
		lb1.Clear("web", bob)
		lb1.Touch("web", alice, to(1)) // lower, but from the same process
		settle()
		c.shows("lb2", alice, 21, "a value that falls in a session of a known process is taken")
		c.shows("lb2", bob, 5, "HAProxy tells nobody of a cleared entry")
		lb1.Restart(fakepeer.Reload)
		settle()
		c.shows("lb2", alice, 21, "the lesson after a reload agrees")
		_, sum := c.section.Table("web.agg")
		c.expect(!sum.Get(c.section.Now(), []byte(bob), func(*table.Entry) {}), "what a FINISHED lesson does not mention goes")
	})
}

// A node that is gone keeps its share until it expires; only its open connections are
// known to be closed.
func TestNodeLost(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, lb2 := c.pair("2.4")
		lb1.Touch("web", alice, fakepeer.Set(stick.ConnCur, 3))
		settle()
		c.reads("lb2", "web.agg", alice, stick.ConnCur, 3, "three connections are open")
		c.kill("lb1")
		wait(9500 * time.Millisecond)
		c.reads("lb2", "web.agg", alice, stick.ConnCur, 3, "a session may be lost for 10 s")
		wait(600 * time.Millisecond)
		c.reads("lb2", "web.agg", alice, stick.ConnCur, 0, "then its connections are taken for closed")
		c.shows("lb2", alice, 30, "but nothing else of it is")
		for range 20 {
			wait(30 * time.Second)
			lb2.Touch("web", alice, to(20))
		}
		settle()
		c.shows("lb2", alice, 20, "ten minutes later its share has expired")
	})
}

// What never expires would be summed for ever.
func TestNodeLostForEver(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Peers = []PeerConfig{{Name: "lb1"}, {Name: "lb2"}}
		c.start()
		forever := tables()
		for _, t := range forever {
			t.Expire = 0
		}
		c.node("lb1", forever...).Touch("web", alice, to(10))
		c.node("lb2", forever...).Touch("web", alice, to(20))
		calm()
		c.nodes["lb1"].Stop()
		wait(gaugeLife)
		lb1 := c.section.Peer("lb1")
		lb1.tick(time.Now().Add(forgetForever - time.Minute)) // a day of ticks would take a while
		settle()
		c.shows("lb2", alice, 30, "a node may be away for a day")
		lb1.tick(time.Now().Add(forgetForever))
		settle()
		c.shows("lb2", alice, 20, "then its shares go")
	})
}

// A node that is refused, or does not say 200, has no session: its time goes on from when
// it had one.
func TestNodeLostAndCalledInVain(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Peers[0].Dial = true
		lb1, _ := c.pair("2.4")
		lb1.Touch("web", alice, fakepeer.Set(stick.ConnCur, 3))
		settle()
		c.callee("lb1", func(int) string { time.Sleep(4 * time.Second); return "503\n" })
		lb1.Stop()
		wait(16 * time.Second)
		c.reads("lb2", "web.agg", alice, stick.ConnCur, 0, "calls that lead to nothing do not keep its connections open")
	})
}

// A node that asks and does not answer is told the sums after a while, and nothing else:
// who knows what it has.
func TestNodeThatDoesNotTeach(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		wait(time.Minute)
		lb1.Misbehave(fakepeer.Faults{NoAnswer: true})
		lb1.Restart(fakepeer.Hard)
		wait(3 * time.Second)
		c.expect(lb1.Stats().Learned, "its request is answered within a few seconds: it pushes nothing before")
		c.lacks("lb1", "web", alice, "but nothing is restored before its own lesson has ended")
		c.within(time.Minute, 30, 30, "its share stays as it was")
	})
}

func TestRestoreOff(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Rules.NoRestore = true
		lb1, _ := c.pair("")
		wait(time.Minute)
		lb1.Restart(fakepeer.Hard)
		settle()
		c.lacks("lb1", "web", alice, "nothing is restored")
		c.shows("lb1", alice, 30, "the sums are taught, and its share stays for now")
		lb1.Touch("web", alice, to(2))
		wait(20 * time.Second)
		c.shows("lb2", alice, 22, "then it is what the node says")
	})
}

// Process ids are no identity: containers are always process 7.
func TestProcessIDIsReused(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		for range 5 {
			lb1.Touch("web", bob, requests(1)...)
			settle()
		}
		wait(time.Minute)
		pid := 100
		c.kill("lb1")
		c.answer("lb1", nil)
		again := c.newNode(pid, "lb1", "", web("web"), web("web.agg"))
		again.Start()
		again.Touch("web", alice, to(1))
		wait(30 * time.Second)
		c.expect(c.section.Peer("lb1").View().Process == "100", "it has the same process id")
		own, _ := again.Read("web", alice, stick.HTTPReqCnt)
		c.within(0, 30, own+20, "it asked for a lesson, so it is another process, and was restored")
	})
}

// A session that is lost and comes back changes nothing: the process goes on where it was.
func TestSessionLost(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		for i := range 20 {
			lb1.Cut()
			lb1.Touch("web", alice, requests(1)...)
			wait(time.Duration(i) * 700 * time.Millisecond)
		}
		calm()
		c.shows("lb1", alice, 50, "20 cuts, 20 requests: nothing is lost and nothing counts twice")
		c.within(0, 30, 50, "on the other node too, and at no time less")
	})
}

// An entry that is in use outlives its expiry as long as its node is there, and a node that
// loses its connection for a moment is there: nothing falls.
func TestInUseThroughAGap(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		short := tables()
		for _, s := range short {
			s.Expire = 10_000
		}
		lb1, lb2 := c.node("lb1", short...), c.node("lb2", short...)
		calm()
		lb1.Touch("web", alice, to(100), fakepeer.Set(stick.ConnCur, 1))
		for range 3 { // of lb1 nothing is heard, as of a long connection
			lb2.Touch("web", alice, to(7))
			wait(8 * time.Second)
		}
		c.shows("lb2", alice, 107, "an entry in use does not expire")
		c.kill("lb1")
		wait(3 * time.Second)
		lb2.Touch("web", alice, to(7))
		settle()
		c.shows("lb2", alice, 107, "nor in the seconds that a reload takes")
		wait(gaugeLife)
		lb2.Touch("web", alice, to(7))
		settle()
		c.shows("lb2", alice, 7, "a node that is gone uses nothing")
	})
}
