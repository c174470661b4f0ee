// Package session is one connection of the peers protocol: the handshake, lessons in both
// directions, definitions, updates, acks and heartbeats, as one state machine.
//
// A session is pure. It has no goroutine, no socket and no clock: it is told the time and
// the bytes, and asked what to say and when to be asked again. It must never know what
// becomes of the rows (that is its Source) nor where rows come from that it sends (that
// is its Sink), and never keep a byte of the caller's buffers. It is for node, whose drive
// loop owns it: nothing in it is safe for concurrent use.
//
// Four machines run side by side. The states' comments, where they are defined, say what
// is true in them.
//
//	handshake   toGreet --hello said--> greeted --200 come--> open       we call
//	            toAccept --200 said--> open                              the peer calls
//	            any --fault, silence, other status--> over
//
//	pupil       idle --00 00 said--> learning --00 01 or 00 02 come--> learnt --00 03 said--> idle
//
//	teacher     idle --00 00 come--> asked --its lesson to us has ended--> teaching
//	            teaching --00 01 or 00 02 said--> answered --00 03 come, or 10 s--> idle
//	            any --00 00 come--> asked
//
//	process     another <--other process id, or 00 00 come-- unproven
//	            unproven --first id outside a lesson is newer than our last ack--> same
//
// Besides, the guard is on from the handshake, and again from a node's 00 00, until the
// peer's lesson is FINISHED, its process is shown to be the same, or 10 s have passed.
package session

import (
	"time"

	"tallystick/internal/wire"
)

// Config is what a session is made of.
type Config struct {
	Hello   wire.Hello    // of the peer that has called us, or ours if we call
	Calling bool          // we call: Append gives our hello first, Receive takes the status first
	Silence time.Duration // a peer that has sent a heartbeat is dead after this without a byte; 0: never
	Patient bool          // the peer is a node: its request waits until its own lesson to us has ended
	Restore bool          // it may be given back its own last rows when it asks
	Memory  *Memory       // of the peer; must not be nil
	Source  Source        // where its reports go; must not be nil
	Sink    Sink          // what it shall hear; must not be nil
}

// Session is one connection. Make it with New. One goroutine at a time may use it.
type Session struct {
	c     Config
	phase phase
	err   error // why it is over
	minor int   // the peer speaks 2.minor
	clock

	farewell     byte // type of the error message that is our last word
	hasFarewell  bool
	heartbeatDue bool

	// What comes in.
	received     int64 // bytes of whole messages, and of the status line
	left         int   // bytes that the last Receive could not use
	byID         map[uint32]*table
	byName       map[string]*table
	current      *table // selected by the peer for its updates; nil: they are ignored
	inDictionary wire.InDictionary
	batch        batch
	owed         []*table // tables with updates to ack
	unusable     unusable

	abstains bool // requests do not wait

	process process
	guard   guard
	pupil   pupil
	teacher teacher

	// What goes out.
	outDictionary wire.OutDictionary
	selected      selected
	run           wire.Batch

	stats Stats
}

// New begins a session: of a peer that has said its hello, or, if c.Calling, of one that
// we have reached and that has heard nothing yet.
func New(now time.Time, c Config) *Session {
	s := &Session{c: c, clock: clock{now: now}, byID: map[uint32]*table{}, byName: map[string]*table{}}
	s.stats.Started = now
	if c.Calling {
		s.call()
	} else {
		s.accept()
	}
	return s
}

// Append appends to dst what there is to say now, about 64 KiB at most, and returns it; if
// nothing is appended there is nothing to say. What it gives must be sent, in that order.
// A peer that is slow is simply not asked for: nothing queues up in the session.
func (s *Session) Append(now time.Time, dst []byte) []byte {
	s.pass(now)
	before := len(dst)
	if dst = s.appendAll(dst); len(dst) > before {
		s.stats.BytesOut += uint64(len(dst) - before)
		s.stats.LastSent = s.now
	}
	return dst
}

// appendAll says what is due, in an order that matters: the confirm of its lesson before
// the lesson that waited for it; acks before a request that would forbid them; the request
// behind an answer that causes it.
func (s *Session) appendAll(b []byte) []byte {
	limit := len(b) + maxOutput
	b = s.appendHandshake(b)
	switch s.phase {
	case over:
		return s.appendFarewell(b)
	case open:
		b = s.appendConfirms(b, limit)
		b = s.appendAcks(b)
		b = s.appendLesson(b, limit)
		b = s.appendRequest(b)
		b = s.appendHeartbeat(b)
		b = s.appendPush(b, limit)
	}
	return b
}

func (s *Session) appendFarewell(b []byte) []byte {
	if !s.hasFarewell {
		return b
	}
	s.hasFarewell = false
	return wire.AppendErrorMessage(b, s.farewell)
}

// appendHeartbeat says that we live, if nothing else has said so.
func (s *Session) appendHeartbeat(b []byte) []byte {
	if !s.heartbeatDue {
		return b
	}
	s.stats.HeartbeatsOut++
	return s.appendControl(b, wire.Heartbeat)
}

func (s *Session) appendControl(b []byte, typ byte) []byte {
	s.stats.MessagesOut++
	s.speak()
	return wire.AppendControl(b, typ)
}

// speak notes a sign of life of ours. Updates and definitions are none: HAProxy up to 2.6
// does not count those of tables that it lacks, so heartbeats go on
// while we push.
func (s *Session) speak() {
	s.heartbeatDue = false
	s.armHeartbeat()
}
