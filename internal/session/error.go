package session

import (
	"errors"
	"fmt"
	"time"
)

// ErrNoStatus ends a session in which the peer that we called has not answered our hello.
var ErrNoStatus = fmt.Errorf("the peer has not answered our hello within %v", statusWait)

// Error is a fault of the peer in the stream of messages, or in its status line.
type Error struct {
	Offset  int64  // of the offending byte in what the session has received: the peer's first byte behind its hello, or of its status line, is 0
	At      int    // the same, in the message
	Message []byte // the message from its class on, cut to 64 bytes
	What    string // what is wrong there
}

// shownBytes bounds the bytes of a message that an Error keeps: enough to see the head
// and the key of any update, and little enough for a log line.
const shownBytes = 64

// Error prints the sentence, the place and the bytes.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: byte %d of the session, byte %d of the message % x", e.What, e.Offset, e.At, e.Message)
}

// StatusError ends a session in which the peer has refused our hello.
type StatusError struct{ Code int }

// Error says what the status means for whoever configures the two.
func (e *StatusError) Error() string {
	why := "the peers protocol has no such status"
	switch e.Code {
	case 300:
		why = "it has another session of our name and keeps that"
	case 501:
		why = "it finds our hello malformed"
	case 502:
		why = "it does not speak our version of the protocol; the next call says 2.0"
	case 503:
		why = "it does not go by the name that we called: its -L or localpeer must be the name of our peer line"
	case 504:
		why = "its peers section has no peer of our name"
	}
	return fmt.Sprintf("the peer answered our hello with status %d: %s", e.Code, why)
}

// SilenceError ends a session whose peer has said nothing for too long.
type SilenceError struct{ For time.Duration }

// Error says for how long.
func (e *SilenceError) Error() string {
	return fmt.Sprintf("the peer is dead: it has sent heartbeats and then nothing for %v", e.For)
}

// errRun ends a session whose Sink has given something that is no run of whole messages:
// a bug of ours.
var errRun = errors.New("bug: what was to be pushed is not whole messages")

// errReserved is a message of class 255.
var errReserved = errors.New("class 255 is reserved")
