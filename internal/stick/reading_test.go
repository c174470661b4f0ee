package stick

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestReading: the formula of HAProxy, against values that HAProxy 3.4.0 itself has shown and at
// its edges.
func TestReading(t *testing.T) {
	const later = 1<<32 - 5000 // an age of a window that begins in 5 s
	for _, c := range []struct {
		why                           string
		age, curr, prev, period, want uint64
	}{
		{"at the start of a window all of the last one counts", 0, 100, 100, 10000, 200},
		{"half a period later half of it", 5000, 100, 100, 10000, 150},
		{"a window that is over is the last one", 15000, 100, 100, 10000, 50},
		{"after two periods nothing is left", 20000, 100, 100, 10000, 0},
		{"nor ever after", 1 << 30, 100, 100, 10000, 0},
		{"it is rounded down", 5000, 0, 9, 10000, 4},
		{"a single event is shown as 1 while it is in the last window", 9999, 0, 1, 10000, 1},
		{"and until it is two periods old", 19999, 1, 0, 10000, 1},
		{"then it is gone", 20001, 1, 0, 10000, 0},
		{"a window that begins later inflates, as on the node", later, 100, 100, 10000, 250},
		{"shown by 3.4.0, less than half a second after reception", 450, 100, 100, 10_000, 195},
		{"shown by 3.4.0", 5450, 100, 100, 10_000, 145},
		{"shown by 3.4.0", 15450, 100, 100, 10_000, 45},
		{"a window's first moment: all of the one before", 0, 0, 100, 10_000, 100},
		{"its last: almost nothing, rounded down", 9999, 0, 100, 10_000, 0},
		{"at the end of a window it is the one before", 10_000, 100, 7, 10_000, 100},
		{"two periods: nothing", 20_000, 100, 100, 10_000, 0},
		{"very old", math.MaxInt32, 100, 100, 10_000, 0},
		{"a single event shows as one", 9999, 0, 1, 10_000, 1},
		{"until it is two periods old", 19_999, 1, 0, 10_000, 1},
		{"but not beside others", 9999, 1, 1, 10_000, 1},
		{"the most that there can be", 0, math.MaxUint32, math.MaxUint32, 10_000, 2 * math.MaxUint32},
		{"the largest of all does not wrap", 0, math.MaxUint32, math.MaxUint32, math.MaxUint32, 2 * math.MaxUint32},
	} {
		if got := Reading(c.age, c.curr, c.prev, c.period); got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
	}
}

// TestReadingIsTheFormula holds it against the formula of HAProxy in numbers of any size.
func TestReadingIsTheFormula(t *testing.T) {
	formula := func(age, curr, prev, period uint32) *big.Int {
		p := new(big.Int).SetUint64(uint64(period))
		remain := new(big.Int).Sub(p, big.NewInt(int64(int32(age))))
		c, v := new(big.Int).SetUint64(uint64(curr)), new(big.Int).SetUint64(uint64(prev))
		if remain.Sign() < 0 {
			remain.Add(remain, p)
			v = c
			if remain.Sign() < 0 {
				v = new(big.Int)
			}
			c = new(big.Int)
		}
		if c.Sign() == 0 && v.Cmp(big.NewInt(1)) <= 0 {
			return v
		}
		v.Mul(v, remain)
		return v.Add(v, c.Mul(c, p)).Div(v, p)
	}
	word := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 3), rapid.Uint32Range(math.MaxUint32-3, math.MaxUint32), rapid.Uint32Range(0, 100000))
	rapid.Check(t, func(t *rapid.T) {
		age, curr, prev := word.Draw(t, "age"), word.Draw(t, "curr"), word.Draw(t, "prev")
		period := max(1, word.Draw(t, "period"))
		want := formula(age, curr, prev, period)
		if got := Reading(uint64(age), uint64(curr), uint64(prev), uint64(period)); !want.IsUint64() || got != want.Uint64() {
			t.Errorf("got %d, want %s", got, want)
		}
	})
}
