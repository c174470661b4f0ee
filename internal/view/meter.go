package view

import "time"

// Meter is what is looked at often: it answers from counters alone, takes no snapshot of peers,
// and costs next to nothing. Safe for concurrent use.
type Meter interface {
	// Samples are the tables in numbers, in the order of Sections.
	Samples() []Sample
	// EventsAfter are the events of the ring that are newer than number seq, oldest first.
	EventsAfter(seq uint64) []Event
	// Alive tells why aggregation makes no progress; nil if it does.
	Alive() error
}

// Sample is one table at a moment. In and Out only grow while the table is there.
type Sample struct {
	Section, Table string
	In             uint64 // updates taken from peers since the table came to be
	Out            uint64 // updates sent to peers
	Rows           int64
	Bytes          int64 // of memory: rows, shares, keys and index
	Lag            *Lag  // nil: not measured
}

// Lag is how long changes waited lately, from the bytes that brought them until a receiver was
// told, over the last 30 to 60 seconds.
type Lag struct{ P50, P99 time.Duration }

// Lesson is how far a lesson has come that is being given now.
type Lesson struct {
	Running bool
	Rows    uint64 // said so far
	Total   int64  // that there are to say, about; 0: not known, since it is the peer that gives it
}

// Reload is the last time that the configuration was read again.
type Reload struct {
	At      time.Time // zero: never
	Good    bool      // what was read serves
	Message string    // what has changed, or all complaints, a line each
}

// Refused reports whether what was read was not taken: the configuration before it serves.
func (r *Reload) Refused() bool { return !r.At.IsZero() && !r.Good }
