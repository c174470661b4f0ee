package session

import (
	"errors"
	"fmt"
	"time"

	"tallystick/internal/wire"
)

// Receive takes bytes of the peer: all whole messages in b, n bytes. What is left must be
// given again, with more behind it. Rows have been applied when it returns. With an error
// the session is over: the messages before the bad one have been taken, the bad one has
// changed nothing.
func (s *Session) Receive(now time.Time, b []byte) (n int, err error) {
	if s.state == over {
		return 0, s.err
	}
	s.now, s.heard = now, now
	if s.state == waiting || s.state == greeting {
		if n, err = s.readStatus(now, b); s.state != up {
			return n, err
		}
	}
	for err == nil && n < len(b) {
		m, used, cut := wire.Next(b[n:])
		if errors.Is(cut, wire.ErrShort) {
			break
		}
		if err = cut; err == nil {
			err = s.message(now, m)
		}
		if err == nil {
			n += used
			s.counters.MessagesIn++
		}
	}
	s.flush(now)
	if err != nil {
		s.fault(err, b[n:], int64(n))
	}
	s.offset += int64(n)
	s.counters.BytesIn += uint64(n)
	if len(s.say) > maxUnsaid {
		s.end(errors.New("the peer asks faster than it reads"))
	}
	return n, s.err
}

// message takes one message.
func (s *Session) message(now time.Time, m wire.Message) error {
	switch m.Class {
	case wire.ClassControl:
		s.flush(now)
		s.control(now, m.Type)
	case wire.ClassStick:
		return s.table(now, m)
	case wire.ClassError:
		s.counters.ErrorsIn++ // the peer will close
	case wire.ClassReserved:
		return errors.New("message of the reserved class 255")
	default:
		s.counters.Unknown++
	}
	return nil
}

func (s *Session) control(now time.Time, typ byte) {
	switch typ {
	case wire.ResyncRequest:
		s.requested(now)
	case wire.ResyncFinished, wire.ResyncPartial:
		s.lessonEnded(now, typ == wire.ResyncFinished)
	case wire.ResyncConfirm:
		s.confirmed()
	case wire.Heartbeat:
		s.alive = true
		s.counters.HeartbeatsIn++
	default:
		s.counters.Unknown++
	}
}

// table takes a message about a table.
func (s *Session) table(now time.Time, m wire.Message) error {
	switch m.Type {
	case wire.UpdateFull, wire.UpdateIncremental, wire.UpdateTimed, wire.UpdateIncrementalTimed:
		return s.update(now, m)
	case wire.Definition:
		s.flush(now)
		return s.define(now, m.Payload)
	case wire.Switch:
		id, err := wire.ParseSwitch(m.Payload)
		if err == nil {
			s.tables.current = s.tables.byID[id] // unknown: what follows is not for us
		}
		return err
	case wire.Ack:
		table, id, err := wire.ParseAck(m.Payload)
		if err == nil {
			s.acked(table, id)
		}
		return err
	}
	s.counters.Unknown++
	return nil
}

// update takes one row. It waits in the batch for others of its table.
func (s *Session) update(now time.Time, m wire.Message) error {
	t := s.tables.current
	if t == nil {
		s.counters.Homeless++
		return nil
	}
	b := &s.tables.batch
	if len(b.rows) > 0 && (b.table != t || len(b.rows) == cap(b.rows)) {
		s.flush(now)
	}
	id, row, values, err := wire.ParseUpdate(m, t.schema, t.last, &s.tables.dict, b.values)
	if err != nil {
		return err
	}
	t.last = id
	s.counters.UpdatesIn++
	if t.refused != nil {
		return nil
	}
	b.table, b.values = t, values
	if s.pupil.asking {
		s.pupil.lastRow = now
	} else {
		row.Replay = s.arrived(now, t.schema.Name, id)
		s.owe(t, id)
	}
	b.rows = append(b.rows, row)
	return nil
}

// flush applies the batch.
func (s *Session) flush(now time.Time) {
	b := &s.tables.batch
	if len(b.rows) == 0 {
		return
	}
	var how How
	if s.pupil.asking {
		how |= InLesson
	}
	if s.guarded(now) {
		how |= Guarded
	}
	if s.Source.Apply(now, b.table.lane, b.rows, how) > 0 {
		s.pupil.held = true
	}
	clear(b.rows)
	b.rows, b.values = b.rows[:0], b.values[:0]
}

// readStatus takes the line that answers our hello.
func (s *Session) readStatus(now time.Time, b []byte) (n int, err error) {
	code, n, err := wire.ParseStatus(b)
	switch {
	case errors.Is(err, wire.ErrShort):
		return 0, nil
	case err != nil:
		s.fault(err, b, 0)
		return 0, s.err
	case code == wire.StatusOK:
		s.establish(now)
		s.considerAsking(now)
		s.offset, s.counters.BytesIn = int64(n), uint64(n)
		return n, nil
	case code == wire.StatusVersion && s.minor > 0:
		s.Memory.Announce20 = true
	}
	s.end(&StatusError{Code: code, Called: s.Hello.Called, Caller: s.Hello.Caller})
	return n, s.err
}

// StatusError is a peer's refusal of our call.
type StatusError struct {
	Code           int
	Called, Caller string
}

// Error says what the operator has to change.
func (e *StatusError) Error() string {
	switch e.Code {
	case 503:
		return fmt.Sprintf("status 503: its name is not %q (check localpeer, or -L, there and the peer line here)", e.Called)
	case 504:
		return fmt.Sprintf("status 504: it has no peer line for %q, which is our name", e.Caller)
	case wire.StatusVersion:
		return "status 502: it does not speak this version of the protocol; the next call announces 2.0"
	case 300:
		return "status 300: it has a session with that name already"
	}
	return fmt.Sprintf("status %d: it does not want us", e.Code)
}

// fault ends the session for a malformed message. The peer is told in the protocol's own way.
func (s *Session) fault(err error, rest []byte, at int64) {
	e := &Error{Offset: s.offset + at, Message: append([]byte(nil), rest[:min(len(rest), 64)]...), Err: err}
	if s.state == up {
		s.say = wire.AppendErrorMessage(s.say, wire.ErrorProtocol)
	}
	s.end(e)
}

// Error is a malformed message: a fault of the peer.
type Error struct {
	Offset  int64  // of the message in what the peer has sent, in bytes from 0, the hello not counted
	Message []byte // its first 64 bytes
	Err     error  // what is wrong; a *wire.Error points at a byte of the message
}

// Error points at the byte.
func (e *Error) Error() string {
	return fmt.Sprintf("message at byte %d of the connection: %v", e.Offset, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
