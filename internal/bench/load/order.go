package load

import (
	"math/rand/v2"
)

// order is which of its keys a node reports one after the other, again and again. Nodes share
// one and begin at different places of it, so that they seldom report the same key at the
// same moment.
type order struct {
	slots  []uint32 // numbers of a node's own keys
	stride uint32   // slot s of node i is the key s*stride+i, or s if the stride is 0
	size   int      // how many slots a node has
}

// drawn is how many keys are drawn beforehand from a distribution: to draw one costs more
// than all the rest of an update.
const drawn = 1 << 20

// newOrder makes the order that c asks for, the same at each start.
func newOrder(c *Config) *order {
	o := &order{size: c.Keys}
	if c.Owned {
		o.stride = uint32(len(c.Names))
		o.size = c.Keys / len(c.Names)
	}
	r := rand.New(rand.NewPCG(1, 2))
	switch {
	case c.Zipf > 1:
		z := rand.NewZipf(r, c.Zipf, 1, uint64(o.size-1))
		o.slots = make([]uint32, drawn)
		for i := range o.slots {
			o.slots[i] = uint32(z.Uint64())
		}
	case c.Hot > 0:
		o.slots = permutation(r, min(c.Hot, o.size))
	case c.Sorted:
		o.slots = make([]uint32, o.size)
		for i := range o.slots {
			o.slots[i] = uint32(i)
		}
	default:
		o.slots = permutation(r, o.size)
	}
	return o
}

// permutation is the numbers below n in an order in which no cache helps, as real keys come.
func permutation(r *rand.Rand, n int) []uint32 {
	p := make([]uint32, n)
	for i := range p {
		j := r.IntN(i + 1)
		p[i], p[j] = p[j], uint32(i)
	}
	return p
}

// key is the number of the key that is slot s of node i.
func (o *order) key(s uint32, node int) uint32 {
	if o.stride == 0 {
		return s
	}
	return s*o.stride + uint32(node)
}
