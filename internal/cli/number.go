package cli

import (
	"cmp"
	"strconv"
)

// number is a value of a column: 64 bits and a sign, since bytes_in_cnt fills the 64 and
// server_id has the sign.
type number struct {
	negative bool // never of zero
	size     uint64
}

func signed(n int64) number {
	if n < 0 {
		return number{true, -uint64(n)}
	}
	return number{false, uint64(n)}
}

func parseNumber(s string) (number, bool) {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return number{size: n}, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return signed(n), err == nil
}

func (n number) appendTo(b []byte) []byte {
	if n.negative {
		b = append(b, '-')
	}
	return strconv.AppendUint(b, n.size, 10)
}

func (n number) compare(o number) int {
	switch {
	case n.negative && o.negative:
		return cmp.Compare(o.size, n.size)
	case n.negative:
		return -1
	case o.negative:
		return 1
	}
	return cmp.Compare(n.size, o.size)
}
