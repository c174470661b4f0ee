package interop

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// TestManyKeys has each of three nodes count 100,000 keys, of which each shares the half with the next one.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	const keys, apart = 100_000, 50_000
	var nodes []haproxytest.Config
	for _, v := range haproxytest.Versions(t)[1:] {
		source := haproxytest.Table{Name: "/rates", Type: "ip", Store: "http_req_cnt", Size: "400k"}
		nodes = append(nodes, haproxytest.Config{Version: v, Tables: withTwins(source)})
	}
	c := start(t, nodes)
	begin := time.Now()
	var all sync.WaitGroup
	for i, n := range c.nodes {
		all.Go(func() {
			var rows []string
			for k := i * apart; k < i*apart+keys; k++ {
				rows = append(rows, fmt.Sprintf("10.%d.%d.%d http_req_cnt %d", k>>16, k>>8&255, k&255, k+i+1))
			}
			if err := n.Set("/rates", rows...); err != nil {
				t.Errorf("%s: %v", n.Name, err)
			}
		})
	}
	all.Wait()
	written := time.Now()
	const union = keys + 2*apart
	haproxytest.Eventually(t, patience, func() error {
		for _, n := range c.nodes {
			if used, err := n.Used("/rates.agg"); err != nil || used != union {
				return fmt.Errorf("%s has %d of %d rows, error %v", n.Name, used, union, err)
			}
		}
		return nil
	})
	c.exact("/rates")
	t.Logf("%d rows written in %v, %d sums on each of %d nodes and all of them compared %v later",
		keys*len(c.nodes), written.Sub(begin), union, len(c.nodes), time.Since(written))
	c.clean("/rates")
}
