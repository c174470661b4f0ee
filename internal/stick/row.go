package stick

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Forever is the life of a row that never expires.
const Forever = 1<<32 - 1

// Row is one entry of a table, as its owner reported it or as we publish it.
//
// The slices usually belong to a buffer of whoever made the row, and hold until that
// one is used again: keep a copy, not the row.
type Row struct {
	Key    []byte   // as on the wire, without its length
	Values []uint64 // by column of the schema, Column.Words each
	Text   string   // value of the schema's text column (server_key); "" for none
	Life   uint32   // ms that the entry has to live, or Forever
	Replay bool     // its owner has sent this change before: it renews no life

	// Learned, of a row that comes in a lesson: its owner has it from another process, and has not counted in it since.
	Learned bool
}

// Signed values are kept as their 32 bits: Int32 gives the number back.
func Int32(v uint64) int32 { return int32(uint32(v)) }

// AppendKey appends key to b as HAProxy's "show table" prints it, but so that no key can
// end a line, a field or an answer: everything in a string but letters, digits and
// harmless punctuation is escaped as \xNN; binary keys print as hex digits.
func AppendKey(b []byte, t KeyType, key []byte) []byte {
	switch {
	case t == Integer && len(key) == 4:
		return strconv.AppendUint(b, uint64(binary.BigEndian.Uint32(key)), 10)
	case t == IPv4 && len(key) == 4, t == IPv6 && len(key) == 16:
		a, _ := netip.AddrFromSlice(key)
		return a.AppendTo(b)
	case t == String:
		return AppendEscaped(b, key)
	}
	return appendHex(b, key)
}

// AppendEscaped appends s to b with every byte escaped as \xNN that is not a printable
// ASCII character, or is a blank, a quote, a backslash or a semicolon.
func AppendEscaped(b, s []byte) []byte {
	for _, c := range s {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '\\' || c == ';' {
			b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}

// OneLine escapes a sentence so that it stays on its line: control characters and whatever is not ASCII
// as \xNN. A terminal is not moved by it either.
func OneLine(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

const hexDigits = "0123456789abcdef"

func appendHex(b, s []byte) []byte {
	for _, c := range s {
		b = append(b, "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
	}
	return b
}
