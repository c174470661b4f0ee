package aggregate

import (
	"math"
	"math/bits"
)

// Counters: the sum of the members' last values,
//
//	sum = v1 + v2 + ... + vn, read as min(sum, limit)
//
// 32-bit counters are added in 64 bits and 64-bit counters in 128, so that no number of
// members can wrap the sum and every share can leave again exactly. A value lower than
// the one before replaces it: the entry was cleared, or its node has restarted.

// FoldCount replaces old by new in a sum of 32-bit counters.
func FoldCount(sum uint64, old, new uint32) uint64 { return sum - uint64(old) + uint64(new) }

// ReadCount is a sum of 32-bit counters as HAProxy can hold it: it stops at 2^32-1 where
// HAProxy's own counters would wrap, since a wrapped sum would be a small one.
func ReadCount(sum uint64) uint64 { return min(sum, math.MaxUint32) }

// WideOf reads a 64-bit value from two cells.
func WideOf(cells []uint32) uint64 { return uint64(cells[0]) | uint64(cells[1])<<32 }

// PutWide writes a 64-bit value to two cells.
func PutWide(cells []uint32, v uint64) { cells[0], cells[1] = uint32(v), uint32(v>>32) }

// FoldWide replaces old by new in a sum of 64-bit counters: sum[0] low, sum[1] high.
func FoldWide(sum []uint64, old, new uint64) {
	lo, borrow := bits.Sub64(sum[0], old, 0)
	hi := sum[1] - borrow
	lo, carry := bits.Add64(lo, new, 0)
	sum[0], sum[1] = lo, hi+carry
}

// ReadWide is a sum of 64-bit counters, at most 2^64-1.
func ReadWide(sum []uint64) uint64 {
	if sum[1] != 0 {
		return math.MaxUint64
	}
	return sum[0]
}
