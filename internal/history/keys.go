package history

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// The bounds of the history of keys: 12 KB a watch for values, and its keys; 0.6 MB at most.
const (
	KeyStep    = 10 * time.Second
	KeySlots   = 90 // a quarter of an hour
	MaxKeys    = 20 // of a watch
	MaxWatches = 32
	maxKeyLen  = 256 // longer ones are left out: strings may have 64 KB
)

// Watch is whose largest keys are kept: those of one column, or element of an array, of one table.
type Watch struct {
	Section, Table string
	By             string // as query.Cell.Name has it
}

// Top is one of the largest keys, and its value.
type Top struct {
	Key   string // as on the wire
	Value float64
}

// Keys is the history of the largest keys of some watches. Its zero value is empty.
type Keys struct {
	mu      sync.Mutex
	watches map[Watch]*watch
}

// watch is one of them.
type watch struct {
	newest int64 // number of the newest slot, counted in KeyStep since 1970
	keys   map[string]*ring
}

// ring is one key: its value by number of the slot, and when it was among the largest.
type ring struct {
	seen   int64 // number of the slot in which it was among the largest last
	values [KeySlots]float64
}

// number is which slot a moment is in.
func number(now time.Time) int64 { return now.UnixNano() / int64(KeyStep) }

// Put takes the largest keys of a watch at a moment, and the present values of others of Tracked, in
// any order. What was watched longest ago makes room for a new watch, and in a watch the key that was
// not among the largest for longest.
func (k *Keys) Put(now time.Time, w Watch, largest, others []Top) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, slot := k.watch(w, number(now)), number(now)
	at.advance(slot)
	for _, t := range largest {
		if r := at.ring(t.Key, true); r != nil {
			r.seen, r.values[slot%KeySlots] = slot, t.Value
		}
	}
	for _, t := range others {
		if r := at.ring(t.Key, false); r != nil {
			r.values[slot%KeySlots] = t.Value
		}
	}
	at.shrink()
}

// watch finds or makes a watch.
func (k *Keys) watch(w Watch, slot int64) *watch {
	if k.watches == nil {
		k.watches = map[Watch]*watch{}
	}
	if at := k.watches[w]; at != nil && slot >= at.newest && slot-at.newest < KeySlots {
		return at
	}
	delete(k.watches, w) // a quarter of an hour old, or the clock was put back
	if len(k.watches) >= MaxWatches {
		var oldest Watch
		least := slot + 1
		for w, at := range k.watches {
			if at.newest < least {
				oldest, least = w, at.newest
			}
		}
		delete(k.watches, oldest)
	}
	at := &watch{newest: slot, keys: map[string]*ring{}}
	k.watches[w] = at
	return at
}

// advance blanks the slots that have begun since the newest.
func (w *watch) advance(slot int64) {
	for at := w.newest + 1; at <= slot; at++ {
		for _, r := range w.keys {
			r.values[at%KeySlots] = unknown
		}
	}
	w.newest = slot
}

// ring finds the history of a key, or begins it.
func (w *watch) ring(key string, begin bool) *ring {
	r := w.keys[key]
	if r == nil && begin && len(key) <= maxKeyLen {
		r = &ring{}
		for i := range r.values {
			r.values[i] = unknown
		}
		w.keys[key] = r
	}
	return r
}

// shrink leaves out the keys beyond MaxKeys.
func (w *watch) shrink() {
	for _, t := range w.order()[min(len(w.keys), MaxKeys):] {
		delete(w.keys, t)
	}
}

// order lists the keys, those that were among the largest last first, and of them the largest.
func (w *watch) order() []string {
	keys := make([]string, 0, len(w.keys))
	for key := range w.keys {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		ra, rb := w.keys[a], w.keys[b]
		return cmp.Or(cmp.Compare(rb.seen, ra.seen), cmp.Compare(rb.values[rb.seen%KeySlots], ra.values[ra.seen%KeySlots]), cmp.Compare(a, b))
	})
	return keys
}

// Tracked are the keys of a watch, as on the wire: their values are wanted even when they are
// not among the largest any more.
func (k *Keys) Tracked(w Watch) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at := k.watches[w]; at != nil {
		return at.order()
	}
	return nil
}

// KeyLine is one key over time.
type KeyLine struct {
	Key    string // as on the wire
	Values Line
}

// Read gives the last quarter of an hour of the n keys of a watch that are or were largest. until is
// when the last slot ends, which is not over yet.
func (k *Keys) Read(now time.Time, w Watch, n int) (until time.Time, list []KeyLine) {
	k.mu.Lock()
	defer k.mu.Unlock()
	slot := number(now)
	until = time.Unix(0, (slot+1)*int64(KeyStep))
	at := k.watches[w]
	if at == nil || slot < at.newest {
		return until, nil
	}
	keys := at.order()
	for _, key := range keys[:min(n, len(keys))] {
		line := make(Line, 0, KeySlots)
		for s := slot - KeySlots + 1; s <= slot; s++ {
			v := unknown
			if s <= at.newest && s > at.newest-KeySlots {
				v = at.keys[key].values[s%KeySlots]
			}
			line = append(line, v)
		}
		list = append(list, KeyLine{key, line})
	}
	return until, list
}
