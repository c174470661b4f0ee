package session

import (
	"errors"
	"time"

	"tallystick/internal/wire"
)

// phase is how far a session has come.
type phase uint8

const (
	// toGreet: we call and have not said our hello.
	toGreet phase = iota
	// greeted: our hello is said and the peer's status has not come. Nothing else is said.
	greeted
	// toAccept: the peer has called, and 200 is not said yet. What it sends counts already.
	toAccept
	// open: the handshake is over, both sides send messages.
	open
	// over: Err says why. Nothing is taken any more, and at most an error message is said.
	over
)

// String is the word that Stats has.
func (p phase) String() string {
	return [...]string{"hello", "status", "accepting", "established", "over"}[p]
}

// Established reports whether the handshake is over and the session is not.
func (s *Session) Established() bool { return s.phase == toAccept || s.phase == open }

// Err tells why the session is over: *Error, *StatusError, *SilenceError, ErrNoStatus, or
// a bug of ours; nil while it lives. What Append gives then may still be sent.
func (s *Session) Err() error { return s.err }

// end ends the session. Nothing becomes due any more.
func (s *Session) end(err error) {
	if s.phase == over {
		return
	}
	s.phase, s.err = over, err
	s.clock.at = [timers]time.Time{}
}

// call begins a session that we have called for.
func (s *Session) call() {
	s.phase = toGreet
	if s.c.Memory.announce20 {
		s.c.Hello.Minor = 0
	}
	s.minor = s.c.Hello.Minor // a peer that accepts it speaks it
	s.arm(statusTimer, statusWait)
}

// accept begins a session whose peer has called.
func (s *Session) accept() {
	s.minor = s.c.Hello.Minor
	if s.minor > 0 {
		s.c.Memory.announce20 = false // it says itself that it can do better
	}
	s.establish(toAccept)
}

// establish begins what a session is for.
func (s *Session) establish(p phase) {
	s.phase = p
	s.stats.Established = s.now
	s.meet()
	s.startGuard()
	if last := s.c.Memory.asked; !last.IsZero() {
		s.pupil.notBefore = last.Add(flapping)
	}
	s.ask(0)
	s.arm(soonTimer, soon)
	s.arm(laterTimer, later)
}

// appendHandshake says our part of the handshake.
func (s *Session) appendHandshake(b []byte) []byte {
	switch s.phase {
	case toGreet:
		s.phase = greeted
		return s.c.Hello.Append(b)
	case toAccept:
		s.phase = open
		s.speak()
		return wire.AppendStatus(b, wire.StatusOK)
	}
	return b
}

// takeStatus reads the status at the front of b and tells its length.
func (s *Session) takeStatus(b []byte) (n int) {
	code, n, err := wire.ParseStatus(b)
	switch {
	case errors.Is(err, wire.ErrShort):
		return 0
	case err != nil:
		s.refuse(b, 0, err)
		return 0
	case code != wire.StatusOK:
		if code == wire.StatusVersion {
			s.c.Memory.announce20 = true
		}
		s.end(&StatusError{Code: code})
		return n
	}
	s.received += int64(n)
	s.disarm(statusTimer)
	s.establish(open)
	return n
}
