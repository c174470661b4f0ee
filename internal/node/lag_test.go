package node

import (
	"math"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
)

// longest is the upper bound of the last classic bucket that has anything in it, in seconds.
func (v *LagView) longest() float64 {
	for i := len(v.Counts) - 1; i >= 0; i-- {
		if v.Counts[i] > 0 {
			return append(v.Bounds, math.Inf(1))[i]
		}
	}
	return 0
}

// TestLag: what is measured is what a node waits for: nothing after a quiet time, the rest of a window under
// load, and as long as it takes if it does not read.
func TestLag(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, lb2 := c.pair("")
		before := c.section.Lags()
		wait(10 * time.Second)
		c.expect(c.section.Lags().Count == before.Count, "lessons and time alone are nothing that anybody waits for")

		lb1.Touch("web", alice, to(100))
		settle()
		after := c.section.Lags()
		c.expect(after.Count == before.Count+2, "one change is one push to each of two nodes")
		c.expect(after.Sum == before.Sum, "and goes at once")

		for i := range 400 {
			lb1.Touch("web", alice, to(uint64(200+i)))
			wait(time.Millisecond)
		}
		settle()
		after = c.section.Lags()
		mean := (after.Sum - before.Sum).Seconds() / float64(after.Count-before.Count)
		c.expect(after.longest() <= 0.01 && mean > 0.0001, "under load the oldest change waits for the end of a window, 10 ms at most")
		c.expect(after.Count-before.Count < 2*400+2, "and what is coalesced is one push")

		lb2.Misbehave(fakepeer.Faults{NoRead: true})
		for i := range 20_000 { // until nothing more fits between the two
			lb1.Touch("web", keyOf(i%1000), to(uint64(i)))
			if i%10 == 9 {
				wait(time.Millisecond)
			}
		}
		stuck := c.section.Lags()
		c.expect(stuck.longest() <= 0.01, "what has not been pushed has not been measured")
		lb2.Misbehave(fakepeer.Faults{})
		settle()
		late := c.section.Lags()
		c.expect(late.longest() >= 1, "the push that the slow node waited for two seconds says so")

		wait(time.Second)
		tables := c.section.Tables()
		c.expect(len(tables) == 1 && tables[0].Timed && tables[0].P50 < 10*time.Millisecond && tables[0].Told > 800, "most pushes of the table were prompt")
		c.expect(tables[0].P99 < 3*time.Second, "and the late ones are in its last hundredth, if at all")
		wait(2 * recentFor)
		c.expect(!c.section.Tables()[0].Timed, "a minute later there is nothing recent to tell")
		sum := uint64(0)
		for _, n := range c.section.Lags().Fine {
			sum += n
		}
		c.expect(sum == late.Count, "both divisions are of the same observations")
	})
}

func TestFine(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want int
		why  string
	}{
		{-time.Second, 0, "clocks may differ: nothing is below zero"},
		{0, 0, "no time at all"},
		{time.Nanosecond, 0, "less than the first bucket"},
		{time.Second, -fineFirst, "an upper bound belongs to its bucket: 2^0"},
		{time.Second + time.Microsecond, 1 - fineFirst, "and what is beyond to the next"},
		{2 * time.Second, 8 - fineFirst, "eight to a power of two"},
		{24 * time.Hour, fines - 1, "more than the last"},
	} {
		if got := fine(c.d); got != c.want {
			t.Errorf("%s: %v is in bucket %d, want %d", c.why, c.d, got, c.want)
		}
	}
}

// TestQuantiles: within a twentieth of the truth.
func TestQuantiles(t *testing.T) {
	var r recent
	now := time.Now()
	if _, _, ok := r.quantiles(now); ok {
		t.Error("nothing is known of nothing")
	}
	for i := range 1000 { // 1 to 1000 ms
		r.observe(now, time.Duration(i+1)*time.Millisecond)
	}
	near := func(why string, got, want time.Duration) {
		t.Helper()
		if math.Abs(float64(got-want)) > 0.05*float64(want) {
			t.Errorf("%s is %v, want %v", why, got, want)
		}
	}
	p50, p99, _ := r.quantiles(now.Add(recentFor))
	near("the middle", p50, 500*time.Millisecond)
	near("the last hundredth", p99, 990*time.Millisecond)
	for range 3000 {
		r.observe(now.Add(recentFor), 10*time.Millisecond)
	}
	p50, p99, _ = r.quantiles(now.Add(recentFor))
	near("the middle of both halves", p50, 10*time.Millisecond)
	near("their last hundredth", p99, 960*time.Millisecond)
	_, p99, _ = r.quantiles(now.Add(2 * recentFor))
	near("what is older is forgotten", p99, 10*time.Millisecond)
	if _, _, ok := r.quantiles(now.Add(4 * recentFor)); ok {
		t.Error("in the end all of it")
	}
}
