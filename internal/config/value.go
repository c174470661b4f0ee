package config

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxTime is the longest time that HAProxy can say.
const maxTime = math.MaxInt32 * time.Millisecond

// timeUnits are HAProxy's, by their names; no unit is milliseconds.
var timeUnits = []struct {
	name string
	unit time.Duration
}{
	{"us", time.Microsecond}, {"ms", time.Millisecond}, {"", time.Millisecond},
	{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour},
}

// fault is what is wrong with a value, in a few words, and what would be right.
type fault struct{ msg, hint string }

func faultf(hint, format string, args ...any) *fault {
	return &fault{msg: fmt.Sprintf(format, args...), hint: hint}
}

// parseTime reads a time as HAProxy has it: an integer with one of the units us, ms, s,
// m, h and d, or without one in milliseconds.
func parseTime(s string) (time.Duration, *fault) {
	n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if n < 0 {
		n = len(s)
	}
	if n == 0 {
		return 0, faultf(units, "missing number")
	}
	v, err := strconv.ParseInt(s[:n], 10, 64)
	for _, u := range timeUnits {
		if u.name != s[n:] {
			continue
		}
		if err != nil || v > int64(maxTime/u.unit) {
			return 0, faultf("maximum value is 2147483647 ms or ~24.8 days", "timer overflow")
		}
		return time.Duration(v) * u.unit, nil
	}
	r, _ := utf8.DecodeRuneInString(s[n:])
	return 0, faultf(units, "unexpected character '%s'", printable(string(r)))
}

// units is the hint about times.
const units = "a time is an integer with one of the units us, ms, s, m, h, d"

// parseCount reads a number of things, which may end in k, m or g for 1024, its square and
// its cube, as table sizes do in HAProxy.
func parseCount(s string, lowest, highest int64) (int64, *fault) {
	digits := s
	unit := int64(1)
	for i, c := range []string{"k", "m", "g"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(s), c); ok {
			digits, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil && !isNumber(digits):
		return 0, faultf("an integer is expected, which may end in k, m or g", "invalid number")
	case err != nil || n < lowest || n > highest/unit:
		return 0, faultf(fmt.Sprintf("from %d to %d is possible", lowest, highest), "number out of range")
	}
	return n * unit, nil
}

// isNumber reports whether s is nothing but digits.
func isNumber(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// parsePrefix reads a network, or an address as the network of itself. Bits behind the
// prefix do not matter, as in HAProxy.
func parsePrefix(s string) (netip.Prefix, *fault) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, faultf("write it like 10.0.0.0/8 or 2001:db8::/32", "invalid network")
	}
	return p.Masked(), nil
}

// maxCPU is the highest processor number that HAProxy knows.
const maxCPU = 1023

// parseCPUs reads one processor or a range of them.
func parseCPUs(s string) ([]int, *fault) {
	first, last, ranged := strings.Cut(s, "-")
	if !ranged {
		last = first
	}
	a, err := strconv.ParseUint(first, 10, 16)
	b, err2 := strconv.ParseUint(last, 10, 16)
	switch {
	case !isNumber(first) || !isNumber(last):
		return nil, faultf("CPUs are written like 0,5-8", "invalid CPU set")
	case err != nil || err2 != nil || a > maxCPU || b > maxCPU:
		return nil, faultf(fmt.Sprintf("CPU numbers from 0 to %d are supported", maxCPU), "invalid CPU set")
	case a > b:
		return nil, faultf(fmt.Sprintf("write '%s-%s'", last, first), "invalid CPU range")
	}
	var cpus []int
	for n := a; n <= b; n++ {
		cpus = append(cpus, int(n))
	}
	return cpus, nil
}
