package load

import (
	"encoding/binary"
	"fmt"

	"tallystick/internal/stick"
)

// keys turns numbers into keys of one type, and back.
type keys struct {
	typ    stick.KeyType
	prefix []byte // what every key begins with
}

// stringKey is what a key of type string looks like: its number stands in its last eight
// characters. It is as long as an address and a port, which is what strings often are.
const stringKey = "client-"

// base is the first key of type ip: 10.0.0.0. MaxKeys follow.
const base = 10 << 24

func newKeys(s *stick.Schema) (keys, error) {
	switch s.KeyType {
	case stick.IPv4, stick.Integer:
		return keys{typ: s.KeyType}, nil
	case stick.IPv6:
		return keys{s.KeyType, []byte{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}, nil
	case stick.String:
		if int(s.KeyLen) > len(stringKey)+8 {
			return keys{s.KeyType, []byte(stringKey)}, nil
		}
		return keys{}, fmt.Errorf("strings of %d bytes are too short to be played: %d are needed", s.KeyLen-1, len(stringKey)+8)
	}
	return keys{}, fmt.Errorf("keys of type %v are not played", s.KeyType)
}

const digits = "0123456789abcdef"

// append appends key number k as it is on the wire.
func (c *keys) append(b []byte, k uint32) []byte {
	switch c.typ {
	case stick.IPv4:
		return binary.BigEndian.AppendUint32(b, base+k)
	case stick.String:
		b = append(append(b, byte(len(stringKey)+8)), stringKey...)
		for shift := 28; shift >= 0; shift -= 4 {
			b = append(b, digits[k>>shift&15])
		}
		return b
	}
	return binary.BigEndian.AppendUint32(append(b, c.prefix...), k)
}

// parse reads the key at the front of b: its number, and how many bytes it takes. ok: it is one
// of ours, as far as can be told.
func (c *keys) parse(b []byte) (k uint32, n int, ok bool) {
	n = len(c.prefix) + 4
	if c.typ == stick.String {
		n = 1 + len(stringKey) + 8
	}
	if len(b) < n {
		return 0, 0, false
	}
	switch c.typ {
	case stick.IPv4:
		return binary.BigEndian.Uint32(b) - base, n, true
	case stick.String:
		for _, d := range b[n-8 : n] {
			switch {
			case '0' <= d && d <= '9':
				k = k<<4 | uint32(d-'0')
			case 'a' <= d && d <= 'f':
				k = k<<4 | uint32(d-'a'+10)
			default:
				return 0, 0, false
			}
		}
		return k, n, string(b[1:n-8]) == stringKey && int(b[0]) == n-1
	}
	return binary.BigEndian.Uint32(b[n-4:]), n, true
}
