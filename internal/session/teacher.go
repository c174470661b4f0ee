package session

import "tallystick/internal/wire"

// teacherState is where the peer is in a lesson that we give it.
type teacherState uint8

const (
	// teacherIdle: nothing is asked of us, changes are pushed as they come.
	teacherIdle teacherState = iota
	// asked: the peer's 00 00 has come and its lesson has not begun. Nothing is pushed.
	asked
	// teaching: the Sink gives all that is due; the answer follows. Acks are ignored, since
	// HAProxy sends some that count from before.
	teaching
	// answered: 00 01 or 00 02 is said and its 00 03 has not come. Changes are pushed, acks
	// are ignored.
	answered
)

// String is the word that Stats has.
func (t teacherState) String() string {
	return [...]string{"idle", "asked", "teaching", "answered"}[t]
}

type teacher struct {
	state       teacherState
	overdue     bool   // the answer has been held for long enough
	since       uint64 // updates that had been said when the lesson began, for observers
	unconfirmed int    // answers that the peer has yet to confirm; a lesson that was started again may leave two
}

// isAskedFor reports whether the peer's own request is open: come and not yet answered.
func (s *Session) isAskedFor() bool {
	return s.teacher.state == asked || s.teacher.state == teaching
}

// takeRequest notes that the peer asks for a lesson, or asks again.
func (s *Session) takeRequest() {
	s.stats.RequestsIn++
	s.becomeAnother()
	s.disarm(confirmTimer)
	s.teacher.state, s.teacher.overdue = asked, false
	if s.c.Patient {
		s.startGuard()
		s.holdAnswer()
	}
}

// holdAnswer gives the peer's own lesson 2 s more. If the flapping rule delays our request
// for it, they count from there: an answer that comes before the lesson could restore
// nothing, and the node would count from 0.
func (s *Session) holdAnswer() {
	if s.teacher.state != asked || !s.c.Patient || s.teacher.overdue {
		return
	}
	from := s.now
	if s.pupil.notBefore.After(from) {
		from = s.pupil.notBefore
	}
	s.at[answerTimer] = from.Add(answerWait)
}

// mayTeach reports whether the peer's request can be answered now. HAProxy answers our
// request while its own is open; two aggregators that waited for each other would wait
// for ever.
func (s *Session) mayTeach() bool {
	if s.teacher.state != asked {
		return false
	}
	heard := s.pupil.ended && s.pupil.state == pupilIdle
	return !s.c.Patient || s.abstains || heard || s.teacher.overdue
}

// Abstain makes requests of the peer be answered at once, or no more so: there is nothing to tell it, so that
// what it has lost need not be known, and it can ask the next.
func (s *Session) Abstain(on bool) { s.abstains = on }

// appendLesson says as much of the lesson as there is room for, and the answer behind it.
func (s *Session) appendLesson(b []byte, limit int) []byte {
	if s.mayTeach() {
		s.teacher.state, s.teacher.since = teaching, s.stats.UpdatesOut
		s.disarm(answerTimer)
		s.c.Sink.Teach(s.now, s.c.Restore && s.pupil.ended && s.pupil.state != learning)
	}
	for s.teacher.state == teaching {
		if done, restored, finished := s.c.Sink.Taught(s.now); done {
			return s.appendAnswer(b, restored, finished)
		}
		var more bool
		if b, more = s.appendRows(b, limit); !more {
			break
		}
	}
	return b
}

// appendAnswer ends the lesson that we give. What the peer was given back it must tell us
// again, so that its share is what it says and not what we remember.
func (s *Session) appendAnswer(b []byte, restored, finished bool) []byte {
	s.teacher.state = answered
	s.teacher.unconfirmed++
	s.arm(confirmTimer, confirmWait)
	if restored || s.pupil.undecided {
		s.ask(0)
	}
	s.pupil.undecided = false
	if finished {
		s.stats.FinishedOut++
		return s.appendControl(b, wire.ResyncFinished)
	}
	s.stats.PartialsOut++
	return s.appendControl(b, wire.ResyncPartial)
}

// takeConfirm notes that the peer has had an answer of ours. One that belongs to a lesson
// which was started again since does not speak for the new one.
func (s *Session) takeConfirm() {
	s.stats.ConfirmsIn++
	if s.teacher.unconfirmed == 0 {
		s.stats.UnaskedIn++
		return
	}
	if s.teacher.unconfirmed--; s.teacher.unconfirmed == 0 && s.teacher.state == answered {
		s.endTeaching()
	}
}

// endTeaching: the peer has had the lesson, or has had 10 s to say so.
func (s *Session) endTeaching() {
	s.disarm(confirmTimer)
	s.teacher = teacher{state: teacherIdle}
	s.c.Sink.Confirmed()
}

// takeAck passes an ack on, unless it counts from before the lesson that we give.
func (s *Session) takeAck(payload []byte) error {
	table, update, err := wire.ParseAck(payload)
	if err != nil {
		return err
	}
	s.stats.AcksIn++
	if s.teacher.state == teaching || s.teacher.state == answered {
		s.stats.AcksIgnored++
		return nil
	}
	s.c.Sink.Acked(table, update)
	return nil
}
