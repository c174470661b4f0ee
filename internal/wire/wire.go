// Package wire turns the bytes of HAProxy's peers protocol into messages and rows, and
// rows and messages into bytes. It has two verbs: Append… functions append to the
// caller's slice, Parse… functions (and Varint, Next) read the front of one.
//
// It must never keep anything between two calls but the two dictionaries that the
// protocol itself has, never read or write, never log, and have no opinion on what a
// message means: that is session's. It is for session, publish and fakepeer, and for
// node, which reads the hello before there is a session. PROTOCOL.md has the tables.
//
// Three answers are kept apart. ErrShort: more bytes may make it right. *Error: the peer
// is wrong, at that byte. A panic: the caller is wrong. A length is compared with what
// is there before it is believed, and a message that is refused has changed nothing.
package wire

import (
	"errors"
	"fmt"
)

// Classes of messages: their first byte.
const (
	ClassControl  = 0
	ClassError    = 1 // the peer complains, and is about to close
	ClassStick    = 10
	ClassReserved = 255 // a protocol error whatever follows
)

// Types of ClassControl: the second byte. They have no payload.
const (
	ResyncRequest  = 0
	ResyncFinished = 1
	ResyncPartial  = 2
	ResyncConfirm  = 3
	Heartbeat      = 4
)

// Types of ClassError. They have no payload.
const (
	ErrorProtocol = 0
	ErrorSize     = 1
)

// Types of ClassStick. doc/peers.txt numbers the ack 133 and knows no timed updates; every
// HAProxy process numbers them as here.
const (
	UpdateFull             = 0x80 // id key data
	UpdateIncremental      = 0x81 // key data; the id is the one before it + 1
	Definition             = 0x82
	Switch                 = 0x83 // understood by HAProxy, never sent by it
	Ack                    = 0x84
	UpdateTimed            = 0x85 // id life key data
	UpdateIncrementalTimed = 0x86 // life key data
)

// Limits of what is accepted, in bytes.
const (
	// MaxMessage bounds a payload. HAProxy builds a message in one buffer and has 16 bits
	// for its length, so no real one is larger.
	MaxMessage = 64 << 10
	// MaxHello bounds the three lines of a hello together.
	MaxHello = 512
	// MaxText bounds a value of the dictionary: 128 of them are what one peer can make us
	// hold, so 32 KiB.
	MaxText = 256
	// maxData is more than the columns of a row can take, all 27 with arrays of 100.
	maxData = 4 << 10
)

var (
	// ErrShort means that the bytes end too early: more of them may make it right.
	ErrShort = errors.New("more bytes are needed")
	// ErrOverflow means that no more bytes would help: the integer exceeds 64 bits.
	ErrOverflow = errors.New("integer exceeds 64 bits")
)

// Error is a fault of the peer.
type Error struct {
	Offset int    // of the offending byte, in the message (its class is byte 0) or the hello
	What   string // what is wrong there: a sentence without its subject or end
	// Table tells that the message was whole and only the table that it defines makes no
	// sense to us. HAProxy ignores such a table and its updates, and goes on.
	Table bool
}

// Error prints the sentence, then where.
func (e *Error) Error() string { return fmt.Sprintf("%s (byte %d)", e.What, e.Offset) }
