package session

import (
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// Lane names one table of the peer, as the Source numbered it.
type Lane int32

// How tells a Source under what circumstances rows came.
type How uint8

const (
	// InLesson: the rows came between our request and our confirm.
	InLesson How = 1 << iota
	// Guarded: the peer may have lost its memory. A row with any counter (array elements
	// included) lower than the one held is not taken, and counted as held back.
	Guarded
)

// Source is where a session puts what its peer reports. All calls come from the goroutine
// that drives the session.
type Source interface {
	// Define: the peer has announced a table, for the first time in this session or with
	// another definition than before, or Redefine asks again what becomes of it. The schema is the callee's to keep. An error refuses
	// the table, not the session: its rows are decoded, dropped and not acked.
	Define(now time.Time, s *stick.Schema) (Lane, error)
	// Apply: the peer has reported these rows of a lane. They are acked once Apply has
	// returned. The rows and what they point to are valid only during the call.
	Apply(now time.Time, l Lane, rows []stick.Row, how How) (held int)
	// Begin: a lesson that we asked for begins: what the peer mentions from now on counts as mentioned.
	Begin(now time.Time)
	// End: the lesson has ended. drop: what the peer did not mention is gone from it.
	// complete: it counts as given (FINISHED, or PARTIAL of a node, or the third PARTIAL).
	End(now time.Time, drop, complete bool)
}

// Sink is where a session pulls what its peer shall hear. All calls come from the
// goroutine that drives the session.
type Sink interface {
	// Pull fills b with the next changes of one table that the peer has not heard, or with a
	// table to announce, and reports whether there were any. During a lesson that we give it goes on until
	// Taught reports true; nothing else is due while it does not.
	Pull(now time.Time, b *wire.Batch) bool
	// Teach: the peer's request is to be answered now. Everything is due again from the
	// start, the peer's own last rows first if restore is true. A peer that asks again
	// during the lesson has it started again.
	Teach(now time.Time, restore bool)
	// Taught reports whether all that was due at Teach has been pulled, whether anything
	// of the peer's own was restored, and whether FINISHED may be said (else PARTIAL).
	Taught(now time.Time) (done, restored, finished bool)
	// Acked: the peer says that it has everything of that table up to the update with this
	// id. Both are as it says: check them (some versions of HAProxy garble ids). What it
	// acks between Teach and Confirmed does not come here.
	Acked(table uint32, id uint32)
	// Confirmed: the peer has confirmed the lesson that we gave, or has not done so for
	// 10 s, which counts the same: it has all that was pulled until Taught said done. What
	// was pulled after that may still be on its way.
	Confirmed()
	// Resume: the peer is the process that it was in the last session: what it acked then
	// need not be pushed again. Called once a session at most, and not before its first
	// update outside a lesson, so pushing may have begun.
	Resume()
}
