// Package bench measures tallystick, and says how good it is: it plays nodes against a
// running aggregator and checks every sum (Play), draws up the table of figures that the
// program is held to, each beside a HAProxy that does the same in the same run (Table),
// and shows what each step of an update costs (Steps). Machines differ and are noisy: the
// ratio is what counts.
//
// It must never be imported by the program's rooms: it is a reader of them. What it starts
// listens on loopback and ends with it.
package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"tallystick/internal/bench/measure"
)

// Sizes say what Steps measures.
type Sizes struct {
	Keys    []int // of the table
	Members []int // peers that feed each key
}

// Steps measures each step of an update's way alone and prints as it goes, for every size of
// table and every number of members.
func Steps(ctx context.Context, z Sizes, out io.Writer) error {
	fmt.Fprintf(out, "%-10s %10s %8s %12s %14s\n", "step", "keys", "members", "ns/update", "allocs/update")
	for _, keys := range z.Keys {
		for _, members := range z.Members {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if need, have := bytesFor(keys, members), measure.Available(); need > have {
				fmt.Fprintf(out, "%-10s %10d %8d needs about %d MB of memory, %d are available\n", "left out", keys, members, need>>20, have>>20)
				continue
			}
			for _, r := range steps(keys, members) {
				fmt.Fprintf(out, "%-10s %10d %8d %12.1f %14.3f\n", r.step, keys, members, r.ns, r.allocs)
			}
		}
	}
	return nil
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
