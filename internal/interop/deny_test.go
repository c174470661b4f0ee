package interop

import (
	"fmt"
	"testing"

	"tallystick/internal/haproxytest"
)

// TestClusterWideDeny has a client stay below the limit on each node, and above it on all of them together.
func TestClusterWideDeny(t *testing.T) {
	t.Parallel()
	const limit, share = 30, 10 // four times share is more than limit
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{
			Tables: withTwins(haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_rate(1m)", Track: haproxytest.Key}),
			Web:    fmt.Sprintf("    http-request deny deny_status 429 if { %s,table_http_req_rate(%s/rates.agg) gt %d }", haproxytest.Key, haproxytest.Section, limit),
		}
	}))
	for i, n := range c.nodes[:3] {
		statuses, err := n.Request("mallory", share)
		if err != nil || statuses[200] != share {
			t.Fatalf("request %d to %d are within the limit: statuses %v, error %v", i*share+1, (i+1)*share, statuses, err)
		}
	}
	if _, err := c.nodes[3].Request("mallory", share); err != nil { // the limit may bite here already
		t.Fatal(err)
	}
	for _, n := range c.nodes {
		haproxytest.Eventually(t, patience, func() error {
			if statuses, err := n.Request("mallory", 1); err != nil || statuses[429] != 1 {
				return fmt.Errorf("%s (%v) lets mallory in: statuses %v, error %v", n.Name, n.Version, statuses, err)
			}
			return nil
		})
		if statuses, err := n.Request("alice", 1); err != nil || statuses[200] != 1 {
			t.Errorf("%s (%v) denies another client: statuses %v, error %v", n.Name, n.Version, statuses, err)
		}
	}
}
