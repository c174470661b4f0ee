package session

import (
	"time"

	"tallystick/internal/wire"
)

// pupil is the side that asks for lessons. After every handshake the peer is asked what it
// has: a node pushes only what changes, and some versions push nothing of what they learned
// from their predecessor until somebody asks.
type pupil struct {
	asking   bool      // our request is out and its end has not come
	askAt    time.Time // when to ask; zero: no reason to
	asked    time.Time // when the last request went out in this session; zero: not yet
	lastRow  time.Time // of a lesson
	partials int       // lessons in a row that the peer called PARTIAL
	ended    bool      // a lesson has ended in this session
	owed     bool      // a FINISHED lesson dropped nothing, since the peer's request was open

	guard time.Time // until then rows lower than what is held are not taken; zero: off
	held  bool      // some were not taken
}

func (p *pupil) deadline(sooner func(time.Time)) {
	if !p.asking && !p.askAt.IsZero() {
		sooner(p.askAt)
	}
	if !p.guard.IsZero() {
		sooner(p.guard)
	}
}

// Relearn asks the peer for a lesson once more, as soon as none is running.
func (s *Session) Relearn(now time.Time) {
	if s.state == up && s.pupil.askAt.IsZero() {
		s.pupil.askAt = now
	}
}

// considerAsking asks if there is a reason to and no lesson is running: one at a time.
func (s *Session) considerAsking(now time.Time) {
	p := &s.pupil
	if p.asking || p.askAt.IsZero() || now.Before(p.askAt) {
		return
	}
	// What is to be acked must be acked before: between request and confirm nothing may be.
	s.say = s.appendAcks(s.say)
	s.say = wire.AppendControl(s.say, wire.ResyncRequest)
	s.Memory.lastAsked = now
	p.asking, p.askAt, p.asked, p.lastRow = true, time.Time{}, now, now
	s.counters.LessonsAsked++
	s.Source.Begin(now)
}

// lessonEnded takes FINISHED (complete) or PARTIAL. Each is confirmed exactly once; one that
// was not asked for changes nothing else.
func (s *Session) lessonEnded(now time.Time, complete bool) {
	s.say = wire.AppendControl(s.say, wire.ResyncConfirm)
	p := &s.pupil
	if !p.asking {
		s.counters.Unsolicited++
		return
	}
	p.asking, p.ended = false, true
	if complete {
		s.counters.LessonsFinished++
		p.partials = 0
	} else {
		s.counters.LessonsPartial++
		p.partials++
	}
	finished := complete || p.partials >= maxPartials
	open := s.teacher.state == asked || s.teacher.state == teaching
	// While the peer's own request is open it has not got back what it lost, so what it
	// does not mention is not gone yet.
	s.Source.End(now, complete && !open, finished || s.Patient)
	switch {
	case !finished:
		p.askAt = now.Add(partialAgain)
	case open:
		p.owed = complete
	default:
		s.releaseGuard(now)
	}
}

// guarded reports whether rows that come now may come from a peer that lost its memory.
func (s *Session) guarded(now time.Time) bool { return now.Before(s.pupil.guard) }

// endGuard ends the guard when its time is over.
func (s *Session) endGuard(now time.Time) {
	if g := s.pupil.guard; !g.IsZero() && !now.Before(g) {
		s.releaseGuard(now)
	}
}

// releaseGuard ends the guard. If rows were held back one more lesson brings them, and
// everything is taken.
func (s *Session) releaseGuard(now time.Time) {
	p := &s.pupil
	p.guard = time.Time{}
	if p.held {
		p.held = false
		p.askAt = now
	}
}
