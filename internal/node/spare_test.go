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

// observing is a section that looks on, over two nodes that have counted alice. What the nodes hold in web.agg is
// what another aggregator has told them: it is pushed by nobody here.
func observing(t *testing.T, f func(c *cluster)) {
	t.Helper()
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Rules.Observe = true
		c.start()
		c.node("lb1", tables()...).Touch("web", alice, to(10))
		c.node("lb2", tables()...).Touch("web", alice, to(20))
		calm()
		f(c)
	})
}

// withheld is how many updates of web.agg a peer would have been sent.
func (c *cluster) withheld(name string) (n uint64) {
	for _, f := range c.section.Peer(name).View().Feeds {
		n += f.Withheld
	}
	return n
}

// TestObserve: a section that looks on sums as ever and tells nobody anything.
func TestObserve(t *testing.T) {
	observing(t, func(c *cluster) {
		before := c.section.Peer("lb1").View().Session
		c.expect(before.UpdatesOut == 0, "not a row is sent")
		_, sum := c.section.Table("web.agg")
		c.expect(sum.Stats().Rows == 1 && c.withheld("lb1") >= 1, "but summed, and what would be sent is counted")
		n, m := c.withheld("lb1"), c.section.Counters.Withheld.Load()
		for range 3 {
			c.nodes["lb2"].Touch("web", alice, fakepeer.Add(stick.HTTPReqCnt, 1))
			wait(50 * time.Millisecond)
		}
		c.expect(c.withheld("lb1") == n+3 && c.withheld("lb2") >= n && c.section.Counters.Withheld.Load() >= m+6, "one for each push that there would have been, of each peer")
		c.lacks("lb1", "web.agg", alice, "the node has heard nothing of it")
		v := c.section.Peer("lb1").View()
		c.expect(v.Session.UpdatesOut == 0 && v.Session.HeartbeatsOut > before.HeartbeatsOut-1, "nor anything but acks and heartbeats")
		c.expect(v.Feeds[0].Announced && v.Feeds[0].Pushed == 0, "shows tell that it would hear the table")
		c.logs(1, "the log does not say that anything is published", "every member has been heard: sums would be published from now on")

		wait(12 * time.Minute)
		c.expect(sum.Stats().Rows == 0 && c.section.Budget().Used() == 0, "entries expire as ever")
	})
}

// TestObserveCountsWhatWouldBe: the number is that of updates which an acting section sends, since keys that change
// all the time are one update in a window.
func TestObserveCountsWhatWouldBe(t *testing.T) {
	counts := func(observe bool) (n uint64) {
		bubble(t, "lb1 lb2", func(c *cluster) {
			c.config.Rules.Observe = observe
			c.start()
			c.node("lb1", tables()...)
			lb2 := c.node("lb2", tables()...)
			calm()
			for range 300 {
				lb2.Touch("web", alice, fakepeer.Add(stick.HTTPReqCnt, 1))
				lb2.Touch("web", bob, fakepeer.Add(stick.HTTPReqCnt, 1))
				wait(500 * time.Microsecond)
			}
			settle()
			n = c.withheld("lb1") + c.section.Peer("lb1").View().Session.UpdatesOut
		})
		return n
	}
	would, did := counts(true), counts(false)
	if would > did+did/5 || would < did-did/5 || did > 500 {
		t.Errorf("%d updates would be sent, an acting section sends %d of 600", would, did)
	}
}

// TestObserveMany: a large table is counted whole, in several turns.
func TestObserveMany(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		const keys = passedAtOnce*256 + 1000
		for i := range uint32(keys) {
			c.nodes["lb1"].Touch("web", string(binary.BigEndian.AppendUint32(nil, i)), to(1))
		}
		wait(2 * time.Second)
		c.again(func(n *Config) { n.Rules.Observe = true })
		c.nodes["lb2"].Cut()
		wait(5100 * time.Millisecond) // it is another one now, to whom everything would be told
		c.expect(c.withheld("lb2") >= keys, fmt.Sprintf("%d of %d are counted", c.withheld("lb2"), keys))
	})
}

// TestRestoreOffAndOn: the restore line holds at once, too.
func TestRestoreOffAndOn(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		c.again(func(n *Config) { n.Rules.NoRestore = true })
		c.nodes["lb2"].Restart(fakepeer.Hard)
		calm()
		c.lacks("lb2", "web", alice, "a node is left to itself")
		c.expect(c.section.Counters.Restored.Load() == 0, "nobody was restored")
	})
}

// TestObserveTeachesNobody: a node that asks is told at once to ask the next, and is given nothing back.
func TestObserveTeachesNobody(t *testing.T) {
	for _, how := range []fakepeer.How{fakepeer.Hard, fakepeer.Reload} {
		observing(t, func(c *cluster) {
			c.nodes["lb2"].Restart(how)
			wait(time.Second)
			c.nodes["lb2"].Restart(how) // we ask a node once in 5 s only, so that it has not taught us when it asks
			wait(60 * time.Millisecond)
			v := c.section.Peer("lb2").View().Session
			if how == fakepeer.Hard {
				c.expect(v.RequestsIn > 0 && v.PartialsOut == v.RequestsIn && v.FinishedOut == 0, "every request is answered PARTIAL, while we have not even asked for its own lesson")
			}
			calm()
			v = c.section.Peer("lb2").View().Session
			c.expect(v.UpdatesOut == 0 && v.FinishedOut == 0, "nothing is taught or restored")
			if how == fakepeer.Hard {
				c.lacks("lb2", "web", alice, "so what it had counted is lost to it, as it would be without us")
			}
			c.expect(c.section.Counters.Restored.Load() == 0, "and nobody counts as restored")
		})
	}
}

// TestObserveOwnRows: rows of our tables are another aggregator's business.
func TestObserveOwnRows(t *testing.T) {
	observing(t, func(c *cluster) {
		c.nodes["lb1"].Touch("web.agg", alice, to(31))
		wait(5 * time.Second)
		c.shows("lb1", alice, 31, "they are left as they are")
		c.logs(0, "and nobody is told to track another table", "counts in a table that we publish")
		c.expect(c.section.Counters.OwnRows.Load() > 0, "though they are counted")
	})
}

// TestObserveAndBack: both ways without a restart and without a lost session. Who acts again tells everything again.
func TestObserveAndBack(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		c.shows("lb1", alice, 30, "it acts")
		changes := c.again(func(n *Config) { n.Rules.Observe = true })
		c.expect(len(changes) == 1 && strings.Contains(changes[0], "nothing is pushed from now on"), "the reload says so")
		c.nodes["lb2"].Touch("web", alice, to(25))
		c.nodes["lb2"].Touch("web", bob, to(1))
		settle()
		c.shows("lb1", alice, 30, "what nodes hold stays")
		c.lacks("lb1", "web.agg", bob, "and nothing comes")
		c.expect(c.withheld("lb1") >= 2, "what would have come is counted")
		c.nodes["lb1"].Restart(fakepeer.Hard)
		calm()
		c.lacks("lb1", "web.agg", alice, "nor is it taught")

		c.nodes["lb1"].Touch("web", alice, to(12))
		changes = c.again(func(n *Config) { n.Rules.Observe = false })
		c.expect(len(changes) == 1 && changes[0] == "sums are pushed again", "every member has been heard, so nothing is waited for")
		for node := range c.nodes {
			c.shows(node, alice, 37, "everything is told that was not")
			c.shows(node, bob, 1, "at once")
		}
		c.expect(c.sessions("lb2") == 1, "no session was lost for it")
		c.nodes["lb1"].Restart(fakepeer.Hard)
		calm()
		c.reads("lb1", "web", alice, stick.HTTPReqCnt, 12, "who asks now is given back what it had")
		c.shows("lb1", alice, 37, "in a whole lesson")
		c.again(func(n *Config) { n.Rules.Observe = true })
		c.expect(c.withheld("lb2") == 0, "what is counted is counted anew")
	})
}

// TestObserveResume: what was acked before does not hide what was only counted.
func TestObserveResume(t *testing.T) {
	observing(t, func(c *cluster) {
		c.nodes["lb2"].Cut()
		settle()
		c.again(func(n *Config) { n.Rules.Observe = false })
		wait(6 * time.Second)
		c.shows("lb2", alice, 30, "a node that is back as the process that it was hears what it never did")
		c.nodes["lb2"].Cut()
		wait(6 * time.Second)
		c.again(func(n *Config) { n.Rules.Observe = true })
		c.nodes["lb1"].Touch("web", alice, to(11))
		settle()
		c.nodes["lb2"].Cut()
		wait(6 * time.Second)
		c.again(func(n *Config) { n.Rules.Observe = false })
		c.shows("lb2", alice, 31, "nor is anything left out that changed while we looked on")
	})
}

// TestObserveWarmsUpAgain: a section that begins to act waits for members that it has not heard since its start.
func TestObserveWarmsUpAgain(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		c.config.Rules.Observe = true
		c.start()
		c.node("lb1", tables()...).Touch("web", alice, to(10))
		c.node("lb2", tables()...)
		wait(5 * time.Second)
		c.expect(c.withheld("lb1") == 0, "nothing would be pushed before the warm-up is over")
		wait(15 * time.Second)
		warm, _ := c.section.Warm()
		c.expect(warm && c.withheld("lb1") > 0, "what would be pushed is counted without it, as it would be pushed")
		c.again(func(n *Config) { n.Warmup = time.Minute })
		changes := c.again(func(n *Config) { n.Rules.Observe = false })
		c.expect(len(changes) == 1 && strings.Contains(changes[0], "not heard yet are [lb3]"), "the reload says for whom is waited")
		wait(5 * time.Second)
		c.lacks("lb1", "web.agg", alice, "a sum without lb3 might be too low")
		c.node("lb3", tables()...).Touch("web", alice, to(5))
		settle()
		c.shows("lb1", alice, 15, "with it, it is told at once")
	})
}

// TestObserveCompares: nodes hand back what another aggregator has told them, so the two can be compared.
func TestObserveCompares(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("") // the other product, whose sums the nodes hold
		c.nodes["lb1"].Touch("web", bob, to(100))
		settle()
		c.config.Rules.Observe = true
		c.start() // and here are we
		compared := func() Comparison {
			for _, f := range c.section.Peer("lb1").View().Feeds {
				if f.Target == "web.agg" {
					return f.Compared
				}
			}
			return Comparison{}
		}
		wait(10 * time.Second)
		c.expect(compared().Agree == 2 && compared().Differ == 0, "the same sums of the same nodes")
		c.logs(2, "each node's is told once", "what the peer holds was compared", "agree=2 differ=0")

		c.nodes["lb2"].Touch("web", alice, to(300)) // nobody pushes that
		settle()
		c.nodes["lb1"].Cut()
		wait(6 * time.Second)
		c.expect(compared().Agree == 1 && compared().Differ == 1, "in its next lesson it shows that it holds an old one")
		c.expect(strings.Contains(compared().Example, "it has http_req_cnt=30, the sum is 310"), "with an example, without its key: "+compared().Example)
		wait(10 * time.Minute)
		c.nodes["lb1"].Cut()
		wait(6 * time.Second)
		c.logs(1, "the log is told now and then", "agree=", "differ=", "example=")
	})
}

// TestObserveUp: aggregators above are spared too, and one that asks is answered.
func TestObserveUp(t *testing.T) {
	bubble(t, "lb1 top2", func(c *cluster) {
		c.config.Peers[1].Role = topology.Up
		c.config.Rules.Observe = true
		c.config.Rules.Forward = []string{".all"}
		c.start()
		c.node("lb1", append(tables(), web("web.all"))...).Touch("web", alice, to(10))
		top := c.node("top2", web("web.agg"), web("web.all"))
		top.Touch("web.all", alice, to(99))
		calm()
		c.lacks("top2", "web.agg", alice, "nothing goes up")
		c.lacks("lb1", "web.all", alice, "nothing comes down")
		c.expect(c.withheld("top2") > 0 && c.withheld("lb1") > 1, "both are counted")
		c.again(func(n *Config) { n.Rules.Observe = false })
		c.shows("top2", alice, 10, "it acts: up")
		c.reads("lb1", "web.all", alice, stick.HTTPReqCnt, 99, "and down")
	})
}

// A key that changes while its peer gives a lesson comes twice: it is one key, as it was in the end.
func TestHandedBackTwice(t *testing.T) {
	schema := &stick.Schema{Name: "web.agg", KeyType: stick.String, KeyLen: 8, Columns: []stick.Column{{Type: stick.HTTPReqCnt, Len: 1}}}
	var h handbacks
	for _, v := range []uint64{3, 4} {
		h.take("web.agg", schema, []stick.Row{{Key: []byte("k"), Values: []uint64{v}}})
	}
	if rows := h.tables["web.agg"].rows; len(rows) != 1 || rows[0].Values[0] != 4 {
		t.Errorf("got %v, want the later one alone", rows)
	}
	many := make([]stick.Row, comparedKeys+5)
	for i := range many {
		many[i] = stick.Row{Key: fmt.Append(nil, i), Values: []uint64{1}}
	}
	if h.take("web.agg", schema, many); len(h.tables["web.agg"].rows) != comparedKeys {
		t.Errorf("%d rows are kept, want %d at most", len(h.tables["web.agg"].rows), comparedKeys)
	}
}
