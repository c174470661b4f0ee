package table

import "math/bits"

// Blocks come in classes by what they have room for: 1, 2, 3, 4, 6, 8, 12, 16, 24, ... units,
// so that a quarter of one is empty at most when it is filled evenly.

// classOf is the class of the smallest blocks that hold n units. n is above 0.
func classOf(n int) int {
	if n <= 3 {
		return n - 1
	}
	l := bits.Len(uint(n - 1)) // n is above 1<<(l-1) and at most 1<<l
	if n <= 3<<(l-2) {
		return 2*l - 2
	}
	return 2*l - 1
}

// roomOf is how many units blocks of a class hold.
func roomOf(class int) int {
	if class < 3 {
		return class + 1
	}
	l := (class + 1) / 2
	if class%2 == 0 {
		l = (class + 2) / 2
		return 3 << (l - 2)
	}
	return 1 << l
}

// shiftFor is how many blocks of a size share a chunk, as a power of two: about as many as
// fit into so much, two at least, since the first place of all is none.
func shiftFor(size, chunk int) uint8 {
	return uint8(min(max(bits.Len(uint(chunk/size)), 2)-1, mostShift))
}
