package wire

import (
	"encoding/binary"
	"math"
)

// reader walks over the payload of a message. The first fault sticks, and what is read
// behind it is zero: so fields are read in a row and the fault is asked for once.
type reader struct {
	b     []byte // the payload; after a fault only what stands before it
	at    int    // the next byte of b
	size  int    // of the whole payload
	name  string // of the field that is read
	fault string // what was wrong first; "" for nothing
	table bool   // the fault leaves the message whole: see Error.Table
}

func readPayload(b []byte) reader { return reader{b: b, size: len(b)} }

// field names the field that is read next, for the error.
func (r *reader) field(name string) {
	if r.fault == "" {
		r.name = name
	}
}

// fail notes a fault at the byte at, if it is the first.
func (r *reader) fail(at int, what string) {
	if r.fault == "" {
		r.b, r.at, r.fault = r.b[:at], at, what
	}
}

// refuse is fail for a table that makes no sense in a message that does.
func (r *reader) refuse(at int, what string) {
	r.table = r.table || r.fault == ""
	r.fail(at, what)
}

// err is the fault as an error, or nil. The length of the message's head follows from
// that of its payload, since no integer has two encodings.
func (r *reader) err() error {
	if r.fault == "" {
		return nil
	}
	head := 2 + varintLen(uint64(r.size))
	return &Error{Offset: head + r.at, What: r.name + ": " + r.fault, Table: r.table}
}

const tooShort = "the message ends before it does"

// varint reads an integer. Most are below 240: that case is inlined.
func (r *reader) varint() uint64 {
	if r.at < len(r.b) && r.b[r.at] < 240 {
		r.at++
		return uint64(r.b[r.at-1])
	}
	return r.longVarint()
}

func (r *reader) longVarint() uint64 {
	v, n, err := varint(r.b[r.at:])
	switch err {
	case nil:
		r.at += n
	case ErrShort:
		r.fail(r.at, tooShort)
	default:
		r.fail(r.at, err.Error())
	}
	return v
}

// varint32 reads an integer that must not exceed 32 bits.
func (r *reader) varint32() uint32 {
	at := r.at
	v := r.varint()
	if v > math.MaxUint32 {
		r.fail(at, "exceeds 32 bits")
		return 0
	}
	return uint32(v)
}

// uint32 reads four bytes in network order.
func (r *reader) uint32() uint32 {
	b := r.bytes(4)
	if len(b) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// bytes reads n bytes, which alias the payload. n is as the peer says: it is compared
// with what is left before it becomes an int.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)-r.at) {
		r.fail(r.at, tooShort)
		return nil
	}
	at := r.at
	r.at += int(n)
	return r.b[at:r.at:r.at]
}
