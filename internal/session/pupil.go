package session

import (
	"time"

	"tallystick/internal/wire"
)

// pupilState is where we are in a lesson that the peer gives us.
type pupilState uint8

const (
	// pupilIdle: no request of ours is outstanding. What the peer sends is acked.
	pupilIdle pupilState = iota
	// learning: 00 00 is said, 00 01 or 00 02 has not come. What the peer sends belongs to
	// the lesson and is not acked.
	learning
	// learnt: the answer has come and our 00 03 is not said yet. Nothing is acked still.
	learnt
)

// String is the word that Stats has.
func (p pupilState) String() string { return [...]string{"idle", "learning", "learnt"}[p] }

// maxPartials is how many PARTIAL answers are believed to get better: HAProxy 2.0 never
// says anything else.
const maxPartials = 3

type pupil struct {
	state     pupilState
	due       bool      // a lesson is to be asked for as soon as none is outstanding
	notBefore time.Time // no request goes out earlier: the last session asked a moment ago
	partials  int       // PARTIAL answers since the last FINISHED
	ended     bool      // a lesson that we asked for has ended in this session
	undecided bool      // one ended FINISHED, but what it did not mention was kept, since the peer's own request was open
	since     uint64    // updates that had come when we asked, for observers
	confirms  int       // answers that have come and are to be confirmed, one 00 03 each
}

// Relearn asks for a lesson once more: rows that the peer has reported count now that did
// not when they came, since definitions have changed.
func (s *Session) Relearn(now time.Time) {
	s.pass(now)
	if s.Established() {
		s.ask(0)
	}
}

// ask makes a lesson due d from now, but not before the flapping rule permits it. Whoever
// asks for one that is due already gets that one.
func (s *Session) ask(d time.Duration) {
	at := s.now.Add(d)
	if at.Before(s.pupil.notBefore) {
		at = s.pupil.notBefore
	}
	if !at.After(s.now) {
		s.pupil.due = true
		return
	}
	if !s.isArmed(askTimer) || at.Before(s.at[askTimer]) {
		s.at[askTimer] = at
	}
}

// isInLesson reports whether what comes now is not to be acked: HAProxy goes back to what
// was acked when we asked, and must not be told otherwise in between.
func (s *Session) isInLesson() bool { return s.pupil.state != pupilIdle }

// appendConfirms says one confirm for every answer that has come, asked for or not.
func (s *Session) appendConfirms(b []byte, limit int) []byte {
	for ; s.pupil.confirms > 0 && len(b) < limit; s.pupil.confirms-- {
		b = s.appendControl(b, wire.ResyncConfirm)
		s.stats.ConfirmsOut++
	}
	if s.pupil.state == learnt && s.pupil.confirms == 0 {
		s.pupil.state = pupilIdle
	}
	return b
}

// appendRequest asks for a lesson if one is due and none is outstanding.
func (s *Session) appendRequest(b []byte) []byte {
	if !s.pupil.due || s.pupil.state != pupilIdle {
		return b
	}
	s.pupil.due, s.pupil.state, s.pupil.since = false, learning, s.stats.UpdatesIn
	s.disarm(askTimer)
	s.c.Memory.asked = s.now
	s.stats.LessonsAsked++
	s.c.Source.Begin(s.now)
	return s.appendControl(b, wire.ResyncRequest)
}

// endLesson takes the answer to our request, or one that was not asked for: that is
// confirmed, since the peer waits for it, and means nothing.
func (s *Session) endLesson(finished bool) {
	p := &s.pupil
	p.confirms++
	if finished {
		s.stats.FinishedIn++
	} else {
		s.stats.PartialsIn++
	}
	if p.state != learning {
		s.stats.UnaskedIn++
		return
	}
	p.state, p.ended = learnt, true
	if p.partials++; finished {
		p.partials = 0
	}
	enough := finished || p.partials >= maxPartials
	open := s.isAskedFor()
	s.c.Source.End(s.now, finished && !open, enough || s.c.Patient)
	switch {
	case enough && !open:
		s.endGuard()
	case finished:
		// A node that asks has lost its memory, wholly or in part: what it does not mention
		// is what it is about to be given back.
		p.undecided = true
	case !enough:
		s.ask(partialRetry)
	}
}
