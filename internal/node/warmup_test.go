package node

import (
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// A new section has no memory. A sum without the shares of some members would be too low.
func TestSectionRestart(t *testing.T) {
	for _, branch := range branches {
		t.Run(branch, func(t *testing.T) {
			bubble(t, "lb1 lb2", func(c *cluster) {
				c.pair(branch)
				wait(time.Minute)
				c.start()
				c.within(20*time.Second, 30, 30, "nothing is pushed before both have given their lesson")
				warm, missing := c.section.Warm()
				c.expect(warm && len(missing) == 0, "every member was heard")
				c.logs(2, "once by each section", "every member has been heard")
			})
		})
	}
}

func TestSectionRestartWithoutANode(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		_, lb2 := c.pair("")
		c.kill("lb1")
		c.start()
		lb2.Touch("web", alice, to(21))
		wait(9500 * time.Millisecond)
		c.within(0, 30, 30, "lb2 is not told of a sum that lacks lb1")
		c.within(time.Second, 21, 21, "but not for ever: warm-up passes")
		c.logs(1, "the log names who is missing", "warm-up is over", "missing=[lb1]", "warmup=10s")
		c.revive("lb1", fakepeer.Reload)
		c.within(time.Second, 21, 31, "when it comes back it counts")
	})
}

// A lesson to somebody who asks while it is cold holds no sums, and says that others may
// know more.
func TestColdSectionTeachesNoSums(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		c.config.Peers = c.config.Peers[:2]
		c.pair("")
		c.config.Peers = append(c.config.Peers, PeerConfig{Name: "lb3", Addr: "lb3"})
		c.start()
		wait(2 * time.Second)
		c.nodes["lb2"].Restart(fakepeer.Hard)
		wait(4 * time.Second) // we ask a node once in 5 s, and answer behind its lesson
		c.reads("lb2", "web", alice, stick.HTTPReqCnt, 20, "its own share is restored: that is whole whoever else is missing")
		c.lacks("lb2", "web.agg", alice, "the sum is not: lb3 has not been heard")
		v := c.section.Peer("lb2").View()
		c.expect(v.Session.PartialsOut == 1 && v.Session.FinishedOut == 0, "the lesson is PARTIAL: lb2 may ask somebody else")
		wait(10 * time.Second)
		c.shows("lb2", alice, 30, "once warm-up has passed it gets the sum")
	})
}

// When everything starts at once nobody has anything, and every lesson is PARTIAL.
func TestColdStartDoesNotWait(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		c.node("lb1", web("web"), web("web.agg"))
		c.node("lb2", web("web"), web("web.agg")).Touch("web", alice, to(5))
		settle()
		warm, _ := c.section.Warm()
		c.expect(warm, "a PARTIAL lesson of a node has all its rows: it counts as given")
		c.shows("lb1", alice, 5, "half a second after the start of all")
	})
}

// An aggregator that answers PARTIAL does lack rows: it is believed the third time.
func TestAggregatorBelowIsWaitedFor(t *testing.T) {
	bubble(t, "lb1 sub2", func(c *cluster) {
		c.config.Warmup = 20 * time.Second
		c.config.Peers[1].Role = topology.Down
		c.start()
		c.node("lb1", web("web"), web("web.agg"))
		c.version("2.0", "sub2", web("web"), web("web.agg"))
		wait(2 * time.Second)
		warm, missing := c.section.Warm()
		c.expect(!warm && len(missing) == 1 && missing[0] == "sub2", "its first lesson was PARTIAL")
		wait(8 * time.Second)
		warm, _ = c.section.Warm()
		c.expect(warm, "its third was the last that we wait for, or it was FINISHED before")
	})
}

// With no-feedback nodes are heard and told nothing.
func TestNoFeedback(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Rules.NoFeedback = true
		c.start()
		c.node("lb1", web("web"), web("web.agg"))
		c.node("lb2", web("web"), web("web.agg")).Touch("web", alice, to(5))
		calm()
		c.lacks("lb1", "web.agg", alice, "no-feedback keeps sums from nodes")
		c.logs(0, "and nobody misses a table that it would not get", "no such table")
		_, sum := c.section.Table("web.agg")
		c.expect(sum.Stats().Rows == 1, "but they are summed")
	})
}
