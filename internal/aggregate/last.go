package aggregate

// Tags and servers: the value that a member changed last. They cannot be added, and
// whoever set one last knows best:
//
//	sum = value of the member whose value changed last
//
// A zero or empty value of a member that never had another is no change: it is how a new
// entry begins. Where the history is unknown (after a lesson, or when the member that
// decided has gone) a value that is not empty beats one that is, then the share that has
// more life left, then the member that stands first in the configuration.

// Nobody owns a value that is empty from the start.
const Nobody = 0

// Candidate is a value that may decide when the history is unknown.
type Candidate struct {
	Value uint32
	Life  uint32 // ticks that the share has left
	Order int    // of the member in the configuration
	Owner uint64 // number of the lane, above Nobody
}

// Beats reports whether c decides rather than o.
func (c Candidate) Beats(o Candidate) bool {
	switch {
	case (c.Value != 0) != (o.Value != 0):
		return c.Value != 0
	case c.Life != o.Life:
		return c.Life > o.Life
	}
	return c.Order < o.Order
}

// LatestValue and LatestOwner read the two words of a Latest.
func LatestValue(sum []uint64) uint32 { return uint32(sum[0]) }

// LatestOwner is the lane whose value decided last, or Nobody.
func LatestOwner(sum []uint64) uint64 { return sum[1] }

// SetLatest makes a value the deciding one and reports whether that changed what is read.
func SetLatest(sum []uint64, value uint32, owner uint64) (changed bool) {
	changed = uint32(sum[0]) != value
	sum[0], sum[1] = uint64(value), owner
	return changed
}
