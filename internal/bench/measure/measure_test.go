package measure

import (
	"math"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		samples []int
		want    int
		why     string
	}{
		{nil, 0, "nothing was measured"},
		{[]int{7}, 7, "one sample is the figure"},
		{[]int{9, 1, 5}, 5, "the middle one, in whatever order they came"},
		{[]int{9, 1, 5, 7}, 5, "the better one of two: noise only adds"},
		{[]int{1000, 2, 3, 1, 2}, 2, "one round that was disturbed does not count"},
	}
	for _, tt := range tests {
		if got := Median(tt.samples...); got != tt.want {
			t.Errorf("%v: %d, want %d: %s", tt.samples, got, tt.want, tt.why)
		}
	}
}

// TestPlaces: every value falls into a step that holds it and that is no wider than promised.
func TestPlaces(t *testing.T) {
	for _, v := range []uint64{0, 1, 63, 64, 127, 128, 129, 1000, 1e6, 1e9 + 7, math.MaxInt64} {
		p := place(v)
		if l := last(p); l < v || float64(l) > float64(v)*(1+1.0/parts) {
			t.Errorf("%d is in the step up to %d", v, l)
		}
		if p > 0 && last(p-1) >= v {
			t.Errorf("%d belongs to the step before, up to %d", v, last(p-1))
		}
	}
}

func TestPercentiles(t *testing.T) {
	ramp := func(h *Histogram) { // 1 to 1000 ms
		for i := 1; i <= 1000; i++ {
			h.Add(time.Duration(i) * time.Millisecond)
		}
	}
	tests := []struct {
		fill func(*Histogram)
		p    float64
		want time.Duration
		why  string
	}{
		{func(*Histogram) {}, 99, 0, "nobody was late, nobody was there"},
		{func(h *Histogram) { h.Add(5) }, 0, 5, "one sample is every percentile"},
		{func(h *Histogram) { h.Add(5) }, 100, 5, "one sample is every percentile"},
		{ramp, 50, 500 * time.Millisecond, "half are not above"},
		{ramp, 99, 990 * time.Millisecond, "ten are above"},
		{ramp, 99.9, 999 * time.Millisecond, "one is above"},
		{ramp, 100, 1000 * time.Millisecond, "the longest, exactly"},
		{func(h *Histogram) { h.Add(-3) }, 50, 0, "nothing comes before it was due"},
	}
	for _, tt := range tests {
		var h Histogram
		tt.fill(&h)
		if got := h.Percentile(tt.p); got < tt.want || float64(got) > float64(tt.want)*(1+1.0/parts) {
			t.Errorf("p%v is %v, want %v: %s", tt.p, got, tt.want, tt.why)
		}
	}
}

// TestMerge: what several receivers have counted is what one would have.
func TestMerge(t *testing.T) {
	var a, b Histogram
	a.Add(time.Millisecond)
	b.Add(time.Second)
	b.Add(3 * time.Second)
	a.Merge(&b)
	if a.Count() != 3 || a.Max() != 3*time.Second || a.Percentile(1) > 2*time.Millisecond {
		t.Errorf("%d samples up to %v, the first %v", a.Count(), a.Max(), a.Percentile(1))
	}
}

// TestProcess: a process that works is seen to, and one that sleeps is not.
func TestProcess(t *testing.T) {
	before := Used()
	for Used()-before < 5*time.Millisecond {
	}
	m, err := MemoryOf(os.Getpid())
	if err != nil || m.Resident < 1<<20 || m.Peak < m.Resident/2 {
		t.Errorf("our own memory: %+v %v", m, err)
	}
	c := exec.Command("sleep", "60")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if d, err := CPU(c.Process.Pid); err != nil || d > time.Second {
		t.Errorf("another process: %v %v", d, err)
	}
	c.Process.Kill()
	c.Wait()
	if _, err := CPU(c.Process.Pid); err == nil {
		t.Error("a process that has ended still has a clock")
	}
	if _, err := MemoryOf(c.Process.Pid); err == nil {
		t.Error("a process that has ended still has memory")
	}
	if Available() <= 0 {
		t.Error("no memory is available, it says")
	}
}
