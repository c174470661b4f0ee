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
//
// If the nodes hold sums already, of our former life or of another aggregator beside us, they
// must not fall either when we begin to speak. What changed on a node while it gave us its
// lesson comes behind it, at most for about as long as the lesson took; so long is waited then.
// Safe for concurrent use.
type warmth struct {
	warm atomic.Bool

	mu      sync.Mutex
	waiting []string      // members that have not given a lesson since our start
	whole   bool          // nodes may come that nobody knows: the whole time is waited
	until   time.Time     // warm at the latest
	longest time.Duration // of the lessons
	settled time.Time     // what changed during the lessons has come by then
}

// settling bounds the wait for what changed during the lessons.
const (
	settleLeast = 100 * time.Millisecond
	settleMost  = 2 * time.Second
)

// dawn is how a warm-up stands.
type dawn uint8

const (
	stillCold      dawn = iota // or warm since long
	everybodyHeard             // it has ended now, since every member has been heard
	timeOver                   // it has ended now, since its time is over
)

func (w *warmth) init(members []string, until time.Time, whole bool) {
	w.waiting, w.until, w.whole = members, until, whole
}

// given notes that a member has given its lesson, which has taken some time. sums: it has
// handed back rows of our tables with it.
func (w *warmth) given(name string, now time.Time, took time.Duration, sums bool) (missing []string, how dawn) {
	if w.warm.Load() {
		w.remove(name)
		return nil, stillCold
	}
	w.mu.Lock()
	if w.longest = max(w.longest, took); sums {
		w.settled = now.Add(min(max(w.longest, settleLeast), settleMost))
	}
	w.mu.Unlock()
	w.remove(name)
	return w.tick(now)
}

// remove waits no longer for a member.
func (w *warmth) remove(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = slices.DeleteFunc(w.waiting, func(n string) bool { return n == name })
}

// add waits for a member that has joined, as far as that can still be.
func (w *warmth) add(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.waiting, name) {
		w.waiting = append(w.waiting, name)
	}
}

// tick tells once that the warm-up has ended, and who is missing then.
func (w *warmth) tick(now time.Time) (missing []string, how dawn) {
	if w.warm.Load() {
		return nil, stillCold
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !now.Before(w.until):
		how = timeOver
	case len(w.waiting) > 0 || w.whole || now.Before(w.settled):
		return nil, stillCold
	default:
		how = everybodyHeard
	}
	if !w.warm.CompareAndSwap(false, true) {
		return nil, stillCold
	}
	return slices.Clone(w.waiting), how
}

// again begins to wait anew, until the time given at the latest, if a member has not been heard since our start. It
// reports whether it does.
func (w *warmth) again(until time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 || !w.warm.Load() {
		return false
	}
	w.until = until
	w.warm.Store(false)
	return true
}

// deadline is when the warm-up ends at the latest.
func (w *warmth) deadline() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.until
}

// missing lists the members that have not given a lesson since our start.
func (w *warmth) missing() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.waiting)
}
