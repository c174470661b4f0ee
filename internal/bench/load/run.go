package load

import (
	"context"
	"errors"
	"time"

	"tallystick/internal/bench/measure"
	"tallystick/internal/wire"
)

// Plan is a load.
type Plan struct {
	Rate  int           // reports a second of all nodes together; 0: only probes
	For   time.Duration // above 0
	Probe time.Duration // between two probes, at least a millisecond; 0: none
}

// Outcome is what became of a load. Its numbers are of that load alone.
type Outcome struct {
	Due, Sent uint64        // reports that were due, and that were sent in time
	Heard     uint64        // updates that came back, at all nodes, until the end of the load
	Total     uint64        // the same until every sum was in: what all processor time of the Run was for
	Took      time.Duration // the load, until its last report was written
	Late      time.Duration // most that the generator itself was late
	Behind    uint64        // when the last report was written: reports that were not yet in the sums of the node that lacked most
	Lag       time.Duration // from then on until every sum was in everywhere
	Probes    uint64        // that were sent, times the nodes that should hear them
	Latency   measure.Histogram
}

// Kept is which part of the load was sent at all while it was due, 0 to 1.
func (o *Outcome) Kept() float64 {
	if o.Due == 0 {
		return 1
	}
	return float64(o.Sent) / float64(o.Due)
}

// Count is where a fleet is.
type Count struct {
	Reported uint64 // reports so far, from all nodes
	Heard    uint64 // updates that came to all nodes
	Bytes    uint64 // that came to all nodes
	Behind   uint64 // reports that are not in the sums of the node that lacks most
	Lost     int64  // sessions that were lost
}

// Count may be called by any goroutine at any time.
func (f *Fleet) Count() Count {
	// Totals first: a report that is made meanwhile is not behind because of that.
	c := Count{Lost: f.lost.Load()}
	least := ^uint64(0)
	for _, n := range f.nodes {
		c.Heard += n.rows.Load()
		c.Bytes += n.bytes.Load()
		if f.cfg.Twin != "" {
			least = min(least, n.total.Load())
		}
	}
	c.Reported = f.reported.Load()
	if least < c.Reported {
		c.Behind = c.Reported - least
	}
	return c
}

// Run plays a load and waits until all sums are in.
func (f *Fleet) Run(ctx context.Context, p Plan) (*Outcome, error) {
	before := f.Count()
	f.begin(p)
	if err := f.until(ctx, p.For+patience, "the load to end", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return !f.run.on && f.idle()
	}); err != nil {
		return nil, err
	}
	o := &Outcome{}
	written := f.now()
	after := f.Count()
	o.Heard, o.Behind = after.Heard-before.Heard, after.Behind
	if err := f.Settle(ctx); err != nil {
		return nil, err
	}
	o.Lag = f.now() - written
	o.Total = f.Count().Heard - before.Heard
	f.mu.Lock()
	r := f.run
	o.Due = r.due(r.end)
	for _, n := range f.nodes {
		o.Sent += n.sent
	}
	o.Probes = (f.probes - r.first) * uint64(max(1, len(f.nodes)-1))
	f.mu.Unlock()
	o.Took, o.Late = written-r.start, r.late
	for _, n := range f.nodes {
		n.rx.Lock()
		o.Latency.Merge(&n.rx.latency)
		n.rx.interval = 0
		n.rx.Unlock()
	}
	return o, nil
}

// begin tells pacer and readers of a load.
func (f *Fleet) begin(p Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	start := f.now() + tick
	f.run = run{on: true, rate: float64(p.Rate), start: start, end: start + p.For, interval: p.Probe, first: f.probes}
	for _, n := range f.nodes {
		n.sent = 0
		n.rx.Lock()
		n.rx.latency = measure.Histogram{}
		n.rx.first, n.rx.start, n.rx.interval = f.probes, start, p.Probe
		if n.number == 0 && len(f.nodes) > 1 {
			n.rx.interval = 0 // it is another node that waits for what this one has seen
		}
		n.rx.Unlock()
	}
}

// idle reports whether nothing is left to be written. f.mu is held.
func (f *Fleet) idle() bool {
	for _, n := range f.nodes {
		if n.at < len(n.out) || n.bulk.on() || n.answers < n.asks.Load() {
			return false
		}
	}
	return true
}

// Settle waits until every node that wants sums has heard all that was reported.
func (f *Fleet) Settle(ctx context.Context) error {
	if f.cfg.Twin == "" {
		return nil
	}
	return f.until(ctx, patience, "sums to arrive", func() bool { return f.Count().Behind == 0 })
}

// Push has every node report each of its keys once, as fast as the target takes it, and
// returns when the target has acked the last one: it has then absorbed them all.
func (f *Fleet) Push(ctx context.Context) error {
	f.mu.Lock()
	for _, n := range f.nodes {
		n.bulk.begin(false, n.order.size)
	}
	f.mu.Unlock()
	return f.until(ctx, patience, "acks", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.idle() {
			return false
		}
		for _, n := range f.nodes {
			if n.acked.Load() != n.id {
				return false
			}
		}
		return true
	})
}

// Learn has one node ask for a lesson and returns when that has ended, and how many updates
// it had.
func (f *Fleet) Learn(ctx context.Context, node int) (rows uint64, err error) {
	if node < 0 || node >= len(f.nodes) {
		return 0, errors.New("there is no such node")
	}
	n := f.nodes[node]
	before, ended := n.rows.Load(), n.ended.Load()
	f.mu.Lock()
	n.learning.Store(true)
	n.out = wire.AppendControl(n.out, wire.ResyncRequest)
	f.mu.Unlock()
	err = f.until(ctx, patience, "a lesson", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		// Confirmed, too: a request that comes before that is one in the middle of a lesson.
		return n.ended.Load() != ended && n.thanks == n.ended.Load()
	})
	return n.rows.Load() - before, err
}
