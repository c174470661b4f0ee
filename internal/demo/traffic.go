package demo

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// client is somebody who makes requests to all nodes in turn, as behind a DNS name or a
// router that spreads connections.
type client struct {
	addr   string
	perSec float64
	denied atomic.Int64
}

// traffic is what the clients do. The fast one stays below the limit on each node and goes
// above it in the sum of all three.
type traffic struct {
	nodes   []node
	clients []*client
	begun   time.Time
	bites   atomic.Int64 // ms after the start at which the first request was denied, plus 1; 0: none yet
	failed  atomic.Int64
}

func newTraffic(nodes []node) *traffic {
	return &traffic{nodes: nodes, begun: time.Now(), clients: []*client{
		{addr: "127.0.88.1", perSec: 2},
		{addr: "127.0.88.2", perSec: 5},
		{addr: "127.0.88.3", perSec: 8},
		{addr: "127.0.88.66", perSec: 25},
	}}
}

// run makes requests until ctx ends.
func (t *traffic) run(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range t.clients {
		all.Go(func() { t.one(ctx, c) })
	}
	all.Wait()
}

func (t *traffic) one(ctx context.Context, c *client) {
	for i := rand.IntN(len(t.nodes)); ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(float64(time.Second) / c.perSec)):
		}
		// Not the demo's ctx: a request that has been begun is counted somewhere, so it is
		// waited for.
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		denied, err := t.nodes[i%len(t.nodes)].request(rctx, c.addr)
		cancel()
		if err != nil {
			t.failed.Add(1)
		}
		if denied {
			c.denied.Add(1)
			t.bites.CompareAndSwap(0, time.Since(t.begun).Milliseconds()+1)
		}
	}
}
