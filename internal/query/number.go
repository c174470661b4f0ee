package query

import (
	"cmp"
	"strconv"
)

// Number is a value of a column: 64 bits and a sign, since bytes_in_cnt fills the 64 and
// server_id has the sign.
type Number struct {
	Negative bool // never of zero
	Size     uint64
}

// Signed is a number that may be below zero.
func Signed(n int64) Number {
	if n < 0 {
		return Number{true, -uint64(n)}
	}
	return Number{false, uint64(n)}
}

// ParseNumber reads what AppendTo writes.
func ParseNumber(s string) (Number, bool) {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return Number{Size: n}, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return Signed(n), err == nil
}

// AppendTo appends the number in decimal digits.
func (n Number) AppendTo(b []byte) []byte {
	if n.Negative {
		b = append(b, '-')
	}
	return strconv.AppendUint(b, n.Size, 10)
}

// Compare is below 0 if n is less than o, 0 if they are equal, above 0 else.
func (n Number) Compare(o Number) int {
	switch {
	case n.Negative && o.Negative:
		return cmp.Compare(o.Size, n.Size)
	case n.Negative:
		return -1
	case o.Negative:
		return 1
	}
	return cmp.Compare(n.Size, o.Size)
}
