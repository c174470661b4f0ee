package interop

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// watch reads one sum from every node, over and over, while something happens, and keeps how low it fell.
type watch struct {
	t      testing.TB
	stop   context.CancelFunc
	done   sync.WaitGroup
	begin  time.Time
	floors []*floor
}

// floor is what one node has read.
type floor struct {
	node         *haproxytest.HAProxy
	reads        int
	first        uint64 // value when the watch began
	lowest, last uint64 // lowest since the watch began; latest
	highest      uint64
	fall         string // the first time that a value was lower than one before it
	absent       int    // times that there was no row, or no node to ask
}

// watchSum begins to watch a counter of a key's sum, which must be there on all nodes.
func (c *cluster) watchSum(table, key, column string) *watch {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	w := &watch{t: c.t, stop: cancel, begin: time.Now()}
	c.t.Cleanup(w.done.Wait)
	c.t.Cleanup(cancel)
	for _, n := range c.nodes {
		row, err := n.Row(table+".agg", key)
		if err != nil {
			c.t.Fatalf("%s: %v", n.Name, err)
		}
		value := row.Numbers[column]
		f := &floor{node: n, first: value, lowest: value, highest: value, last: value}
		w.floors = append(w.floors, f)
		w.done.Go(func() {
			for ctx.Err() == nil {
				f.read(w.begin, table+".agg", key, column)
				time.Sleep(3 * time.Millisecond)
			}
		})
	}
	return w
}

func (f *floor) read(begin time.Time, table, key, column string) {
	row, err := f.node.Row(table, key)
	if err != nil {
		f.absent++
		return
	}
	value := row.Numbers[column]
	if value < f.highest && f.fall == "" {
		f.fall = fmt.Sprintf("from %d to %d after %v", f.highest, value, time.Since(begin).Round(time.Millisecond))
	}
	f.reads++
	f.last, f.lowest, f.highest = value, min(f.lowest, value), max(f.highest, value)
}

// end ends the watch, records the lowest sum read on each node, and fails the test if a sum fell, or was not there on
// another node than those that have lost their tables themselves.
func (w *watch) end(lost ...*haproxytest.HAProxy) {
	w.t.Helper()
	w.stop()
	w.done.Wait()
	for _, f := range w.floors {
		who := fmt.Sprintf("%s (%v)", f.node.Name, f.node.Version)
		w.t.Logf("%s: %d reads in %v; sum at first %d, lowest %d, at last %d; absent %d times",
			who, f.reads, time.Since(w.begin).Round(100*time.Millisecond), f.first, f.lowest, f.last, f.absent)
		if f.fall != "" {
			w.t.Errorf("%s: the sum fell %s", who, f.fall)
		}
		if f.absent > 0 && !slices.Contains(lost, f.node) {
			w.t.Errorf("%s: the sum was not there, %d times", who, f.absent)
		}
		if f.reads < 10 {
			w.t.Errorf("%s: %d reads are too few to tell", who, f.reads)
		}
	}
}
