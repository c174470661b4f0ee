package measure

import (
	"math"
	"math/bits"
	"time"
)

// parts is into how many steps each power of two is cut: a percentile is at most 1/64, 1.6 %,
// above the truth. Everything that was ever added is in it, whatever its number.
const (
	partBits = 6
	parts    = 1 << partBits
)

// Histogram counts durations. The zero value is empty. It takes no memory but its own
// 30 KB, so hours of samples are as cheap as one. Not safe for concurrent use.
type Histogram struct {
	counts [(64 - partBits) << partBits]uint64
	n      uint64
	max    time.Duration
}

// Add counts one duration. One below 0, which only a clock that is wrong can make, is 0.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[place(uint64(d))]++
	h.n++
	h.max = max(h.max, d)
}

// place is the step that v belongs to: values below 64 have one each, of those above the
// highest seven bits count.
func place(v uint64) int {
	shift := max(0, bits.Len64(v)-partBits-1)
	return shift<<partBits + int(v>>shift)
}

// last is the largest value of a step.
func last(place int) uint64 {
	if place < 2*parts {
		return uint64(place)
	}
	shift := place>>partBits - 1
	return (uint64(place-shift<<partBits)+1)<<shift - 1
}

// Merge adds all that another one has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.n += o.n
	h.max = max(h.max, o.max)
}

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.n }

// Max is the longest one, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Percentile is a duration that p percent of the samples do not exceed, p from 0 to 100; 0
// if there are none.
func (h *Histogram) Percentile(p float64) time.Duration {
	rank := uint64(math.Ceil(p / 100 * float64(h.n)))
	var seen uint64
	for i, c := range h.counts {
		if seen += c; seen >= rank && c > 0 {
			return min(time.Duration(last(i)), h.max)
		}
	}
	return h.max
}
