package node

import (
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/table"
)

func TestSum(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		c.start()
		for _, name := range []string{"lb1", "lb2", "lb3"} {
			c.node(name, web("web"), web("web.agg"))
		}
		calm()
		c.nodes["lb1"].Touch("web", alice, requests(3)...)
		settle()
		for name := range c.nodes {
			c.shows(name, alice, 3, "what one node reports is the sum, on the node itself too")
		}
		c.nodes["lb2"].Touch("web", alice, requests(4)...)
		c.nodes["lb3"].Touch("web", alice, requests(5)...)
		c.nodes["lb3"].Touch("web", bob, requests(1)...)
		settle()
		for name := range c.nodes {
			c.shows(name, alice, 12, "3 + 4 + 5")
			c.shows(name, bob, 1, "keys do not mix")
		}
		c.nodes["lb1"].Touch("web", alice, requests(10)...)
		settle()
		c.shows("lb2", alice, 22, "an update replaces the share of its node: 13 + 4 + 5")
		c.nodes["lb3"].Touch("web", alice, to(0))
		settle()
		c.shows("lb2", alice, 17, "values may fall: 13 + 4 + 0")
		c.reads("lb2", "web", alice, stick.HTTPReqCnt, 4, "the nodes' own tables are never written")
	})
}

func TestSumOfGaugeAndRate(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		twin := web("web.agg")
		c.version("2.4", "lb1", web("web"), twin) // it takes conn_cur from peers
		c.version("2.4", "lb2", web("web"), twin)
		calm()
		for name, n := range c.nodes {
			n.Touch("web", alice, append(requests(10), fakepeer.Set(stick.ConnCur, uint64(len(name))))...)
		}
		settle()
		c.reads("lb1", "web.agg", alice, stick.ConnCur, 6, "gauges add")
		c.reads("lb1", "web.agg", alice, stick.HTTPReqRate, 20, "events of this window add")
		wait(15 * time.Second)
		if v, _ := c.nodes["lb1"].Read("web.agg", alice, stick.HTTPReqRate); v < 8 || v > 12 {
			t.Errorf("rate %d, want 10 give or take one a node: a window and a half later half of it is left", v)
		}
		wait(6 * time.Second)
		c.reads("lb1", "web.agg", alice, stick.HTTPReqRate, 0, "two windows later nothing is left, though no node has said a word")
		c.shows("lb1", alice, 20, "counters stay")
	})
}

// A peers section's tables have a slash on the wire, and keep it.
func TestTablesOfEveryKind(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		tables := []*stick.Schema{web("web"), web("/rates"), web("api.v2"), web("web.agg"), web("/rates.agg"), web("api.agg")}
		c.start()
		a, b := c.node("lb1", tables...), c.node("lb2", tables...)
		calm()
		for i, name := range []string{"web", "/rates", "api.v2"} {
			a.Touch(name, alice, to(uint64(i+1)))
			b.Touch(name, alice, to(10))
		}
		settle()
		for i, name := range []string{"web.agg", "/rates.agg", "api.agg"} {
			c.reads("lb1", name, alice, stick.HTTPReqCnt, uint64(i+11), "each table has its sum")
			c.reads("lb2", name, alice, stick.HTTPReqCnt, uint64(i+11), "on every node")
		}
		c.expect(len(c.section.Tables()) == 3, "the sums are no sources: there are three tables, and none called web.agg.agg")
		name, _ := c.section.Table("rates.agg")
		c.expect(name == "/rates.agg", "an operator may leave the slash out")
	})
}

func TestTwoSourcesOfOneSum(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		a := c.node("lb1", web("web"), web("web.v2"), web("web.agg"))
		b := c.node("lb2", web("web"), web("web.agg"))
		calm()
		a.Touch("web", alice, to(1))
		a.Touch("web.v2", alice, to(10))
		b.Touch("web", alice, to(100))
		settle()
		c.shows("lb2", alice, 111, "both tables of lb1 count")
		c.logs(1, "that is said once", "two tables of a peer have one sum")
		_, sum := c.section.Table("web.agg")
		labels := map[string]bool{}
		sum.Get(c.section.Now(), []byte(alice), func(e *table.Entry) {
			for _, s := range e.Shares {
				labels[s.Label] = true
			}
		})
		// Which of the two was announced first, and has the bare name, is HAProxy's affair.
		c.expect(labels["lb1(web.v2)"] != labels["lb1(web)"] && labels["lb1"] && labels["lb2"] && len(labels) == 3,
			"the shows tell the two of lb1 apart")
	})
}

func TestLatecomer(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Warmup = time.Second
		c.start()
		a := c.node("lb1", web("web"), web("web.agg"))
		wait(10 * time.Second)
		a.Touch("web", alice, to(3))
		a.Touch("web", bob, to(4))
		wait(time.Minute)
		c.node("lb2", web("web"), web("web.agg"))
		settle()
		c.shows("lb2", alice, 3, "a node that comes later is taught everything")
		c.shows("lb2", bob, 4, "every key of it")
	})
}

// HAProxy would ignore a table that it has not, but we would not know its columns.
func TestNothingIsPushedBeforeTheTwinIsKnown(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		a := c.node("lb1", web("web"), web("web.agg"))
		b, w := c.node("lb2", web("web")), c.witnesses["lb2"]
		calm()
		a.Touch("web", alice, to(3))
		settle()
		c.shows("lb1", alice, 3, "lb1 has a twin")
		c.expect(w.count() == 0, "lb2 has none and is sent nothing")
		b.Touch("web", alice, to(4))
		settle()
		c.shows("lb1", alice, 7, "but counts")
	})
}
