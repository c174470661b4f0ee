package fakepeer

// A rate is kept in three words: start of the current window by the node's clock, events
// of it, events of the window before.
type rate []uint64

// count adds events at now to a rate of the given period, both in ms.
func (r rate) count(now, period uint32, events uint64) {
	switch age := now - uint32(r[0]); {
	case age < period:
		r[1] += events
		return
	case age-period < period:
		r[0], r[1], r[2] = uint64(uint32(r[0])+period), events, r[1]
	default:
		r[0], r[1], r[2] = uint64(now&^1), events, 0
	}
}

// read is the rate as HAProxy's fetches and "show table" have it.
func (r rate) read(now, period uint32) uint64 {
	curr, prev := r[1], r[2]
	remain := int32(uint32(r[0]) + period - now)
	if remain < 0 {
		if remain += int32(period); remain >= 0 {
			prev = curr
		} else {
			prev = 0
		}
		curr = 0
	}
	if curr == 0 && prev <= 1 {
		return prev // one event is shown until it is two periods old
	}
	return (prev*uint64(max(remain, 0)) + curr*uint64(period)) / uint64(period)
}
