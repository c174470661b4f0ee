package top

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// plain makes text safe for a terminal: what is not printable ASCII becomes an escape, so that no name or key
// can move the cursor, turn the direction of writing, or be wider than it is long.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case ' ' <= r && r <= '~':
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// fit makes s exactly n wide: cut with a mark in the middle, where names and addresses differ least, or filled with blanks.
func fit(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if len(s) <= n {
		return s + strings.Repeat(" ", n-len(s))
	}
	if n < 5 {
		return s[:n]
	}
	head := (n - 2) / 2
	return s[:head] + ".." + s[len(s)-(n-2-head):]
}

// right is fit with the blanks before it.
func right(s string, n int) string {
	if len(s) >= n {
		return fit(s, n)
	}
	return strings.Repeat(" ", n-len(s)) + s
}

// short writes a number with at most four digits: 0, 7.5, 842, 12.3k, 1.20M.
func short(v float64) string {
	switch {
	case v < 0 || math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case v < 10 && v != math.Trunc(v):
		return fmt.Sprintf("%.1f", v)
	case v < 1000:
		return fmt.Sprintf("%.0f", v)
	}
	for _, unit := range []string{"k", "M", "G", "T", "P"} {
		if v /= 1000; v < 999.5 {
			return fmt.Sprintf("%.*f%s", digits(v), v, unit)
		}
	}
	return fmt.Sprintf("%.0fE", v/1000)
}

// digits behind the point, so that three are left in all.
func digits(v float64) int {
	switch {
	case v < 9.995:
		return 2
	case v < 99.95:
		return 1
	}
	return 0
}

// size writes bytes in units of 1024.
func size(v float64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if v < 1024 {
			return fmt.Sprintf("%.*f %s", min(digits(v), len(unit)-1), v, unit)
		}
		v /= 1024
	}
	return fmt.Sprintf("%.2f TiB", v)
}

// age writes how long something lasts, in its two largest units.
func age(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case s < 0:
		return "-"
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// millis writes a time in ms with what can be read of it.
func millis(ms float64) string {
	switch {
	case ms < 10:
		return fmt.Sprintf("%.1fms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fs", ms/1000)
}
