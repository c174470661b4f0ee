package node

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// warmth decides when a section that has just been started may publish: a sum without the
// shares of some members would be too low, and on the nodes it would fall. So nothing is
// pushed until every configured member has given us a lesson, or until a time is over.
// Safe for concurrent use.
type warmth struct {
	warm atomic.Bool

	mu      sync.Mutex
	waiting []string // members that have not given a lesson since our start
	until   time.Time
}

func (w *warmth) init(members []string, until time.Time) {
	w.waiting, w.until = members, until
}

// given notes that a member has given its lesson and reports whether that made us warm.
func (w *warmth) given(name string) (warmed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.waiting, name)
	if i < 0 {
		return false
	}
	w.waiting = slices.Delete(w.waiting, i, i+1)
	return len(w.waiting) == 0 && w.warm.CompareAndSwap(false, true)
}

// tick reports once that the time is over, with the members that are still missing.
func (w *warmth) tick(now time.Time) (missing []string, over bool) {
	if w.warm.Load() || now.Before(w.until) || !w.warm.CompareAndSwap(false, true) {
		return nil, false
	}
	return w.missing(), true
}

// missing lists the members that have not given a lesson since our start.
func (w *warmth) missing() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.waiting)
}
