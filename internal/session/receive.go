package session

import (
	"bytes"
	"errors"
	"time"

	"tallystick/internal/wire"
)

// Receive takes what the peer has sent: all of b that makes whole messages, which are n
// bytes. The rest must come again at the front of the next call, with more behind it; b
// itself is not kept. A caller's buffer must hold wire.MaxMessage and a few bytes more.
//
// What the messages change has been handed to Source and Sink when Receive returns: rows
// and lessons in their order, acks perhaps ahead of rows. An error ends the session, and is Err from then on; the messages before
// the one at fault have counted, and it has changed nothing.
func (s *Session) Receive(now time.Time, b []byte) (n int, err error) {
	s.hear(now, len(b))
	s.pass(now)
	if s.phase == greeted {
		n = s.takeStatus(b)
	}
	for s.err == nil && s.Established() {
		m, size, err := wire.Next(b[n:])
		if err == wire.ErrShort {
			break
		}
		if err == nil {
			err = s.take(m)
		}
		if err != nil {
			s.refuse(b[n:], size, err)
			break
		}
		n += size
		s.received += int64(size)
		s.stats.MessagesIn++
	}
	s.flush()
	s.left = len(b) - n
	return n, s.err
}

// take obeys one message. It has changed nothing if there is an error.
func (s *Session) take(m wire.Message) error {
	switch m.Class {
	case wire.ClassControl:
		s.takeControl(m.Type)
	case wire.ClassStick:
		return s.takeStick(m)
	case wire.ClassError:
		// HAProxy says so just before it closes. Until it does there is nothing to be done.
		s.stats.Complaints++
	case wire.ClassReserved:
		return errReserved
	default:
		s.stats.Unknown++ // of a later version: skipped
	}
	return nil
}

func (s *Session) takeControl(typ byte) {
	if typ == wire.Heartbeat {
		s.takeHeartbeat()
		return
	}
	s.flush() // rows that are waiting came before what is about to change
	switch typ {
	case wire.ResyncRequest:
		s.takeRequest()
	case wire.ResyncFinished, wire.ResyncPartial:
		s.endLesson(typ == wire.ResyncFinished)
	case wire.ResyncConfirm:
		s.takeConfirm()
	default:
		s.stats.Unknown++
	}
}

// takeHeartbeat begins to expect signs of life: a peer that sends one sends them all the
// time. HAProxy 1.8 never does.
func (s *Session) takeHeartbeat() {
	s.stats.HeartbeatsIn++
	if s.c.Silence > 0 {
		s.arm(deathTimer, s.c.Silence)
	}
}

func (s *Session) takeStick(m wire.Message) error {
	switch m.Type {
	case wire.UpdateFull, wire.UpdateIncremental, wire.UpdateTimed, wire.UpdateIncrementalTimed:
		return s.update(m)
	case wire.Definition:
		return s.define(m.Payload)
	case wire.Switch:
		return s.switchTo(m.Payload)
	case wire.Ack:
		return s.takeAck(m.Payload)
	}
	s.stats.Unknown++
	return nil
}

// refuse ends the session for the message at the front of b, of which size bytes are
// known to belong to it (0: nobody knows). The peer is told as HAProxy tells it: 01 00,
// or 01 01 for a message that is too large. But not before the handshake is over: HAProxy
// would take it for a status that is no number, and call again at once, for ever.
func (s *Session) refuse(b []byte, size int, err error) {
	fault := Error{Offset: s.received, What: err.Error()}
	var w *wire.Error
	if errors.As(err, &w) {
		fault.Offset, fault.At, fault.What = s.received+int64(w.Offset), w.Offset, w.What
	}
	if size == 0 {
		size = len(b)
	}
	fault.Message = bytes.Clone(b[:min(size, len(b), shownBytes)])
	s.farewell = wire.ErrorProtocol
	if isTooLarge(b) {
		s.farewell = wire.ErrorSize
	}
	s.hasFarewell = s.phase == open
	s.end(&fault)
}

// isTooLarge reports whether the message at the front of b has a length, and only that is
// wrong with it.
func isTooLarge(b []byte) bool {
	if len(b) < 3 || b[1] < 0x80 {
		return false
	}
	const most = 5 // bytes of a length: one that takes more is no length
	length, _, err := wire.Varint(b[2:min(len(b), 2+most)])
	return err == nil && length > wire.MaxMessage
}
