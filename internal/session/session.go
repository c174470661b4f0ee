// Package session is one connection of the peers protocol as a state machine that is told
// the time. It owns no goroutine, no socket and no clock: it is given bytes and times, and
// asked what to say and when to be asked again. So ten seconds of silence are tested in no
// time, and a bug report is a list of calls.
//
// It decodes what a peer says and hands rows to a Source, and pulls from a Sink what the
// peer shall hear. What it decides itself is the conversation: the handshake, lessons both
// ways, acks, signs of life. It must never know what a table is.
//
// Three machines run side by side, each in a file of its own:
//
//	pupil     idle --our 00 00--> asking --00 01 / 00 02, our 00 03--> idle           (pupil.go)
//	teacher   idle --00 00--> asked --its lesson to us has ended--> teaching
//	               --our 00 01 / 00 02--> confirming --00 03--> idle                  (teacher.go)
//	guard     on from a hello, or from a node's request, to FINISHED                  (pupil.go)
package session

import (
	"fmt"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// Config says who talks to whom.
type Config struct {
	Hello   wire.Hello    // what the peer has said; on a call of ours what we say
	Calling bool          // we called
	Silence time.Duration // a peer that has sent a heartbeat is dead after that long without a byte
	Patient bool          // the peer is a node: its request is answered when its own lesson has ended
	Restore bool          // and what it has lost is taught back
	Memory  *Memory       // of the peer; belongs to the session as long as it lives
	Source  Source
	Sink    Sink
}

// state is where the conversation is.
type state uint8

const (
	greeting state = iota // we called and have not said our hello yet
	waiting               // our hello is said, the status line has not come
	up                    // messages go both ways
	over                  // Err tells why; only last words may be said
)

// Times that the protocol or HAProxy's behaviour set.
const (
	statusTime   = 5 * time.Second         // for the status line after our hello
	beatAfter    = 2500 * time.Millisecond // of our silence: HAProxy looks every 5 s
	lessonEvery  = 5 * time.Second         // after a handshake, for a peer that comes and goes
	partialAgain = 3 * time.Second         // after a lesson that was PARTIAL
	maxPartials  = 3                       // then a lesson is as good as finished
	guardTime    = 10 * time.Second
	patience     = 2 * time.Second  // after the peer's last row, for the end of its lesson
	confirmTime  = 10 * time.Second // for the confirm of a lesson that we gave
	outputLimit  = 60 << 10         // bytes that one Append says, about
	maxUnsaid    = 64 << 10         // bytes of control messages for a peer that does not read
)

// Session is one connection. It belongs to one goroutine at a time.
type Session struct {
	Config
	state state
	err   error
	minor int // of the protocol spoken: 2.minor

	now    time.Time // of the last call
	since  time.Time // of the start
	heard  time.Time // of the last byte
	spoke  time.Time // of our last word
	beats  []time.Time
	alive  bool   // the peer has sent a heartbeat
	offset int64  // bytes of the connection used
	say    []byte // control messages and acks, to be said first

	tables  tables
	pupil   pupil
	teacher teacher
	past    past

	batch    wire.Batch // what the sink is asked to fill
	dict     wire.OutDictionary
	lastID   uint32 // the table of the last run sent
	lastDef  *stick.Schema
	counters Stats
}

// New begins a session at now.
func New(now time.Time, c Config) *Session {
	s := &Session{Config: c, now: now, since: now, heard: now, spoke: now, minor: c.Hello.Minor}
	s.tables.init()
	if !c.Calling {
		s.establish(now)
		s.say = wire.AppendStatus(s.say, wire.StatusOK)
		s.considerAsking(now) // in one write with the status, so that nothing of the peer's comes before it
		return s
	}
	if c.Memory.Announce20 {
		s.minor, s.Hello.Minor = 0, 0
	}
	return s
}

// establish begins the conversation proper.
func (s *Session) establish(now time.Time) {
	s.state = up
	s.batch.Timed, s.batch.Dict = s.minor >= 1, &s.dict
	s.remember()
	s.pupil.askAt = later(now, s.Memory.lastAsked.Add(lessonEvery))
	s.pupil.guard = now.Add(guardTime)
	// HAProxy clears its sign of life for a name when an abandoned connection of that name
	// ends, and would cut this one five seconds later.
	s.Nudge(now)
}

// Nudge sends signs of life 10 ms and 250 ms from now: another connection of the peer's name
// has just been refused, and HAProxy may take its end for ours.
func (s *Session) Nudge(now time.Time) {
	s.beats = append(s.beats[:0], now.Add(10*time.Millisecond), now.Add(250*time.Millisecond))
}

// Established reports whether the handshake is over and the session lives.
func (s *Session) Established() bool { return s.state == up }

// Err says why the session is over; nil while it lives.
func (s *Session) Err() error { return s.err }

// end makes the session be over.
func (s *Session) end(err error) {
	if s.state != over {
		s.state, s.err = over, err
	}
}

// Advance tells that time has passed.
func (s *Session) Advance(now time.Time) {
	s.now = now
	switch s.state {
	case waiting:
		if now.Sub(s.since) >= statusTime {
			s.end(fmt.Errorf("no answer to our hello within %v", statusTime))
		}
	case up:
		if s.alive && now.Sub(s.heard) >= s.Silence {
			s.end(fmt.Errorf("no sign of life for %v", s.Silence))
			return
		}
		s.endGuard(now)
		s.considerAsking(now)
		s.considerTeaching(now)
		s.considerBeat(now)
	}
}

// considerBeat sends a sign of life if it is time for one.
func (s *Session) considerBeat(now time.Time) {
	due := now.Sub(s.spoke) >= beatAfter
	for len(s.beats) > 0 && !now.Before(s.beats[0]) {
		s.beats, due = s.beats[1:], true
	}
	if due && len(s.say) == 0 {
		s.say = wire.AppendControl(s.say, wire.Heartbeat)
		s.spoke = now
		s.counters.HeartbeatsOut++
	}
}

// Deadline is when Advance must be called next, at the latest. It is always later than the
// time of the last call.
func (s *Session) Deadline() time.Time {
	d := s.now.Add(time.Hour)
	sooner := func(t time.Time) {
		if t.Before(d) {
			d = t
		}
	}
	switch s.state {
	case waiting:
		sooner(s.since.Add(statusTime))
	case up:
		sooner(s.spoke.Add(beatAfter))
		if len(s.beats) > 0 {
			sooner(s.beats[0])
		}
		if s.alive {
			sooner(s.heard.Add(s.Silence))
		}
		s.pupil.deadline(sooner)
		s.teacher.deadline(s, sooner)
	}
	return later(d, s.now.Add(time.Millisecond))
}

// Append appends what there is to say now: control messages and acks, then a lesson that the
// peer has asked for, or changes. It says about 60 KiB at a time; more is said the next time.
// Nothing appended means nothing to say.
func (s *Session) Append(now time.Time, dst []byte) []byte {
	before := len(dst)
	if s.state == greeting {
		s.state, s.spoke = waiting, now
		return s.Hello.Append(dst)
	}
	if s.state == up {
		s.Advance(now)
	}
	dst = append(dst, s.say...)
	s.say = s.say[:0]
	if s.state == up {
		dst = s.appendAcks(dst)
		dst = s.appendUpdates(now, dst)
	}
	if len(dst) > before {
		s.spoke = now
		s.counters.BytesOut += uint64(len(dst) - before)
	}
	return dst
}

// appendUpdates pulls from the sink. While the peer waits for an answer to its request it is
// told nothing else.
func (s *Session) appendUpdates(now time.Time, dst []byte) []byte {
	for limit := len(dst) + outputLimit; len(dst) < limit && s.teacher.state != asked; {
		s.batch.Buf, s.batch.Limit = s.batch.Buf[:0], limit-len(dst)
		some := s.Sink.Pull(now, &s.batch)
		if some {
			dst = s.appendRun(dst)
		}
		switch {
		case s.teacher.state == teaching:
			if dst = s.appendAnswer(now, dst); s.teacher.state == teaching && !some {
				return dst // the sink has more to teach, but not now
			}
		case !some:
			return dst
		}
	}
	return dst
}

// appendRun appends the batch, behind the definition of its table if the last run was of
// another: a definition also selects the table.
func (s *Session) appendRun(dst []byte) []byte {
	b := &s.batch
	if s.lastDef == nil || s.lastID != b.Table || s.lastDef != b.Schema && !s.lastDef.Equal(b.Schema) {
		dst = wire.AppendDefinition(dst, b.Table, b.Schema)
		s.counters.DefinitionsOut++
	}
	s.lastID, s.lastDef = b.Table, b.Schema
	return append(dst, b.Buf...)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
