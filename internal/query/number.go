package query

import (
	"cmp"
	"math"
	"strconv"

	"tallystick/internal/stick"
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

// Range is what a column of that kind can hold: 32 bits with a sign or without, or 64.
func Range(kind stick.Kind) (least, most Number) {
	switch kind {
	case stick.Signed:
		return Signed(math.MinInt32), Signed(math.MaxInt32)
	case stick.Long:
		return Number{}, Number{Size: math.MaxUint64}
	}
	return Number{}, Number{Size: math.MaxUint32}
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
