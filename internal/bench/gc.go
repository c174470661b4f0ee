package bench

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// collections is what a Go program has said of its garbage collector (GODEBUG=gctrace=1): the
// one way to see from outside what of its memory is live, and how long all of it stood still.
type collections struct {
	live  int64         // bytes of the heap that the last one found in use
	stop  time.Duration // longest stop of the world
	count int
}

// gc 5 @0.1s 2%: 0.018+1.3+0.007 ms clock, 0.03+0.5/1.2/0+0.01 ms cpu, 4->4->2 MB, 5 MB goal, ...
var gcLine = regexp.MustCompile(`(?m)^gc \d+ @\S+ \d+%: ([\d.]+)\+[\d.]+\+([\d.]+) ms clock, .* \d+->\d+->(\d+) MB`)

// readCollections reads them from what the program has said. The world stands at the begin
// and at the end of each.
func readCollections(said string) (c collections) {
	for _, m := range gcLine.FindAllStringSubmatch(said, -1) {
		for _, word := range m[1:3] {
			ms, _ := strconv.ParseFloat(word, 64)
			c.stop = max(c.stop, time.Duration(ms*float64(time.Millisecond)))
		}
		mb, _ := strconv.ParseInt(m[3], 10, 64)
		c.live = mb << 20
		c.count++
	}
	return c
}

// withoutCollections is the rest of what it said.
func withoutCollections(said string) string {
	var b strings.Builder
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "gc ") && !strings.HasPrefix(line, "scvg") {
			b.WriteString(line)
		}
	}
	return b.String()
}
