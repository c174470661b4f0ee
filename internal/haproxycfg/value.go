package haproxycfg

import (
	"math"
	"strconv"
	"strings"
)

// number reads decimal digits; ok is false if s is anything else or too large for HAProxy.
func number(s string) (n int64, ok bool) {
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= math.MaxUint32
}

// size reads the number of a table's entries: k, m and g stand for 1024, its square and its cube.
func size(s string) (int64, bool) {
	shift := 0
	for i, unit := range []string{"k", "m", "g"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(s), unit); ok {
			s, shift = rest, 10*(i+1)
		}
	}
	n, ok := number(s)
	return n << shift, ok && s != "" && n<<shift <= math.MaxUint32
}

// millis reads a time in HAProxy's units, of which none is milliseconds.
func millis(s string) (uint32, bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	n, ok := number(s[:end])
	if !ok || end == 0 {
		return 0, false
	}
	factor := int64(1)
	switch s[end:] {
	case "us":
		return uint32((n + 999) / 1000), true // as HAProxy, which rounds up
	case "", "ms":
	case "s":
		factor = 1000
	case "m":
		factor = 60_000
	case "h":
		factor = 3_600_000
	case "d":
		factor = 86_400_000
	default:
		return 0, false
	}
	return uint32(n * factor), n <= math.MaxInt32/factor
}

// address reads HOST:PORT as in a peers section. A prefix of the family is passed over; a path, an
// inherited socket or a port that is no number leave the port unknown.
func address(s string) Addr {
	a := Addr{Text: s}
	if family, rest, ok := strings.Cut(s, "@"); ok {
		switch family {
		case "ipv4", "ipv6", "tcp", "tcp4", "tcp6":
			s = rest
		default:
			return a
		}
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.HasPrefix(s, "/") {
		a.Host = s
		return a
	}
	a.Host = strings.TrimSuffix(strings.TrimPrefix(s[:i], "["), "]")
	if n, ok := number(s[i+1:]); ok && n > 0 && n < 1<<16 {
		a.Port = uint16(n)
	}
	return a
}

// isAddress reports whether a word of a peer line is an address rather than an option.
func isAddress(s string) bool { return strings.ContainsAny(s, ":@/") }

// ParseAddr reads HOST:PORT as a peers section has it. What cannot be told of it is zero.
func ParseAddr(s string) Addr { return address(s) }
