package node

import (
	"testing"
	"time"

	"tallystick/internal/stick"
)

// changed is a table of web's kind with something else about it.
func changed(name string, change func(s *stick.Schema)) *stick.Schema {
	s := web(name)
	change(s)
	return s
}

func TestTwinMissing(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		c.node("lb1", tables()...)
		c.node("lb2", web("web"), web("/rates"))
		calm()
		c.logs(1, "the log has the line to add in a proxy", "no such table", "peer=lb2",
			"to=\"backend web.agg\"", "stick-table type ip size SIZE expire 10m peers PEERS store conn_cur,http_req_cnt,http_req_rate(10s)")
		c.logs(1, "and in a peers section", "no such table", "peer=lb2", "to=peers", "table rates.agg type ip size SIZE expire 10m store")
		c.logs(1, "of each node that lacks it", "no such table", "peer=lb1", "table=/rates.agg")
		v := c.section.Peer("lb2").View()
		c.expect(len(v.Missing) == 2, "shows have it too")
		wait(10 * time.Minute)
		c.nodes["lb2"].Cut()
		wait(10 * time.Second)
		c.logs(3, "it is said once, not once a session", "no such table")
		c.node("lb2", web("web"), web("/rates"), web("web.agg"), web("/rates.agg")).Touch("web", alice, to(4))
		calm()
		c.shows("lb2", alice, 4, "with the tables added, sums arrive")
		c.expect(len(c.section.Peer("lb2").View().Missing) == 0, "and nothing is missing any more")
		c.logs(3, "nothing new to say", "no such table")
		c.logs(2, "but that it is well now", "takes the whole sum now", "peer=lb2")
	})
}

func TestTwinThatDiffers(t *testing.T) {
	for _, x := range []struct {
		name  string
		twin  func(s *stick.Schema)
		shown bool     // the counter arrives
		line  []string // of the log, nil: none
	}{
		{"another period", func(s *stick.Schema) { s.Columns[2].Period = 60000 }, true,
			[]string{"those columns are not pushed", "columns=[http_req_rate(1m)]"}},
		{"a column that the source lacks", func(s *stick.Schema) { s.Columns = append(s.Columns, stick.Column{Type: stick.GPC1, Len: 1}) }, true,
			[]string{"those columns are not pushed", "columns=[gpc1]"}},
		{"fewer columns", func(s *stick.Schema) { s.Columns = s.Columns[1:2] }, true, nil},
		{"another expire", func(s *stick.Schema) { s.Expire = 30000 }, true, nil},
		{"another key type", func(s *stick.Schema) { s.KeyType, s.KeyLen = stick.IPv6, 16 }, false,
			[]string{"the peer's table cannot take the sum", "type ipv6", "type ip "}},
	} {
		t.Run(x.name, func(t *testing.T) {
			bubble(t, "lb1 lb2", func(c *cluster) {
				c.start()
				lb1 := c.node("lb1", tables()...)
				c.node("lb2", web("web"), changed("web.agg", x.twin))
				calm()
				lb1.Touch("web", alice, to(3))
				settle()
				c.shows("lb1", alice, 3, "a twin on another node is none of lb1's business")
				if x.shown {
					c.shows("lb2", alice, 3, "what both have is pushed")
				} else {
					c.expect(len(c.nodes["lb2"].Keys("web.agg")) == 0, "nothing is pushed")
				}
				if x.line != nil {
					c.logs(1, "that is said once", append(x.line, "peer=lb2")...)
				}
				c.expect(len(c.log.lines("not pushed"))+len(c.log.lines("cannot take")) <= 1, "and nothing else")
			})
		})
	}
}

// A reload brings another configuration: the lane is built anew.
func TestDefinitionChangesAtReload(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		_, lb2 := c.pair("")
		more := func(s *stick.Schema) { s.Columns = append(s.Columns, stick.Column{Type: stick.BytesOutCnt, Len: 1}) }
		lb1 := c.node("lb1", changed("web", more), changed("web.agg", more))
		calm()
		lb1.Touch("web", alice, to(11))
		lb1.Touch("web", bob, to(1))
		settle()
		c.shows("lb2", alice, 31, "a member with more columns counts in those that it shares")
		c.shows("lb1", bob, 1, "and its new ones are summed")
		lb2.Touch("web", bob, to(5))
		settle()
		c.shows("lb1", bob, 6, "with those that lack them")
	})
}

func TestTableGone(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		c.node("lb1", web("other"), web("web.agg"))
		wait(time.Second)
		c.shows("lb2", alice, 30, "a node that is still learning may learn of its tables too")
		calm()
		c.shows("lb2", alice, 20, "a FINISHED lesson without the table ends its share")
		c.logs(1, "which is said", "table is gone from the peer", "peer=lb1", "table=web")
	})
}

func TestDisagreement(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		c.start()
		slow := func(s *stick.Schema) { s.Columns[2].Period = 60000 }
		c.node("lb1", tables()...)
		c.node("lb2", tables()...)
		c.node("lb3", changed("web", slow), web("web.agg"))
		calm()
		for _, n := range c.nodes {
			n.Touch("web", alice, requests(5)...)
		}
		settle()
		c.shows("lb3", alice, 15, "counters of all three add")
		c.reads("lb1", "web.agg", alice, stick.HTTPReqRate, 10, "but not rates of another period")
		c.logs(1, "the log names both definitions", "definitions disagree", "peer=lb3", "http_req_rate(1m)", "http_req_rate(10s)")
		wait(10 * time.Minute)
		c.nodes["lb3"].Cut()
		wait(10 * time.Second)
		c.logs(1, "once, however often it comes back", "definitions disagree")
		c.node("lb3", tables()...)
		calm()
		c.logs(1, "and takes it back", "definitions agree again", "peer=lb3")
		c.nodes["lb3"].Touch("web", bob, requests(5)...)
		settle()
		c.reads("lb1", "web.agg", bob, stick.HTTPReqRate, 5, "then its rates count")
	})
}

// The most live members decide: here the last one to come turns the vote, and the rows of
// those who were set aside are asked for again.
func TestMajorityChanges(t *testing.T) {
	bubble(t, "lb1 lb2 lb3", func(c *cluster) {
		v6 := func(s *stick.Schema) { s.KeyType, s.KeyLen = stick.IPv6, 16 }
		const key = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
		c.start()
		c.node("lb1", tables()...).Touch("web", alice, to(1))
		c.node("lb2", changed("web", v6), changed("web.agg", v6)).Touch("web", key, to(2))
		calm()
		c.shows("lb1", alice, 1, "on a tie the first decides")
		c.expect(len(c.nodes["lb2"].Keys("web.agg")) == 0, "lb2's table is set aside")
		c.logs(1, "which is said", "definitions disagree", "peer=lb2")
		c.node("lb3", changed("web", v6), changed("web.agg", v6)).Touch("web", key, to(3))
		calm()
		c.reads("lb2", "web.agg", key, stick.HTTPReqCnt, 5, "two of three: what lb2 had said before counts too")
		c.logs(1, "now lb1 is set aside", "definitions disagree", "peer=lb1")
	})
}

// A node whose rules count in the aggregate spoils what it shows.
func TestNodeCountsInOurTable(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, _ := c.pair("")
		w := c.witnesses["lb1"]
		w.seen()
		for range 100 {
			lb1.Touch("web.agg", alice, requests(1)...)
			wait(100 * time.Millisecond)
		}
		wait(time.Second)
		c.logs(1, "that is said once", "peer counts in a table that we publish", "peer=lb1", "table=web.agg", "key=192.0.2.1")
		c.shows("lb1", alice, 30, "the sum is pushed again")
		n := len(w.seen())
		c.expect(n >= 8 && n <= 12, "but once a second at most: two that overwrite each other must not make a storm")
		c.shows("lb2", alice, 30, "nobody else is harmed")
		c.expect(c.section.Counters.OwnRows.Load() == 100, "counted")
	})
}
