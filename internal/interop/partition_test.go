package interop

import (
	"fmt"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// Networks that fall apart, and heal. What is cut loses packets without a word: connections stay until somebody notices
// the silence, which takes an aggregator 5.5 s and a node 5 to 10 s. Everybody lives in a namespace of his own; without
// root these tests are not run.

// cut parts two hosts for longer than silence is borne, and heals them. During it what is done happens.
func (w *world) cut(a, b string, during func()) {
	w.t.Helper()
	w.net.Part(a, b)
	begin := time.Now()
	during()
	time.Sleep(time.Until(begin.Add(7 * time.Second)))
	w.net.Heal(a)
}

// TestRegionCutFromTop cuts an intermediate from the top, while nodes of both regions count. Each region goes on with
// what it knows, and when the cut is healed everybody has everything.
func TestRegionCutFromTop(t *testing.T) {
	t.Parallel()
	w := apart(t, "top", "west", "east", "lb1", "lb2", "lb3", "lb4")
	topmost := w.aggregator("top", top)
	w.aggregator("west", region("west", "lb1", "lb3", "peer top {top} up", ""))
	w.aggregator("east", region("east", "lb2", "lb4", "peer top {top} up", ""))
	for i, v := range haproxytest.Versions(t) {
		node := haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: levelled(counted)}
		w.node(node, []string{"west", "east"}[i%2])
	}
	c := w.everybody()
	west, east := c.only(w.nodes[0], w.nodes[2]), c.only(w.nodes[1], w.nodes[3])
	c.linked()
	topmost.linked("west", "east")
	c.grant("alice", 1000)
	c.exact("/rates")
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	w.cut("west", "top", func() {
		for _, region := range []*cluster{west, east} {
			region.shares("bob", 10)
			haproxytest.Eventually(t, patience, func() error {
				for _, n := range region.nodes {
					if row, err := n.Row("/rates.intermediate", "bob"); err != nil || row.Numbers["http_req_cnt"] != 30 {
						return fmt.Errorf("%s reads %v of its region, want 30, error %v", n.Name, row, err)
					}
				}
				return nil
			})
		}
		east.sum("bob", 30) // the top knows of its east alone
	})
	healed := time.Now()
	c.sum("bob", 60)
	t.Logf("healed: all have all %v later", time.Since(healed).Round(100*time.Millisecond))
	time.Sleep(300 * time.Millisecond)
	stop()
	c.exact("/rates")
	watch.end()
	topmost.linked("west", "east")
}

// TestNodeCutFromOneOfTwo cuts a node from one of two aggregators side by side. What that one says then lacks what the node
// counts meanwhile, and nothing else.
func TestNodeCutFromOneOfTwo(t *testing.T) {
	t.Parallel()
	w := apart(t, "left", "right", "lb1", "lb2")
	for _, name := range []string{"left", "right"} {
		w.aggregator(name, `
    peer `+name+` {`+name+`} local
    peer lb1 {lb1}
    peer lb2 {lb2}
    from any to .agg`)
	}
	for i, v := range []haproxytest.Version{haproxytest.Get(t, 2, 2), haproxytest.Get(t, 3, 2)} {
		w.node(haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: withTwins(counted)}, "left", "right")
	}
	c := w.everybody()
	c.linked()
	c.learned()
	c.grant("alice", 1000)
	c.exact("/rates")
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	w.cut("lb1", "left", func() {})
	c.linked()
	time.Sleep(300 * time.Millisecond)
	stop()
	c.exact("/rates")
	// At 50 requests a second for as long as the node was cut off; the share from before is more.
	watch.endFalling(underWay)
}

// TestSplitBrain has two replicas of a region, each of which sees one node only. The top believes the one that leads, whose
// sum lacks what the other node counts meanwhile: too low, but never too high. Who compares them says so.
func TestSplitBrain(t *testing.T) {
	t.Parallel()
	w := apart(t, "top", "middle1", "middle2", "lb1", "lb2")
	topmost := w.aggregator("top", `
    peer top {top} local
    peer middle1 {middle1} down group middle
    peer middle2 {middle2} down group middle
    from .intermediate to .agg`)
	for _, name := range []string{"middle1", "middle2"} {
		w.aggregator(name, region(name, "lb1", "lb2", "peer top {top} up", ""))
	}
	for i, v := range []haproxytest.Version{haproxytest.Get(t, 2, 6), haproxytest.Get(t, 3, 0)} {
		w.node(haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: levelled(counted)}, "middle1", "middle2")
	}
	c := w.everybody()
	c.linked()
	c.learned()
	topmost.linked("middle1", "middle2")
	c.grant("alice", 50)
	c.exact("/rates")
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	w.net.Part("middle1", "lb2")
	w.net.Part("middle2", "lb1")
	parted := time.Now()
	c.shares("alice", 100) // middle1 hears 100 of these from lb1, middle2 hears 200 from lb2
	const before, one, other = 150, 100, 200
	topmost.says("(?i)disagree", "middle")
	t.Logf("the top says that its group disagrees %v after the cut", time.Since(parted).Round(100*time.Millisecond))
	for _, n := range c.nodes {
		row, err := n.Row("/rates.agg", "alice")
		if got := row.Numbers["http_req_cnt"]; err != nil || got != before+one && got != before+other {
			t.Errorf("%s reads %d, want what one of the two knows: %d or %d, error %v", n.Name, got, before+one, before+other, err)
		}
	}
	w.net.Heal("middle1")
	w.net.Heal("middle2")
	c.linked()
	c.exact("/rates")
	watch.end()
}
