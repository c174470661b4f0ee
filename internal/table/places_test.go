package table

import (
	"math/rand/v2"
	"testing"
)

// TestPlaces: a place is given out once, and the walk finds those that are.
func TestPlaces(t *testing.T) {
	for _, shift := range []uint8{1, 3, 6, 8, 10} {
		r := rand.New(rand.NewPCG(1, uint64(shift)))
		p := places{shift: shift}
		given := map[uint32]bool{}
		for range 20_000 {
			if r.IntN(5) < 3 {
				i := p.take()
				if i == 0 || given[i] {
					t.Fatalf("shift %d: %d is given out, which is none or taken", shift, i)
				}
				given[i] = true
			} else if len(given) > 0 {
				for i := range given {
					c := i >> shift
					delete(given, i)
					empty := true
					for o := range given {
						empty = empty && o>>shift != c
					}
					if p.give(i) != empty {
						t.Fatalf("shift %d: chunk %d is empty: %v, and says otherwise", shift, c, empty)
					}
					break
				}
			}
			if len(given) > 2600 {
				break
			}
		}
		if p.used != len(given) {
			t.Errorf("shift %d: %d used, %d given out", shift, p.used, len(given))
		}
		for i := range p.end() + 2 {
			if p.has(i) != given[i] {
				t.Errorf("shift %d: place %d: given out is %v", shift, i, given[i])
			}
		}
		if shift < 6 {
			continue // only rows are walked over
		}
		n := 0
		for i := p.next(0, never); i != 0; i = p.next(i+1, never) {
			if n++; !given[i] {
				t.Errorf("the walk finds %d, which is free", i)
			}
		}
		if n != len(given) {
			t.Errorf("the walk finds %d of %d", n, len(given))
		}
	}
}

// TestPlacesAreUsedAgain: places that are given back come before new ones, so memory does not grow.
func TestPlacesAreUsedAgain(t *testing.T) {
	p := places{shift: 3}
	for range 100 {
		p.take()
	}
	end := p.end()
	for i := uint32(1); i <= 100; i++ {
		p.give(i)
	}
	for range 100 {
		p.take()
	}
	if p.end() != end {
		t.Errorf("%d places for as many as before in %d", p.end(), end)
	}
}

// TestNextStops: a walk over a part does not leave it.
func TestNextStops(t *testing.T) {
	p := places{shift: 8}
	for range 300 {
		p.take()
	}
	for i := uint32(10); i < 290; i++ {
		p.give(i)
	}
	for _, c := range []struct{ from, until, want uint32 }{
		{0, 5, 1}, {9, never, 9}, {10, 290, 0}, {10, 291, 290}, {10, never, 290}, {301, never, 0}, {5, 5, 0},
	} {
		if got := p.next(c.from, c.until); got != c.want {
			t.Errorf("from %d until %d: %d, want %d", c.from, c.until, got, c.want)
		}
	}
}

// TestClasses: each number has the smallest class that holds it, and classes waste a third at most.
func TestClasses(t *testing.T) {
	last := -1
	for n := 1; n <= 1<<17; n++ {
		c := classOf(n)
		if roomOf(c) < n || c > 0 && roomOf(c-1) >= n || c != last && c != last+1 {
			t.Fatalf("%d units are of class %d, which holds %d", n, c, roomOf(c))
		}
		if n > 4 && 3*n < 2*roomOf(c) {
			t.Fatalf("%d units get room for %d", n, roomOf(c))
		}
		last = c
	}
}
