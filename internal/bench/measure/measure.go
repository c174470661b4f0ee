// Package measure reads what a process costs, and makes figures of many samples: processor
// time and resident memory of any process of this machine, percentiles, medians.
//
// It must never know what it measures: no peers protocol, no table. It is for bench and its
// rooms alone; the program itself has no use for it.
package measure

import "slices"

// Median is the middle one of the samples, the lower one of two; 0 of none. It leaves them
// as they are.
func Median[T int | int64 | float64](samples ...T) T {
	if len(samples) == 0 {
		return 0
	}
	s := slices.Clone(samples)
	slices.Sort(s)
	return s[(len(s)-1)/2]
}
