package stick

import "math/bits"

// Reading is what HAProxy shows of a frequency counter: the events of the last period, for
// a window that began age ms ago with curr events, after one that had prev.
//
// It is the formula of HAProxy's own read, so that a number here equals the one that the node shows.
// The age is a 32 bit number that wraps: above 2^31 the window begins in the future. period
// is in ms, above 0.
func Reading(age, curr, prev, period uint64) uint64 {
	remain := int64(period) - int64(int32(uint32(age)))
	if remain < 0 {
		remain += int64(period)
		if remain < 0 {
			curr = 0
		}
		prev, curr = curr, 0
	}
	if curr == 0 && prev <= 1 {
		return prev // a single event shows as 1 until it is two periods old
	}
	// In 128 bits, as a window that begins in the future makes remain larger than period.
	high, low := bits.Mul64(prev, uint64(remain))
	quotient, _ := bits.Div64(high, low, period)
	return curr + quotient
}
