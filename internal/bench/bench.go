// Package bench measures tallystick: each step of an update's way alone, and the whole
// program over loopback TCP, beside a real HAProxy that absorbs the same stream in the
// same run. Machines differ and are noisy: the ratio is what counts.
//
// It must never be imported by the program's rooms: it is a reader of them.
package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"tallystick/internal/bench/measure"
)

// Options say what to measure.
type Options struct {
	Program string // tallystick's own executable
	HAProxy string // a haproxy executable to compare with; "" leaves the comparison out
	Keys    []int  // table sizes of the steps
	Members []int  // peers that feed each key
	Path    int    // keys of the stream over TCP; 0 leaves it out
	Out     io.Writer
}

// Run measures and prints as it goes.
func Run(ctx context.Context, o Options) error {
	fmt.Fprintf(o.Out, "%-10s %10s %8s %12s %14s\n", "step", "keys", "members", "ns/update", "allocs/update")
	for _, keys := range o.Keys {
		for _, members := range o.Members {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if need, have := bytesFor(keys, members), measure.Available(); need > have {
				fmt.Fprintf(o.Out, "%-10s %10d %8d needs about %d MB of memory, %d are available\n", "left out", keys, members, need>>20, have>>20)
				continue
			}
			for _, r := range steps(keys, members) {
				fmt.Fprintf(o.Out, "%-10s %10d %8d %12.1f %14.3f\n", r.step, keys, members, r.ns, r.allocs)
			}
		}
	}
	if o.Path == 0 {
		return nil
	}
	return path(ctx, o)
}

// bytesFor is about what a table of that size takes, while its index grows.
func bytesFor(keys, members int) int64 { return int64(keys) * int64(200+100*members) }

// result is what one step costs.
type result struct {
	step       string
	ns, allocs float64
}

// meter adds up what a step has used in processor time and allocations.
type meter struct {
	step    string
	updates int
	took    time.Duration
	allocs  uint64
}

// time runs f, which does n updates.
func (m *meter) time(n int, f func()) {
	start := measure.Used()
	f()
	m.took += measure.Used() - start
	m.updates += n
}

// result is the cost of an update.
func (m *meter) result() result {
	n := float64(max(m.updates, 1))
	return result{m.step, float64(m.took.Nanoseconds()) / n, float64(m.allocs) / n}
}
