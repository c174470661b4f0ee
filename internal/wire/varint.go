package wire

// maxVarint is the length in bytes of the longest varint, that of 2^64-1.
const maxVarint = 10

// AppendVarint appends the peers encoding of v to b: one byte below 240, else four bits
// in the first byte and seven in each that follows.
func AppendVarint(b []byte, v uint64) []byte {
	if v < 240 {
		return append(b, byte(v))
	}
	b = append(b, byte(v)|240)
	for v = (v - 240) >> 4; v >= 128; v = (v - 128) >> 7 {
		b = append(b, byte(v)|128)
	}
	return append(b, byte(v))
}

// Varint decodes the integer at the front of b and returns what follows it.
// It fails with ErrShort if more bytes are needed, ErrOverflow if none would help.
//
// The code is a bijection: no integer has a second encoding, so nothing has to be checked
// for being canonical.
func Varint(b []byte) (v uint64, rest []byte, err error) {
	v, n, err := varint(b)
	if err != nil {
		return 0, b, err
	}
	return v, b[n:], nil
}

// varint is Varint, but returns the length of the integer.
func varint(b []byte) (v uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, ErrShort
	}
	v = uint64(b[0])
	if v < 240 {
		return v, 1, nil
	}
	// Whole bytes are added, continuation bits included: that is what the encoder has
	// subtracted. Below shift 60 the sum stays under 2^62 and cannot overflow.
	for i, shift := 1, 4; i < len(b); i, shift = i+1, shift+7 {
		c := uint64(b[i])
		if i == maxVarint-1 {
			sum := v + c<<shift
			if c > 15 || sum < v {
				return 0, 0, ErrOverflow
			}
			return sum, maxVarint, nil
		}
		v += c << shift
		if c < 128 {
			return v, i + 1, nil
		}
	}
	return 0, 0, ErrShort
}

// varintLen is how many bytes AppendVarint appends for v.
func varintLen(v uint64) int {
	if v < 240 {
		return 1
	}
	n := 2
	for v = (v - 240) >> 4; v >= 128; v = (v - 128) >> 7 {
		n++
	}
	return n
}
