package cli

import (
	"strconv"
	"time"
)

// setTimeout: "set timeout cli <delay>". hatop says it before anything else.
func setTimeout(r *request) error {
	if len(r.args) == 0 || r.args[0] != "cli" {
		return answer("'set timeout' only supports 'cli'.")
	}
	if len(r.args) < 2 {
		return r.usage()
	}
	d, ok := parseDelay(r.args[1])
	if !ok {
		return refuse("Invalid timeout value '%s' (word %d): a number, with one of the units us, ms, s, m, h, d, above 0 and up to 1d",
			oneLine(r.args[1]), r.position(1))
	}
	r.client.out.timeout = d
	return nil
}

// maxDelay bounds what a client may hold a place for.
const maxDelay = 24 * time.Hour

// parseDelay reads a time as HAProxy writes it, in seconds unless a unit stands behind it.
func parseDelay(s string) (time.Duration, bool) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.ParseUint(s[:digits], 10, 32)
	unit, ok := map[string]time.Duration{
		"": time.Second, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}[s[digits:]]
	if err != nil || !ok || n == 0 || n > uint64(maxDelay/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
