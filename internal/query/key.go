package query

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"tallystick/internal/stick"
)

// ParseKey turns a key as a client wrote it, and as stick.AppendKey prints it, into its
// bytes on the wire. Escapes in it are already undone. The error is why it is none of such a
// table, and does not repeat it. No key is nil: that of the empty string is empty.
func ParseKey(s string, schema *stick.Schema) ([]byte, error) {
	switch schema.KeyType {
	case stick.Integer:
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return nil, errors.New("the table has integers from 0 to 4294967295")
		}
		return binary.BigEndian.AppendUint32(nil, uint32(n)), nil
	case stick.IPv4:
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Unmap().Is4() || a.Zone() != "" {
			return nil, errors.New("the table has IPv4 addresses")
		}
		return a.Unmap().AsSlice(), nil
	case stick.IPv6:
		// As in HAProxy an IPv4 address stands for itself mapped into IPv6.
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return nil, errors.New("the table has IPv6 addresses")
		}
		b := a.As16()
		return b[:], nil
	case stick.String:
		if schema.KeyLen > 0 && len(s) >= int(schema.KeyLen) {
			return nil, errors.New("the table's strings have at most " + strconv.Itoa(int(schema.KeyLen)-1) + " bytes")
		}
		if strings.IndexByte(s, 0) >= 0 {
			return nil, errors.New("a string has no byte of value 0")
		}
		return []byte(s), nil
	}
	return parseBinary(s, schema)
}

// parseBinary reads hex digits. HAProxy pads what is short with zeros, so these may be
// left out.
func parseBinary(s string, schema *stick.Schema) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, errors.New("the table has binary keys: an even number of hex digits")
	}
	if len(b) > int(schema.KeyLen) {
		return nil, errors.New("the table's keys have " + strconv.Itoa(int(schema.KeyLen)) + " bytes")
	}
	return append(b, make([]byte, int(schema.KeyLen)-len(b))...), nil
}
