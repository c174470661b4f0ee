package wire

import (
	"bytes"
	"encoding/binary"
	"math"

	"tallystick/internal/stick"
)

// AppendUpdate appends a whole message: 0x85 with the life of the row if timed, else 0x80.
// It allocates nothing but room in b, and for a text that is new to d.
//
// What it appends is safe for every HAProxy: values are brought into the width of their
// type, binary keys padded to the table's length, lives capped to its expire. A key that
// the table cannot hold appends nothing at all, since HAProxy would cut it and so merge
// two keys. id must not be 0 and row must be one of s; d may be nil if s has no text.
func AppendUpdate(b []byte, id uint32, timed bool, s *stick.Schema, row *stick.Row, d *OutDictionary) []byte {
	if !holds(s, row.Key) {
		return b
	}
	typ := byte(UpdateFull)
	if timed {
		typ = UpdateTimed
	}
	b, start := begin(b, typ)
	b = binary.BigEndian.AppendUint32(b, id)
	if timed {
		b = binary.BigEndian.AppendUint32(b, sentLife(row.Life, s.Expire))
	}
	b = appendKey(b, s, row.Key)
	vals := row.Values
	for _, c := range s.Columns {
		if c.Type.Kind() == stick.Text {
			b = d.append(b, row.Text)
			continue
		}
		n := c.Words()
		b = appendValues(b, c.Type.Kind(), vals[:n])
		vals = vals[n:]
	}
	return end(b, start)
}

// holds reports whether key can be told as a key of s.
func holds(s *stick.Schema, key []byte) bool {
	switch {
	case len(key) > MaxMessage-maxData:
		return false
	case s.KeyType == stick.String:
		return len(key) < int(s.KeyLen) && bytes.IndexByte(key, 0) < 0
	case s.KeyType == stick.Binary:
		return len(key) <= int(s.KeyLen)
	}
	return len(key) == s.KeyType.Width(s.KeyLen)
}

// sentLife is a life as it is sent: one for ever is 0, which only a table without expire
// understands so. One with an expire would delete the entry.
func sentLife(life, expire uint32) uint32 {
	switch {
	case expire != 0:
		return min(life, expire)
	case life == stick.Forever:
		return 0
	}
	return life
}

func appendKey(b []byte, s *stick.Schema, key []byte) []byte {
	if s.KeyType == stick.String {
		b = AppendVarint(b, uint64(len(key)))
	}
	b = append(b, key...)
	if s.KeyType == stick.Binary {
		for range int(s.KeyLen) - len(key) {
			b = append(b, 0)
		}
	}
	return b
}

// appendValues appends the words of one column.
func appendValues(b []byte, k stick.Kind, vals []uint64) []byte {
	switch k {
	case stick.Long:
		for _, v := range vals {
			b = AppendVarint(b, v)
		}
	case stick.Signed: // sign-extended to 64 bits, so -1 takes ten bytes
		for _, v := range vals {
			b = AppendVarint(b, uint64(int64(stick.Int32(v))))
		}
	default:
		for _, v := range vals {
			b = AppendVarint(b, min(v, math.MaxUint32))
		}
	}
	return b
}
