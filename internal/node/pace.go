package node

import "time"

// pace decides when a peer is spoken to. What is said after a quiet time is said at once;
// while there is always more to say the peer hears from us once in a window, so that a key
// that changes a thousand times in it is one message, and a system call carries much.
//
// The window lies between two bounds. The lower one keeps the price of speaking small: see
// shortest. It doubles, up to the upper one, while waiting pays, and halves when it does
// not. Waiting pays if rows that were pushed had changed more than once since the last push:
// with a few hot keys it saves most of the messages, with a million cold ones it would only
// be late. Keys that change once a millisecond do not show in a window of 0.16 ms, so now and
// then a long one is tried.
//
// A pace is pure: it is told the time. The zero value has never spoken. It belongs to the
// drive loop.
type pace struct {
	window time.Duration // the present one
	began  time.Time     // when what is being said began to be said; zero: nothing is
	until  time.Time     // nothing is said before
	rows   int           // pushed since began
	read   uint64        // changes of the tables that the peer had been told at the end of the last push
	known  bool          // read is valid

	trying bool          // the last window was a long one, to try it
	gap    time.Duration // between two of them
	try    time.Time     // when the next is due
}

// The price of speaking.
const (
	// turn is what a window is to have for each receiver. To speak costs about 8 us of
	// processor time whatever is said, most of it system calls: with 40 us for each the
	// receivers together take a fifth of a core at most. Four have 0.16 ms, 64 have 2.5 ms.
	turn = 40 * time.Microsecond
	// pays: waiting pays from this many changes for each hundred rows that were pushed.
	// What is less is left to chance: two changes of one key among hundreds of others.
	pays = 110
	// firstTry is when a long window is tried first; while that does not pay it takes twice
	// as long until the next, lastTry at most, so that few changes are late for it.
	firstTry = 100 * time.Millisecond
	lastTry  = 3200 * time.Millisecond
	// longTry is how long it is, unless the upper bound is lower: 0.3 % of the time at most.
	longTry = 10 * time.Millisecond
	// quiet is after how long nothing counts that was learnt before.
	quiet = time.Second
)

// shortest is the lower bound of windows for a number of receivers; most is the upper one.
func shortest(receivers int, most time.Duration) time.Duration {
	return min(time.Duration(receivers)*turn, most)
}

// rests reports whether nothing that can wait is to be said now.
func (p *pace) rests(now time.Time) bool { return now.Before(p.until) }

// speaks notes that something is said. The window begins with the first of it, however long
// the rest takes to be said.
func (p *pace) speaks(now time.Time) {
	if p.began.IsZero() {
		p.began = now
	}
}

// rest begins the rest of the window, if anything has been said, since there is no more to
// say. read is how many changes of the tables the peer has been told by now, since their start.
func (p *pace) rest(base, most time.Duration, read uint64) {
	if p.began.IsZero() {
		return
	}
	if p.gap == 0 || p.began.Sub(p.until) > quiet {
		p.window, p.trying, p.gap, p.try = base, false, firstTry, p.began.Add(firstTry)
	}
	p.learn(base, most, read)
	w := p.window
	long := min(longTry, most)
	if p.trying = w < long && !p.began.Before(p.try); p.trying {
		w = long
		p.try = p.began.Add(long + p.gap)
	}
	p.until = onGrid(p.began.Add(w), w)
	p.began, p.rows, p.read, p.known = time.Time{}, 0, read, true
}

// onGrid brings the end of a window forward to a multiple of its length, so that receivers who hear
// the same speak at the same time: what is encoded for the first serves all.
func onGrid(end time.Time, w time.Duration) time.Time {
	if w <= 0 {
		return end
	}
	return end.Add(-time.Duration(end.UnixNano()) % w)
}

// learn chooses the next window by what the last one has brought.
func (p *pace) learn(base, most time.Duration, read uint64) {
	p.window = min(max(p.window, base), most)
	if !p.known || p.rows == 0 {
		return
	}
	switch paid := read > p.read && (read-p.read)*100 > uint64(p.rows)*pays; {
	case paid && p.trying:
		p.window, p.gap = min(longTry, most), firstTry
	case paid:
		p.window = min(2*p.window, most)
	case p.trying:
		p.gap = min(2*p.gap, lastTry)
	default:
		p.window = min(max(p.window/2, base), most)
	}
}

// forget lets the next push say nothing about waiting: the number of changes means another
// thing now, since a lesson was given or the tables are others.
func (p *pace) forget() { p.known = false }
