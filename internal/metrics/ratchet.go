package metrics

// ratchet makes counters that never fall of numbers that may: those that are added up of parts, of which one
// can go. What falls is taken for counted anew, from 0. It is guarded by the collector.
type ratchet map[string]*notch

type notch struct{ last, total uint64 }

// count is the number that is shown for a counter that is at now.
func (r ratchet) count(key string, now uint64) float64 {
	n := r[key]
	if n == nil {
		n = &notch{}
		r[key] = n
	}
	if now < n.last {
		n.last = 0
	}
	n.total, n.last = n.total+now-n.last, now
	return float64(n.total)
}
