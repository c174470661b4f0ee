package node

import (
	"math"
	"sync"
	"time"
)

// Lag is how long a change waits: from when the drive loop of the peer that sent it took the bytes in hand,
// so that decoding and applying are in it, until the push that tells it, or something newer of the same key, was
// taken by the kernel or by the connection's writer. What the network and the receiver add is not known here.
//
// One push of a table to a peer is one observation, and what counts is the oldest change in it, which
// table and publish remember for each reader (table/late.go): no update is timed by itself, so none pays
// for it. A push that goes on with what there was no room for before counts as old as its beginning, but
// no older than the last touch of its first row, which is known to 64 ms. Not counted are lessons, the first
// push after one, and what only the passing of time has changed. What is never pushed is never counted: a
// peer that takes nothing shows in its acks.

// lagBounds are those of the classic buckets, in seconds: around push-interval, which is 5 ms if nothing
// else is said, a few to a decade; a second is what is promised.
var lagBounds = [...]float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60}

// The fine buckets are powers of the eighth root of two, 9 % apart: from about 1 us to 1024 s. What lies
// outside is in the first and the last.
const (
	fineFirst = -20 * 8
	fineLast  = 10 * 8
	fines     = fineLast - fineFirst + 1
)

// fine is the bucket of a time.
func fine(d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return min(max(int(math.Ceil(math.Log2(d.Seconds())*8)), fineFirst), fineLast) - fineFirst
}

// lags counts times since the start. The zero value is empty. Safe for concurrent use.
type lags struct {
	mu      sync.Mutex
	sum     time.Duration
	classic [len(lagBounds) + 1]uint64
	fine    [fines]uint64
}

func (l *lags) observe(d time.Duration) {
	i := 0
	for s := d.Seconds(); i < len(lagBounds) && s > lagBounds[i]; {
		i++
	}
	l.mu.Lock()
	l.sum += d
	l.classic[i]++
	l.fine[fine(d)]++
	l.mu.Unlock()
}

// LagView is how long changes of a section waited, since its start.
type LagView struct {
	Count  uint64
	Sum    time.Duration
	Bounds []float64 // in seconds
	Counts []uint64  // one more than Bounds
	First  int       // Fine[i] is up to 2^((First+i)/8) s
	Fine   []uint64
}

// Lags takes a snapshot of how long changes waited.
func (s *Section) Lags() LagView {
	l := &s.lags
	v := LagView{Bounds: lagBounds[:], First: fineFirst}
	l.mu.Lock()
	v.Sum = l.sum
	v.Counts, v.Fine = append(v.Counts, l.classic[:]...), append(v.Fine, l.fine[:]...)
	l.mu.Unlock()
	for _, n := range v.Counts {
		v.Count += n
	}
	return v
}

// recentFor is for how long, at least, recent remembers.
const recentFor = 30 * time.Second

// recent knows the times of one table over the last half a minute to a minute. The zero value is empty. Safe
// for concurrent use.
type recent struct {
	mu          sync.Mutex
	began       time.Time // of now
	now, before [fines]uint32
}

func (r *recent) observe(at time.Time, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(at)
	r.now[fine(d)]++
}

// turn forgets what is older than twice recentFor.
func (r *recent) turn(at time.Time) {
	switch old := at.Sub(r.began); {
	case old >= 2*recentFor:
		r.now, r.before = [fines]uint32{}, [fines]uint32{}
	case old >= recentFor:
		r.before, r.now = r.now, [fines]uint32{}
	default:
		return
	}
	r.began = at
}

// quantiles returns times below which half, and 99 of 100, of what was observed lately lie; within 5 %.
func (r *recent) quantiles(at time.Time) (p50, p99 time.Duration, ok bool) {
	r.mu.Lock()
	r.turn(at)
	sum, total := r.now, uint64(0)
	for i, n := range r.before {
		sum[i] += n
		total += uint64(sum[i])
	}
	r.mu.Unlock()
	if total == 0 {
		return 0, 0, false
	}
	return below(&sum, (total+1)/2), below(&sum, total-total/100), true
}

// below is the time of the n-th observation, from 1: the middle of its bucket.
func below(counts *[fines]uint32, n uint64) time.Duration {
	for i, c := range counts {
		if n <= uint64(c) {
			return time.Duration(math.Exp2((float64(fineFirst+i)-0.5)/8) * float64(time.Second))
		}
		n -= uint64(c)
	}
	return 0
}

// pushed is that a table was told, and when the oldest update came that was told with it.
type pushed struct {
	target *target
	oldest int64 // ns of the section's clock
}

// timePushes observes what has been pulled since it was called last and is on its way now.
func (v *visit) timePushes() {
	if len(v.pushed) == 0 {
		return
	}
	now := time.Now()
	ns := int64(now.Sub(v.section.epoch))
	for _, p := range v.pushed {
		d := time.Duration(max(0, ns-p.oldest))
		v.section.lags.observe(d)
		p.target.recent.observe(now, d)
	}
	v.pushed = v.pushed[:0]
}
