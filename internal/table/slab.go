package table

// inlineKey is the longest key that is kept in its row: an IPv6 address, most names.
const inlineKey = 16

// row is one key. Its sum is in the shard's sums, at the same place.
type row struct {
	key    [inlineKey]byte // or, if it is longer, where it is in the arena
	klen   uint32          // bytes of the key; free: the row is not used
	hash   uint32
	shares uint32 // the first of its shares; they are a list
	link          // in the change list
	wheel  link   // in the wheel's bucket of due
	due    uint32 // tick at which something ends; never
	base   uint32 // ms near which the moments of its rates are counted

	debt    uint32 // what readers have not been told of windows that ended, in events
	touched uint32 // tick of the last change
	lives   uint32 // tick until which the longest share lives; never
	refresh uint32 // tick at which it is due to readers although nothing has changed; never
	live    uint16 // shares that count
	zeroed  bool   // it was cleared: it goes to readers once, as zeros
}

const free = 1<<32 - 1

// share is what one lane last reported for a row. Its cells are in the shard's cells.
type share struct {
	row    uint32
	next   uint32 // of the same row
	until  uint32 // tick at which it expires; never
	lane   uint16
	lesson uint8 // the lane's lesson in which it was last mentioned
	state  uint8
}

// States of a share, as bits.
const (
	expired  = 1 << iota // it counts nothing any more, and shows so
	heldBack             // a lower row was held back since it was last taken
)

// slab is an array of T that grows without moving, with an array of numbers beside each T.
// Places begin at 1 and are given out again when they are free.
type slab[T any, N uint32 | uint64] struct {
	items   [][]T
	numbers [][]N // width each
	width   int
	used    int
	made    uint32
	frees   []uint32
}

// chunk is how many items are allocated at a time: few, since most tables are small.
const (
	chunkShift = 6
	chunk      = 1 << chunkShift
)

func (s *slab[T, N]) at(i uint32) *T { return &s.items[i>>chunkShift][i&(chunk-1)] }

func (s *slab[T, N]) numbersAt(i uint32) []N {
	o := int(i&(chunk-1)) * s.width
	return s.numbers[i>>chunkShift][o : o+s.width : o+s.width]
}

// take gives out a place. What is there is of its last user: the caller sets all of it.
func (s *slab[T, N]) take() uint32 {
	s.used++
	if n := len(s.frees); n > 0 {
		i := s.frees[n-1]
		s.frees = s.frees[:n-1]
		return i
	}
	if s.made == 0 {
		s.made = 1 // 0 is no place
	}
	i := s.made
	s.made++
	if int(i>>chunkShift) >= len(s.items) {
		s.items = append(s.items, make([]T, chunk))
		s.numbers = append(s.numbers, make([]N, chunk*s.width))
	}
	return i
}

func (s *slab[T, N]) give(i uint32) {
	s.used--
	s.frees = append(s.frees, i)
}

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

// arena holds long keys in blocks of powers of two, which are used again.
type arena struct {
	chunks [][]byte
	fresh  uint32 // first unit of the last chunk that was never used
	frees  [12][]uint32
}

const (
	unit       = 32      // bytes; a reference counts them
	arenaChunk = 1 << 17 // bytes of a chunk: above the longest message
)

// class is the block for n bytes: unit << class.
func class(n int) (c int) {
	for unit<<c < n {
		c++
	}
	return c
}

func (a *arena) put(b []byte) (ref uint32) {
	c := class(len(b))
	if n := len(a.frees[c]); n > 0 {
		ref = a.frees[c][n-1]
		a.frees[c] = a.frees[c][:n-1]
	} else {
		units := uint32(1) << c
		if len(a.chunks) == 0 || a.fresh+units > arenaChunk/unit {
			a.chunks = append(a.chunks, make([]byte, arenaChunk))
			a.fresh = 0
		}
		ref = uint32(len(a.chunks)-1)*(arenaChunk/unit) + a.fresh
		a.fresh += units
	}
	copy(a.get(ref, len(b)), b)
	return ref
}

func (a *arena) get(ref uint32, n int) []byte {
	o := ref % (arenaChunk / unit) * unit
	return a.chunks[ref/(arenaChunk/unit)][o : int(o)+n]
}

func (a *arena) give(ref uint32, n int) {
	c := class(n)
	a.frees[c] = append(a.frees[c], ref)
}
