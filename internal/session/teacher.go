package session

import (
	"time"

	"tallystick/internal/wire"
)

// teaches is where the side that gives lessons is.
type teaches uint8

const (
	idle       teaches = iota // nobody has asked
	asked                     // the peer waits for our answer; HAProxy pushes nothing to us meanwhile
	teaching                  // the sink is being pulled
	confirming                // FINISHED or PARTIAL is said, the confirm has not come
)

// teacher is the side that gives lessons.
type teacher struct {
	state teaches
	at    time.Time // of the request, or of our answer
	ever  bool      // the peer has asked in this session
}

func (t *teacher) deadline(s *Session, sooner func(time.Time)) {
	switch t.state {
	case asked:
		if at := s.patientUntil(); !at.IsZero() {
			sooner(at)
		}
	case confirming:
		sooner(t.at.Add(confirmTime))
	}
}

// requested takes the peer's request for a lesson. A second one begins it anew.
func (s *Session) requested(now time.Time) {
	s.teacher = teacher{state: asked, at: now, ever: true}
	s.counters.LessonsWanted++
	if s.Patient {
		s.pupil.guard = now.Add(guardTime)
	}
}

// patientUntil is when the peer's request must be answered even if its lesson to us has not
// ended: two seconds after its last row. Zero: as long as we have not asked for the lesson.
func (s *Session) patientUntil() time.Time {
	switch p := &s.pupil; {
	case !s.Patient:
		return s.teacher.at
	case p.asking:
		return later(s.teacher.at, p.lastRow).Add(patience)
	case p.ended:
		return s.teacher.at
	}
	return time.Time{}
}

// considerTeaching begins the lesson if the time has come: of a node we must know first what
// it has, to know what it has lost. Another aggregator is answered at once, or both would
// wait for each other.
func (s *Session) considerTeaching(now time.Time) {
	t := &s.teacher
	switch {
	case t.state == asked:
		if at := s.patientUntil(); !at.IsZero() && !now.Before(at) {
			t.state = teaching
			s.Sink.Teach(now, s.Restore && s.pupil.ended && !s.pupil.asking)
		}
	case t.state == confirming && now.Sub(t.at) >= confirmTime:
		s.confirmed() // go on as if it had come
	}
}

// appendAnswer ends the lesson once the sink has taught everything.
func (s *Session) appendAnswer(now time.Time, dst []byte) []byte {
	done, restored, finished := s.Sink.Taught(now)
	if !done {
		return dst
	}
	answer := byte(wire.ResyncPartial)
	if finished {
		answer = wire.ResyncFinished
	}
	s.teacher.state, s.teacher.at = confirming, now
	s.counters.LessonsGiven++
	dst = wire.AppendControl(dst, answer)
	// What was given back must be heard again; and a drop that was put off is decided now.
	if restored || s.pupil.owed {
		s.pupil.owed = false
		s.Relearn(now)
	}
	return dst
}

// confirmed takes the peer's confirm of a lesson that we gave.
func (s *Session) confirmed() {
	if s.teacher.state != confirming {
		s.counters.Unsolicited++
		return
	}
	s.teacher.state = idle
	s.counters.LessonsConfirmed++
	s.Sink.Confirmed()
}

// acked takes an ack. While a lesson is given, and until it is confirmed, it says nothing:
// the confirm covers all of it, and some versions ack what they learn, others do not.
func (s *Session) acked(table, id uint32) {
	s.counters.AcksIn++
	if s.teacher.state == teaching || s.teacher.state == confirming {
		return
	}
	s.Sink.Acked(table, id)
}
