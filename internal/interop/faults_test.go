package interop

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// The scenarios of this file do something to one process while traffic goes on everywhere, and watch a sum on all
// nodes: it must never fall. When the traffic has stopped every node reads the exact sum.

// counting starts a cluster that counts alice's requests, in a table of a peers section and in one of a proxy, and
// gives each node a share of another size.
func counting(t *testing.T) *cluster {
	t.Helper()
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		const store = "http_req_cnt,http_req_rate(10s),gpc0"
		rates := haproxytest.Table{Name: "/rates", Type: "string len 16", Store: store, Track: haproxytest.Key}
		web := haproxytest.Table{Name: "web.v2", Type: "ip", Store: store, Track: "src"}
		webTwin := haproxytest.Table{Name: "web.agg", Type: "ip", Store: store}
		return haproxytest.Config{Tables: []haproxytest.Table{rates, rates.Twin(".agg"), web, webTwin}}
	}))
	c.learned()
	for i, n := range c.nodes {
		if _, err := n.Request("alice", 100*(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	c.exact("/rates")
	return c
}

// traffic makes requests to all nodes until the function that it returns is called.
func (c *cluster) traffic() (stop func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	var all sync.WaitGroup
	for _, n := range c.nodes {
		all.Go(func() { n.Traffic(ctx, "alice", 50) })
	}
	stop = func() { cancel(); all.Wait() }
	c.t.Cleanup(stop)
	return stop
}

// settle stops the traffic, waits for exact sums and ends the watch.
func (c *cluster) settle(stop func(), w *watch, lost ...*haproxytest.HAProxy) {
	c.t.Helper()
	c.linked()
	time.Sleep(time.Second) // of traffic through the new session
	stop()
	quiet := time.Now()
	c.exact("/rates")
	haproxytest.Eventually(c.t, patience, func() error { return c.compare("web.v2", "web.agg") })
	c.t.Logf("all sums are exact %v after the traffic", time.Since(quiet).Round(time.Millisecond))
	w.end(lost...)
}

// TestKillTallystick kills the program twice.
func TestKillTallystick(t *testing.T) {
	t.Parallel()
	c := counting(t)
	w := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for range 2 {
		time.Sleep(300 * time.Millisecond)
		c.agg.restart()
		c.linked()
	}
	c.settle(stop, w)
}

// TestKillNode kills the nodes, one after the other. Each comes back with empty tables, is taught what it had told, and counts on.
func TestKillNode(t *testing.T) {
	t.Parallel()
	c := counting(t)
	w := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for i, n := range c.nodes {
		n.Restart()
		c.linked()
		before := uint64(100 * (i + 1))
		haproxytest.Eventually(t, patience, func() error {
			row, err := n.Row("/rates", "alice")
			if err == nil && row.Numbers["http_req_cnt"] < before {
				err = fmt.Errorf("%s (%v) had counted more than %d before it was killed, now it has %v", n.Name, n.Version, before, row)
			}
			return err
		})
	}
	c.settle(stop, w, c.nodes...)
}

// TestKillNodeWhileQuiet kills the nodes without traffic: then the lowest sum ever read is the sum itself.
func TestKillNodeWhileQuiet(t *testing.T) {
	t.Parallel()
	c := counting(t)
	want := uint64(100 + 200 + 300 + 400)
	w := c.watchSum("/rates", "alice", "http_req_cnt")
	for _, n := range c.nodes {
		n.Restart()
		haproxytest.Eventually(t, patience, func() error {
			row, err := n.Row("/rates.agg", "alice")
			if err == nil && row.Numbers["http_req_cnt"] != want {
				err = fmt.Errorf("%s (%v) reads %v, want %d", n.Name, n.Version, row, want)
			}
			return err
		})
	}
	c.settle(func() {}, w, c.nodes...)
	for _, f := range w.floors {
		if f.lowest != want {
			t.Errorf("%s (%v): the lowest sum ever read was %d, want %d", f.node.Name, f.node.Version, f.lowest, want)
		}
	}
}

// TestReloadNode reloads the nodes, one after the other: two processes under one name, for a moment.
func TestReloadNode(t *testing.T) {
	t.Parallel()
	c := counting(t)
	w := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for _, n := range c.nodes {
		n.Reload()
		c.linked()
	}
	// The new process has an empty twin until the old one has taught it, and then what the old one had when it taught
	// that. No share is as small.
	w.bears = 99
	c.settle(stop, w, c.nodes...)
}

// TestStalledNode stops a node for longer than its silence is borne, and lets it go on.
func TestStalledNode(t *testing.T) {
	t.Parallel()
	c := counting(t)
	stalled, others := c.nodes[2], c.only(c.nodes[0], c.nodes[1], c.nodes[3])
	w := others.watchSum("/rates", "alice", "http_req_cnt")
	stop := others.traffic()
	stalled.Pause()
	time.Sleep(12 * time.Second)
	stalled.Resume()
	c.settle(stop, w)
}
