package aggregate

import "math"

// Frequency counters (peers protocol, "Frequency counters"): a member's reading, as long
// as no window ends and no event comes, is a straight line,
//
//	v(t) = curr + prev * (P - a) / P,   a = t - start
//
// and a sum of lines is a line: one triple reproduces value and slope exactly,
//
//	C = sum curr,  R = sum prev,  A = sum(prev * a) / R     (if R = 0: sum(curr * a) / C)
//
// until a member's window ends. There the reading is continuous and only the slope changes,
// by |prev - curr| / P: that much is the debt of whoever has not been told.
//
// All times are the low 32 bits of a clock in ms, and compared by difference.

// Window is a member's frequency counter: start of its present window, events in it, and
// in the one before.
type Window struct{ Start, Curr, Prev uint32 }

// WindowOf reads a window from three cells.
func WindowOf(c []uint32) Window { return Window{c[0], c[1], c[2]} }

// Put writes the window to three cells.
func (w Window) Put(c []uint32) { c[0], c[1], c[2] = w.Start, w.Curr, w.Prev }

// oldest age that is believed: more is a counter that was never used, whose start is 0 and
// whose age therefore the sender's raw clock.
const oldest = math.MaxInt32

// Received is the window of a counter that a member sent with this age at now. HAProxy's
// windows begin on even milliseconds, and so do ours.
func Received(now, age, curr, prev, period uint32) Window {
	if age > oldest || uint64(age) >= 2*uint64(period) {
		return Window{}
	}
	w, _ := Window{(now - age) &^ 1, curr, prev}.Roll(now, period)
	return w
}

// Empty reports whether nothing is left to count: such a window never ends.
func (w Window) Empty() bool { return w.Curr == 0 && w.Prev == 0 }

// Ends is when the window ends. It must not be empty.
func (w Window) Ends(period uint32) uint32 { return w.Start + period }

// Roll brings the window to now: a window that has ended is the one before, and two
// periods later nothing is left. debt is the sum of |prev - curr| of the windows that ended.
func (w Window) Roll(now, period uint32) (rolled Window, debt uint32) {
	for range 2 {
		if w.Empty() || now-w.Start < period || now-w.Start > oldest {
			break // not over, or begun after now: the caller's clock was read before
		}
		debt += max(w.Prev, w.Curr) - min(w.Prev, w.Curr)
		w = Window{w.Start + period, 0, w.Curr}
	}
	if w.Empty() || now-w.Start <= oldest && now-w.Start >= period {
		return Window{}, debt
	}
	return w, debt
}

// The three words of a rate's sum: C, R, and the moment sum(prev * (start - base)), signed,
// modulo 2^64. base is a time near the row's windows (within 2^31 ms). The moment is exact
// while R < 2^32 and windows begin within 2^31 ms of base; beyond, R itself is at its limit.
const (
	sumCurr = iota
	sumPrev
	moment
)

// FoldRate replaces old by new in a sum of rates.
func FoldRate(sum []uint64, old, new Window, base uint32) {
	sum[sumCurr] += uint64(new.Curr) - uint64(old.Curr)
	sum[sumPrev] += uint64(new.Prev) - uint64(old.Prev)
	sum[moment] += new.moment(base) - old.moment(base)
}

func (w Window) moment(base uint32) uint64 {
	return uint64(int64(w.Prev) * int64(int32(w.Start-base)))
}

// ReadRate is the sum of rates as one triple, at now. flat is the age to say when no
// member has a previous window: then the reading does not depend on it until it ends.
func ReadRate(sum []uint64, now, base, period, flat uint32) (age, curr, prev uint64) {
	c, r := sum[sumCurr], sum[sumPrev]
	curr, prev = min(c, math.MaxUint32), min(r, math.MaxUint32)
	if c == 0 && r == 0 {
		return 0, 0, 0
	}
	a := int64(flat)
	if r != 0 {
		a = int64(int32(now-base)) - int64(sum[moment])/int64(r)
	}
	// Never in the future, which would inflate the reading, and never so old that the
	// receiver takes it for unused.
	return uint64(min(max(a, 0), 2*int64(period)-1)), curr, prev
}
