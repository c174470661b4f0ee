package interop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// period is that of the rates of TestRates, transit how long an update may be on its way, on a machine that runs many tests
// at once. A window's age is told without the time that the telling takes, so a rate is off by what it changes meanwhile.
const (
	period  = 4 * time.Second
	transit = 50 * time.Millisecond
)

// TestRates reads a rate at random instants, while nodes count requests at different paces, and through two periods after the
// last one: what every node reads as the sum is the sum of what the nodes read themselves, to within one for each node.
func TestRates(t *testing.T) {
	t.Parallel()
	const column = "http_req_rate(4000)"
	paces := []int{40, 15, 25, 5}
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(haproxytest.Table{
			Name: "/rates", Type: "string len 16", Store: "http_req_cnt,http_req_rate(4s)", Track: haproxytest.Key,
		})}
	}))
	for i, n := range c.nodes {
		if i > 0 {
			time.Sleep(period / 4) // windows begin with the first request: were they in step, one triple would say it all
		}
		if _, err := n.Request("alice", 1); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*period)
	defer stop()
	var traffic sync.WaitGroup
	for i, n := range c.nodes {
		traffic.Go(func() { n.Traffic(ctx, "alice", paces[i]) })
	}
	haproxytest.Eventually(t, patience, func() error { return c.compare("/rates", "/rates.agg") })
	c.compareRates("under traffic", column, 1, ctx)
	traffic.Wait()
	decay, end := context.WithTimeout(t.Context(), 2*period)
	defer end()
	c.compareRates("in decay", column, 1, decay)
	haproxytest.Eventually(t, time.Second, func() error {
		return c.compare("/rates", "/rates.agg") // two periods later all of them read 0
	})
	c.clean("/rates")
}

// compareRates reads alice's rate at random instants until ctx ends. Nodes are read one after the other while rates move, so
// the nodes' own sum is taken before and after the twin is read: the twin must lie between, give or take one for each
// node, and half of that in the mean. One read in fifty may be further off: a process that had to wait for a processor. A
// rule that is wrong is wrong for a whole window. Through several levels of aggregators each of them rounds and takes its
// time, and one in a hundred is borne on top.
func (c *cluster) compareRates(when, column string, levels int, ctx context.Context) {
	c.t.Helper()
	reads, far, worst, total := 0, 0, 0.0, 0.0
	var example string // of a read that was too far off
	members := float64(levels * len(c.nodes))
	for ctx.Err() == nil {
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		before := c.rate("/rates", column)
		var twins []float64
		for i := range c.nodes {
			twins = append(twins, c.rateOf(i, "/rates.agg", column))
		}
		after := c.rate("/rates", column)
		for i, twin := range twins {
			off := max(min(before, after)-twin, twin-max(before, after), 0)
			reads, total, worst = reads+1, total+off, max(worst, off)
			slope := max(before, after) / period.Seconds()
			if off > members+float64(levels)*slope*transit.Seconds()+float64(levels-1)*max(before, after)/100 {
				far++
				example = fmt.Sprintf("%s (%v) reads %v, the nodes' own sum was %v before and %v after", c.nodes[i].Name, c.nodes[i].Version, twin, before, after)
			}
		}
	}
	mean := total / max(float64(reads), 1)
	if far > reads/50 || mean > members/2 {
		c.t.Errorf("%s: %d of %d reads are too far off, such as: %s", when, far, reads, example)
	}
	if reads < 20*len(c.nodes) {
		c.t.Errorf("%s: %d reads are too few to tell", when, reads)
	}
	c.t.Logf("rates %s: %d reads, off the nodes' own sum by %.2f in the mean and %v at most", when, reads, mean, worst)
}

// rate is the sum of what all nodes read of alice in a table.
func (c *cluster) rate(table, column string) (sum float64) {
	c.t.Helper()
	for i := range c.nodes {
		sum += c.rateOf(i, table, column)
	}
	return sum
}

func (c *cluster) rateOf(node int, table, column string) float64 {
	c.t.Helper()
	row, err := c.nodes[node].Row(table, "alice")
	if err != nil {
		c.t.Fatalf("%s: %v", c.nodes[node].Name, err)
	}
	return float64(row.Numbers[column])
}
