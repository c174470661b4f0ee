package interop

import (
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// Two aggregators side by side: each node has both in its peers section, both sum the same tables and publish under the
// same name. They do not know of each other. When all is quiet both say the same; under traffic they may differ by what
// is under way between them, and the one that spoke last is read.

// beside starts two aggregators over nodes of every version, and gives alice a share of 1000 for each, times its number.
func beside(t *testing.T) (c *cluster, aggregators []*aggregator) {
	t.Helper()
	w := newWorld(t)
	for _, name := range []string{"left", "right"} {
		aggregators = append(aggregators, w.aggregator(name, `
    peer `+name+` {`+name+`} local
    peer lb1 {lb1}
    peer lb2 {lb2}
    peer lb3 {lb3}
    peer lb4 {lb4}
    from any to .agg`))
	}
	for i, v := range haproxytest.Versions(t) {
		w.node(haproxytest.Config{Version: v, Name: []string{"lb1", "lb2", "lb3", "lb4"}[i], Tables: withTwins(counted)}, "left", "right")
	}
	c = w.everybody()
	c.linked()
	c.learned()
	c.grant("alice", 1000)
	c.exact("/rates")
	return c, aggregators
}

// counted is the table of most scenarios here: requests by their key.
var counted = haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_cnt,http_req_rate(10s),gpc0,gpt0", Track: haproxytest.Key}

// TestSideBySideQuiet kills each of the two aggregators, and each node, without traffic: no sum falls.
func TestSideBySideQuiet(t *testing.T) {
	t.Parallel()
	c, aggregators := beside(t)
	w := c.watchSum("/rates", "alice", "http_req_cnt")
	for _, a := range aggregators {
		a.kill()
		time.Sleep(300 * time.Millisecond) // of sums with the other one alone
		a.start()
		c.linked()
		c.exact("/rates")
	}
	for _, n := range c.nodes {
		n.Restart()
		c.linked()
		c.exact("/rates")
	}
	w.end(c.nodes...)
	for _, f := range w.floors {
		if want := uint64(1000 + 2000 + 3000 + 4000); f.lowest != want || f.last != want {
			t.Errorf("%s: the sum of those who are all there is %d: lowest %d, at last %d", f.node.Name, want, f.lowest, f.last)
		}
	}
	c.clean()
}

// underWay bounds what requests can be under way at once, in seconds of traffic and to spare. The shares from before the
// traffic are larger: a sum that has lost one of them falls deeper.
const underWay = 900

// TestSideBySideUnderTraffic does the same under traffic. A sum may fall by what is under way.
func TestSideBySideUnderTraffic(t *testing.T) {
	t.Parallel()
	c, aggregators := beside(t)
	w := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for _, a := range aggregators {
		a.restart()
		c.linked()
	}
	for _, n := range c.nodes {
		n.Restart()
		c.linked()
	}
	time.Sleep(time.Second) // of traffic through the new sessions
	stop()
	c.exact("/rates")
	w.endFalling(underWay, c.nodes...)
}
