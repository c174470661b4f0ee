package bench

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"tallystick/internal/bench/load"
)

// stalled: a node that reads nothing costs a little memory, and delays nobody.
func (s *suite) stalled() ([]Line, error) {
	nodes := names("lb", 4)
	t, err := s.ours(append([]string{"deaf"}, nodes...))
	if err != nil {
		return nil, err
	}
	defer t.stop()
	c := s.config(t, nodes)
	c.Keys, c.Lesson = s.keys/10, true
	f, err := load.Dial(s.ctx, c)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plan := load.Plan{Rate: s.rate(50_000), For: s.seconds(8), Probe: 2 * time.Millisecond}
	// The first load brings memory to where it stays.
	if _, err := f.Run(s.ctx, plan); err != nil {
		return nil, err
	}
	before, err := f.Run(s.ctx, plan)
	if err != nil {
		return nil, err
	}
	held, err := t.resident()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	deaf := playDeaf(ctx, c)
	plan.For = cmp.Or(s.o.Stall, s.seconds(30))
	during, err := f.Run(s.ctx, plan)
	if err != nil {
		return nil, err
	}
	now, err := t.resident()
	if err != nil {
		return nil, err
	}
	cancel()
	end := <-deaf
	if end.err != nil {
		return nil, fmt.Errorf("the node that reads nothing: %w", end.err)
	}
	s.check(f, f)
	p99 := before.Latency.Percentile(99).Seconds()
	return []Line{
		{What: "resident memory more, a node reads nothing", Value: max(0, float64(now-held)/1e6), Unit: "MB", Goal: 2,
			Note: fmt.Sprintf("for %v; it was cut %d times and came back", plan.For, end.cuts)},
		{What: "others' p99 meanwhile", Value: during.Latency.Percentile(99).Seconds(), Unit: "s", Anchor: p99, Of: "theirs before", Goal: 1.5 * p99},
	}, nil
}

// ending is what has become of a node that reads nothing.
type ending struct {
	cuts int
	err  error
}

// playDeaf plays a node that reads nothing until ctx is done.
func playDeaf(ctx context.Context, c load.Config) <-chan ending {
	end := make(chan ending, 1)
	c.Names = []string{"deaf"}
	go func() {
		cuts, err := load.Stall(ctx, c)
		end <- ending{cuts, err}
	}()
	return end
}
