// Package history is the last quarter of an hour, in fixed memory: of each table what came and
// went, how large it was and how late its receivers were, and of the largest keys of some columns their
// values. The page draws it.
//
// It is told the time and the numbers, and measures nothing itself: who samples, how often, and what
// that may cost is its caller's business (web). It is lost with the process, on purpose: what is to
// be kept is for Prometheus. Both kinds of history have a lock and are safe for concurrent use.
package history

import (
	"math"
	"strconv"
)

// Line is numbers at equal distances, the oldest first. NaN is what was not measured; as JSON it
// is null, never 0.
type Line []float64

// unknown is a value that was not measured.
var unknown = math.NaN()

// MarshalJSON writes the line as an array. Whole numbers have no fraction, others three digits.
func (l Line) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 2+6*len(l)), '[')
	for i, v := range l {
		if i > 0 {
			b = append(b, ',')
		}
		switch {
		case math.IsNaN(v):
			b = append(b, "null"...)
		case v == math.Trunc(v):
			b = strconv.AppendFloat(b, v, 'f', 0, 64)
		default:
			b = strconv.AppendFloat(b, v, 'f', 3, 64)
		}
	}
	return append(b, ']'), nil
}
