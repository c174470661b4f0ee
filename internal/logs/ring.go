package logs

import (
	"log/slog"
	"slices"
	"sync"
)

// ring keeps the last ringSize events. The zero ring is empty. Safe for concurrent use.
type ring struct {
	mu     sync.Mutex
	events []Event
	oldest int    // index of the oldest event once the ring is full
	last   uint64 // number of the newest event
}

// wants leaves debug out: a minute of it would push out what matters.
func (r *ring) wants(level slog.Level) bool { return level >= slog.LevelInfo }

func (r *ring) take(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	e.Seq = r.last
	if len(r.events) < ringSize {
		r.events = append(r.events, e)
		return
	}
	r.events[r.oldest] = e
	r.oldest = (r.oldest + 1) % ringSize
}

// all returns the events, the oldest first.
func (r *ring) all() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.events[r.oldest:], r.events[:r.oldest])
}

// after returns the events behind number seq, the oldest first. It copies no others: it is asked
// several times a second by each who follows.
func (r *ring) after(seq uint64) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.events)
	news := int(min(r.last-min(seq, r.last), uint64(n)))
	list := make([]Event, 0, news)
	for i := n - news; i < n; i++ {
		list = append(list, r.events[(r.oldest+i)%n])
	}
	return list
}
