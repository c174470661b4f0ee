package wire

import (
	"encoding/binary"
	"math"
)

// reader walks over the payload of a message. The first fault sticks, and what is read
// behind it is zero: so fields are read in a row and the fault is asked for once.
type reader struct {
	b     []byte
	at    int    // of the next byte
	fault string // what was wrong first; "" for nothing
	table bool   // the fault is one of the table only
}

// fail notes a fault at the byte at, if it is the first.
func (r *reader) fail(at int, what string) {
	if r.fault == "" {
		r.at, r.fault = at, what
	}
	r.b = r.b[:min(r.at, len(r.b))] // nothing more to read, yet at stays where it points
}

// refuse is fail for a table that makes no sense in a message that does.
func (r *reader) refuse(at int, what string) {
	r.table = r.table || r.fault == ""
	r.fail(at, what)
}

// err is the fault as an error about field, or nil. head bytes of the message stand
// before the payload, whose size is size.
func (r *reader) err(field string, size int) error {
	if r.fault == "" {
		return nil
	}
	head := 2 + varintLen(uint64(size))
	return &Error{Offset: head + r.at, What: field + ": " + r.fault, Table: r.table}
}

const tooShort = "the message ends before it does"

// varint reads an integer.
func (r *reader) varint() uint64 {
	if r.at < len(r.b) && r.b[r.at] < 240 { // small enough to be inlined
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
		return v
	case ErrShort:
		r.fail(r.at, tooShort)
	default:
		r.fail(r.at, err.Error())
	}
	return 0
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

// bytes reads n bytes, which alias the payload. n is as the peer says: it is compared with
// what is left before it becomes an int.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)-r.at) {
		r.fail(r.at, tooShort)
		return nil
	}
	at := r.at
	r.at += int(n)
	return r.b[at:r.at:r.at]
}
