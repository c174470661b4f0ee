package interop

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// TestHealthySession looks at "show peers" of the nodes after a while of traffic and a while of silence: everything there is
// as between two HAProxys that get on well.
func TestHealthySession(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_cnt", Track: haproxytest.Key})}
	}))
	for k := range 100 {
		c.request(fmt.Sprintf("client%d", k), 2)
	}
	c.exact("/rates")
	c.learned()
	calls := c.calls()
	start := time.Now()
	c.all(func(p haproxytest.PeerState) error { // heartbeats go when 2.5 to 3 s were silent
		if received, _ := strconv.Atoi(p.Fields["rx_hbt"]); received < 4 {
			return fmt.Errorf("%d heartbeats after %v", received, time.Since(start))
		}
		return nil
	})
	if silent := time.Since(start); silent > 20*time.Second {
		t.Errorf("four heartbeats took %v", silent)
	}
	c.clean("/rates")
	c.all(func(p haproxytest.PeerState) error {
		if state := p.Fields["learn_state"]; state != "" && state != "NOTASSIGNED" { // 3.0 and later tell it
			return fmt.Errorf("learn_state=%s", state)
		}
		twin := p.Tables[haproxytest.Section+"/rates.agg"].Fields
		if twin["last_get"] == "0" || twin["last_acked"] != twin["last_get"] || twin["remote_id"] == "0" {
			return fmt.Errorf("the twin's state is %v", twin)
		}
		return nil
	})
	if later := c.calls(); later != calls {
		t.Errorf("a session that is well needs no calls: %s, then %s", calls, later)
	}
}

// calls tells how often each node has called tallystick, and how often both called each other at once.
func (c *cluster) calls() (made string) {
	c.all(func(p haproxytest.PeerState) error {
		made += fmt.Sprintf("new_conn=%s coll=%s; ", p.Fields["new_conn"], p.Fields["coll"])
		return nil
	})
	return made
}

// TestSharesExpire has rows live for a short time: a node's share leaves the sum when its own row goes, and the sum goes
// with the last share.
func TestSharesExpire(t *testing.T) {
	t.Parallel()
	const life = 3 * time.Second
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(haproxytest.Table{Name: "/rates", Type: "ip", Store: "http_req_cnt", Expire: "3s"})}
	}))
	const key = "192.0.2.1"
	haproxytest.Eventually(t, patience, func() error { // a node that connects twice is heard late: until then the rows are kept alive
		for i, n := range c.nodes {
			set(t, n, "/rates", fmt.Sprintf("%s http_req_cnt %d", key, i+1))
		}
		return c.reads(key, 1+2+3+4)
	})
	kept := c.nodes[0]
	for begin := time.Now(); time.Since(begin) < life+life/2; time.Sleep(100 * time.Millisecond) {
		set(t, kept, "/rates", key+" http_req_cnt 1") // this one stays alive, unchanged
	}
	c.sum(key, 1)
	gone := time.Now()
	haproxytest.Eventually(t, 3*life, func() error {
		for _, n := range c.nodes {
			for _, table := range []string{"/rates", "/rates.agg"} {
				if used, err := n.Used(table); err != nil || used != 0 {
					return fmt.Errorf("%s (%v): %d rows in %s, error %v", n.Name, n.Version, used, table, err)
				}
			}
		}
		return nil
	})
	t.Logf("the last row was gone %v after its last touch; it lives %v", time.Since(gone).Round(100*time.Millisecond), life)
}

// sum waits until every node reads a sum.
func (c *cluster) sum(key string, want uint64) {
	c.t.Helper()
	haproxytest.Eventually(c.t, patience, func() error { return c.reads(key, want) })
}

// reads reports, as an error, if a node reads another sum of requests than this.
func (c *cluster) reads(key string, want uint64) error {
	for _, n := range c.nodes {
		row, err := n.Row("/rates.agg", key)
		if err == nil && row.Numbers["http_req_cnt"] != want {
			err = fmt.Errorf("%s (%v) reads %v, want %d", n.Name, n.Version, row, want)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
