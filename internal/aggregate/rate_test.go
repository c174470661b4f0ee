package aggregate

import (
	"math"
	"math/rand/v2"
	"testing"

	"tallystick/internal/stick"
)

// TestReceived: what a member sent, on our clock.
func TestReceived(t *testing.T) {
	const now, period = 1_000_001, 10_000
	for _, c := range []struct {
		why             string
		age, curr, prev uint32
		want            Window
	}{
		{"as it is", 3001, 5, 6, Window{997_000, 5, 6}},
		{"windows begin on even milliseconds", 3000, 5, 6, Window{997_000, 5, 6}},
		{"over: it is the one before", 12_001, 5, 6, Window{998_000, 0, 5}},
		{"over, with nothing in it", 12_001, 0, 6, Window{}},
		{"two periods old", 20_000, 5, 6, Window{}},
		{"never used: the age is a raw clock", 1 << 31, 5, 6, Window{}},
		{"in the future", math.MaxUint32, 5, 6, Window{}},
		{"nothing in it: it does not matter since when", 3001, 0, 0, Window{}},
	} {
		if got := Received(now, c.age, c.curr, c.prev, period); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.why, got, c.want)
		}
	}
	if got := Received(5, 1005, 3, 4, period); got != (Window{1<<32 - 1000, 3, 4}) {
		t.Errorf("the clock has wrapped since its window began: got %+v", got)
	}
}

// TestRoll: windows end, and what readers do not know of that is the debt.
func TestRoll(t *testing.T) {
	const period = 1000
	for _, c := range []struct {
		why  string
		w    Window
		now  uint32
		want Window
		debt uint32
	}{
		{"not over", Window{100, 5, 9}, 1099, Window{100, 5, 9}, 0},
		{"over: the slope changes by the difference", Window{100, 5, 9}, 1100, Window{1100, 0, 5}, 4},
		{"the difference has no sign", Window{100, 9, 5}, 1100, Window{1100, 0, 9}, 4},
		{"steady: nobody need know", Window{100, 9, 9}, 1100, Window{1100, 0, 9}, 0},
		{"over twice", Window{100, 5, 9}, 2100, Window{}, 4 + 5},
		{"long over", Window{100, 5, 9}, 1 << 30, Window{}, 4 + 5},
		{"an empty one never ends", Window{100, 0, 0}, 5000, Window{}, 0},
		{"begun after now: the caller's clock was read before", Window{2000, 5, 9}, 1990, Window{2000, 5, 9}, 0},
		{"over the wrap of the clock", Window{1<<32 - 500, 5, 9}, 500, Window{500, 0, 5}, 4},
	} {
		got, debt := c.w.Roll(c.now, period)
		if got.Empty() && c.want.Empty() {
			got = c.want
		}
		if got != c.want || debt != c.debt {
			t.Errorf("%s: got %+v and a debt of %d, want %+v and %d", c.why, got, debt, c.want, c.debt)
		}
	}
}

// TestReadRate: a sum as one triple.
func TestReadRate(t *testing.T) {
	const now, period, flat = 50_000, 10_000, 777
	for _, c := range []struct {
		why             string
		windows         []Window
		age, curr, prev uint64
	}{
		{"nobody", nil, 0, 0, 0},
		{"one member's triple is its own", []Window{{47_000, 5, 6}}, 3000, 5, 6},
		{"ages by the weight of the windows before", []Window{{49_000, 1, 30}, {45_000, 2, 10}}, 2000, 3, 40},
		{"who had no window before has no weight", []Window{{49_000, 1, 30}, {41_000, 99, 0}}, 1000, 100, 30},
		{"nobody had: the age does not matter until it ends", []Window{{49_000, 5, 0}, {41_000, 5, 0}}, flat, 10, 0},
		{"never in the future, which would inflate", []Window{{50_010, 5, 6}}, 0, 5, 6},
		{"never as old as unused", []Window{{20_000, 5, 6}}, 2*period - 1, 5, 6},
		{"numbers stop at what the wire can hold", []Window{{49_000, max32, max32}, {49_000, max32, max32}}, 1000, max32, max32},
	} {
		for _, base := range []uint32{now, 0, 1 << 30, 1<<32 - 100_000} {
			sum := make([]uint64, 3)
			for _, w := range c.windows {
				FoldRate(sum, Window{}, w, base)
			}
			age, curr, prev := ReadRate(sum, now, base, period, flat)
			if age != c.age || curr != c.curr || prev != c.prev {
				t.Errorf("%s (base %d): got %d %d %d, want %d %d %d", c.why, base, age, curr, prev, c.age, c.curr, c.prev)
			}
			for _, w := range c.windows {
				FoldRate(sum, w, Window{}, base)
			}
			if sum[0]|sum[1]|sum[2] != 0 {
				t.Errorf("%s (base %d): all have left, and %v is left", c.why, base, sum)
			}
		}
	}
}

// TestSumOfLines: until a window ends the sum's reading is the sum of the readings, at any
// later time, but for rounding.
func TestSumOfLines(t *testing.T) {
	const period = 10_000
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		now := r.Uint32() // wraps now and then
		sum := make([]uint64, 3)
		var windows []Window
		oldest := uint32(0)
		for range 1 + r.IntN(8) {
			age := r.Uint32N(period)
			oldest = max(oldest, age)
			w := Received(now, age, r.Uint32N(1000), 2+r.Uint32N(1000), period)
			windows = append(windows, w)
			FoldRate(sum, Window{}, w, now)
		}
		age, curr, prev := ReadRate(sum, now, now, period, 0)
		later := uint64(r.Uint32N(period - oldest))
		got := int64(stick.Reading(age+later, curr, prev, uint64(period)))
		want := int64(0)
		for _, w := range windows {
			want += int64(stick.Reading(uint64(now-w.Start)+later, uint64(w.Curr), uint64(w.Prev), uint64(period)))
		}
		if off := got - want; off < -1 || off > int64(len(windows))+1 {
			t.Fatalf("%d members, %d ms later: the sum reads %d, they together %d", len(windows), later, got, want)
		}
	}
}
