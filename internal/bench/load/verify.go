package load

import (
	"fmt"
	"strings"
)

// Wrong counts what must not be. The zero value is what is expected.
type Wrong struct {
	Sums   int    // keys whose newest sum is not what was reported, over all nodes
	Fell   int    // sums that were lower than the one before
	Mixed  int    // sums whose columns do not belong together
	Unread int    // updates that could not be read, or of keys that nobody has
	First  string // the first of them, in words; "" if there is none
}

// Any reports whether anything was wrong.
func (w *Wrong) Any() bool { return w.Sums+w.Fell+w.Mixed+w.Unread > 0 }

// String says what was wrong in one line.
func (w *Wrong) String() string {
	if !w.Any() {
		return "none"
	}
	s := fmt.Sprintf("%d wrong sums, %d that fell, %d of mixed columns, %d unreadable", w.Sums, w.Fell, w.Mixed, w.Unread)
	if w.First != "" {
		s += "; " + w.First
	}
	return s
}

func (w *Wrong) fell(k uint32) {
	w.Fell++
	w.say("the sum of key %d fell", k)
}

func (w *Wrong) mixed(k uint32) {
	w.Mixed++
	w.say("the columns of key %d are not of one sum", k)
}

// say keeps the first complaint.
func (w *Wrong) say(format string, args ...any) {
	if w.First == "" {
		w.First = fmt.Sprintf(format, args...)
	}
}

// Add adds what was wrong elsewhere: at a node of that name, or in another run.
func (w *Wrong) Add(node string, o Wrong) {
	w.Sums += o.Sums
	w.Fell += o.Fell
	w.Mixed += o.Mixed
	w.Unread += o.Unread
	if o.First != "" {
		w.say("%s", strings.TrimPrefix(node+": "+o.First, ": "))
	}
}

// Reported is what all nodes together have reported of each key, the keys of probes behind
// the others.
func (f *Fleet) Reported() []uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	want := make([]uint32, f.cfg.Keys+probeKeys)
	for i, n := range f.nodes {
		for s, c := range n.counts {
			want[n.order.key(uint32(s), i)] += c
		}
	}
	for p := range uint64(probeKeys) {
		want[f.cfg.Keys+int(p)] = uint32((f.probes + probeKeys - 1 - p) / probeKeys)
	}
	return want
}

// Verify compares every key's newest sum at every node with want, which is Reported of the
// fleet that reports. What was wrong on the way counts, too. Nodes without a twin know no
// sums and are always right.
func (f *Fleet) Verify(want []uint32) Wrong {
	var all Wrong
	for _, n := range f.nodes {
		n.rx.Lock()
		w := n.rx.wrong
		for k, sum := range n.rx.sums {
			if sum != want[k] {
				w.Sums++
				w.say("the sum of key %d is %d, reported were %d", k, sum, want[k])
			}
		}
		n.rx.Unlock()
		all.Add(n.name, w)
	}
	return all
}
