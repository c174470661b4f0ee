package interop

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// watch reads one sum from every node, over and over, while something happens: how low it fell, and whether it was ever
// more than there can be.
type watch struct {
	t      testing.TB
	stop   context.CancelFunc
	done   sync.WaitGroup
	begin  time.Time
	truth  func() uint64 // an upper bound of what there can be, now
	bears  uint64        // how deep a sum may fall: by what is under way, where that cannot be helped
	floors []*floor
}

// pace is how long a watch waits between two looks at a node: each costs both sides a connection.
const pace = 8 * time.Millisecond

// floor is what one node has read.
type floor struct {
	node         *haproxytest.HAProxy
	reads        int
	first        uint64 // value when the watch began
	lowest, last uint64 // lowest since the watch began; latest
	highest      uint64
	fall         string // the deepest fall below a value before it, in words
	depth        uint64 // how deep that was
	over         string // the first time that a value was above the truth
	absent       int    // times that there was no row, or no node to ask
}

// watchSum begins to watch a counter of requests of a key's sum in the table's twin "TABLE.agg", which must be there on
// all nodes of the cluster. Whatever the sum is made of, requests to all nodes of the world are the truth.
func (c *cluster) watchSum(table, key, column string) *watch {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	w := &watch{t: c.t, stop: cancel, begin: time.Now(), truth: func() uint64 { return c.world.begun(key) }}
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
				f.read(w, table+".agg", key, column)
				time.Sleep(pace)
			}
		})
	}
	return w
}

func (f *floor) read(w *watch, table, key, column string) {
	row, err := f.node.Row(table, key)
	if err != nil {
		f.absent++
		return
	}
	// In this order: what was begun between the two makes the bound higher, never lower.
	f.saw(row.Numbers[column], w.truth(), time.Since(w.begin))
}

// saw takes a value, and the most that it may be.
func (f *floor) saw(value, most uint64, after time.Duration) {
	after = after.Round(time.Millisecond)
	if value < f.highest && f.highest-value > f.depth {
		f.depth = f.highest - value
		f.fall = fmt.Sprintf("from %d to %d after %v", f.highest, value, after)
	}
	if value > most && f.over == "" {
		f.over = fmt.Sprintf("%d, after %v, when %d requests had been begun", value, after, most)
	}
	f.reads++
	f.last, f.lowest, f.highest = value, min(f.lowest, value), max(f.highest, value)
}

// anyFall is for scenarios in which sums may fall as deep as they like, but never rise above the truth.
const anyFall = math.MaxUint64

// endFalling is end for scenarios in which a sum may fall, by most at most.
func (w *watch) endFalling(most uint64, lost ...*haproxytest.HAProxy) {
	w.t.Helper()
	w.bears = most
	w.end(lost...)
}

// end ends the watch, records the lowest sum read on each node, and fails the test if a sum was above the truth, or
// fell, or was not there on another node than those that have lost their tables themselves.
func (w *watch) end(lost ...*haproxytest.HAProxy) {
	w.t.Helper()
	w.stop()
	w.done.Wait()
	for _, f := range w.floors {
		who := fmt.Sprintf("%s (%v)", f.node.Name, f.node.Version)
		w.t.Logf("%s: %d reads in %v; sum at first %d, lowest %d, at last %d; deepest fall %d; absent %d times",
			who, f.reads, time.Since(w.begin).Round(100*time.Millisecond), f.first, f.lowest, f.last, f.depth, f.absent)
		for _, fault := range f.faults(w.bears, slices.Contains(lost, f.node)) {
			w.t.Errorf("%s: %s", who, fault)
		}
	}
}

// faults are what was wrong, in words.
func (f *floor) faults(most uint64, lost bool) (faults []string) {
	if f.depth > most {
		faults = append(faults, "the sum fell "+f.fall)
	}
	if f.over != "" {
		faults = append(faults, "the sum was too high: "+f.over)
	}
	if f.absent > 0 && !lost {
		faults = append(faults, fmt.Sprintf("the sum was not there, %d times", f.absent))
	}
	if f.reads < 10 {
		faults = append(faults, fmt.Sprintf("%d reads are too few to tell", f.reads))
	}
	return faults
}

// TestWatch shows a watch what it must notice, and what it must not.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		why    string
		values []uint64 // the truth is 100
		most   uint64
		lost   bool
		absent int
		faults int
	}{
		{"sums rise to the truth", []uint64{90, 95, 95, 100}, 0, false, 0, 0},
		{"a fall by one is a fall", []uint64{90, 89, 95}, 0, false, 0, 1},
		{"what is under way is borne", []uint64{90, 80, 85, 81}, 10, false, 0, 0},
		{"the deepest fall counts, from the highest value, in steps of any size", []uint64{90, 85, 79}, 10, false, 0, 1},
		{"one more than the truth is too much, however briefly", []uint64{90, 101, 100}, anyFall, false, 0, 1},
		{"no row, although the node has lost nothing", []uint64{90}, 0, false, 1, 1},
		{"no row on a node that was killed", []uint64{90}, 0, true, 1, 0},
	} {
		f := &floor{highest: 90, lowest: 90, reads: 10, absent: c.absent}
		for _, value := range c.values {
			f.saw(value, 100, 0)
		}
		if got := f.faults(c.most, c.lost); len(got) != c.faults {
			t.Errorf("%s: faults %q, want %d", c.why, got, c.faults)
		}
	}
	if (&floor{}).faults(0, false) == nil {
		t.Error("who has not read has seen nothing")
	}
}
