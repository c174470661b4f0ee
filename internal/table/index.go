package table

// index finds rows by key, and shares by key and lane: open addressing with linear probing
// over pairs of a tag and a place. A share is found without its row's list, so that an
// update costs the same whatever the number of members.
type index struct {
	slots []slot
	used  int
}

type slot struct {
	tag uint32 // all 32 bits of the hash, mixed with the lane for a share
	ref uint32 // place of the row, or isShare and place of the share; 0: empty
}

const isShare = 1 << 31

// tagOf is the tag of a row (lane 0) or of a lane's share of it.
func tagOf(hash uint32, lane uint16) uint32 {
	if lane == 0 {
		return hash
	}
	x := hash ^ uint32(lane)*0x9e3779b1
	x ^= x >> 15
	return x * 0x85ebca6b
}

// add puts an entry in. There must be none like it.
func (x *index) add(tag, ref uint32) {
	if 4*(x.used+1) > 3*len(x.slots) {
		x.grow()
	}
	x.put(tag, ref)
	x.used++
}

func (x *index) put(tag, ref uint32) {
	mask := uint32(len(x.slots) - 1)
	i := tag & mask
	for x.slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = slot{tag, ref}
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, max(16, 2*len(old)))
	for _, s := range old {
		if s.ref != 0 {
			x.put(s.tag, s.ref)
		}
	}
}

// remove takes an entry out, and moves those behind it that probing would not find any more.
func (x *index) remove(tag, ref uint32) {
	mask := uint32(len(x.slots) - 1)
	i := tag & mask
	for x.slots[i].ref != ref {
		i = (i + 1) & mask
	}
	x.used--
	for j := i; ; {
		j = (j + 1) & mask
		s := x.slots[j]
		if s.ref == 0 {
			break
		}
		if (j-s.tag)&mask >= (j-i)&mask { // its home is at or before the gap
			x.slots[i] = s
			i = j
		}
	}
	x.slots[i] = slot{}
}
