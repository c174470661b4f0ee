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
	lives   uint32 // tick until which the longest share that counts lives; never; 0: none counts
	refresh uint32 // tick at which it is due to readers although nothing has changed; never
	live    uint16 // shares whose life is not over, counting or not
	zeroed  bool   // it was cleared: it goes to readers once, as zeros; no share counts
}

// counts reports whether any share is in the sum: else there is nothing to tell readers.
func (r *row) counts() bool { return r.lives != 0 && !r.zeroed }

// blank reports whether the row was cleared and nothing has been reported since.
func (r *row) blank() bool { return r.zeroed && r.live == 0 }

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
	idle                 // it is not in the sums: another lane's counts in its place. See weigh.go
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
