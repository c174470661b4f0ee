package cli

import (
	"fmt"
	"time"

	"tallystick/internal/query"
)

// since is how many ms ago t was; 0 if never, or in the future.
func (r *request) since(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(0, r.client.server.config.Now().Sub(t).Milliseconds())
}

// age prints how long ago t was, as HAProxy prints times in "show peers": the two largest
// units, or <NEVER>.
func (r *request) age(t time.Time) string {
	if t.IsZero() {
		return "<NEVER>"
	}
	return humanTime(r.client.server.config.Now().Sub(t))
}

// until prints how long it is until t: <PAST> once that is over, <NEVER> if it has no time.
func (r *request) until(t time.Time) string {
	if t.IsZero() {
		return "<NEVER>"
	}
	d := t.Sub(r.client.server.config.Now())
	if d <= 0 {
		return "<PAST>"
	}
	return humanTime(d)
}

// humanTime prints 2m17s for 137 seconds, 1d3h for 27 hours.
func humanTime(d time.Duration) string {
	s := int64(max(0, d) / time.Second)
	switch {
	case s >= 86400:
		return fmt.Sprintf("%dd%dh", s/86400, s/3600%24)
	case s >= 3600:
		return fmt.Sprintf("%dh%dm", s/3600, s/60%60)
	case s >= 60:
		return fmt.Sprintf("%dm%ds", s/60, s%60)
	}
	return fmt.Sprintf("%ds", s)
}

// stamp prints a moment as HAProxy's answers do.
func stamp(t time.Time) string { return t.Format("[02/Jan/2006:15:04:05.000]") }

// uptime prints a time as HAProxy's show info does.
func uptime(d time.Duration) string {
	return fmt.Sprintf("%dd %dh%02dm%02ds", d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60, d/time.Second%60)
}

// parseTime reads a time as HAProxy writes it, above 0 and at most most. A number without a unit counts
// what bare says; if that is 0 there must be a unit.
func parseTime(s string, bare, most time.Duration) (time.Duration, bool) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	n, ok := query.ParseNumber(s[:digits])
	unit := map[string]time.Duration{
		"": bare, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}[s[digits:]]
	if !ok || unit == 0 || n.Size == 0 || n.Size > uint64(most/unit) {
		return 0, false
	}
	return time.Duration(n.Size) * unit, true
}
