package table

import "tallystick/internal/aggregate"

// head is what one lane's share of a row is, beside its cells.
type head struct {
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

// blocks hold the shares of rows that have about as many, each row's side by side in the order
// of their lanes: a row's shares are one or two lines of the cache, and cost nothing where
// there are none. Rows of few shares are summed when they are read, which costs less than to
// keep a sum up to date; beside the shares of others lies their sum.
type blocks struct {
	places
	room   int // shares that fit into one
	heads  [][]head
	cells  [][]uint32
	sums   [][]uint64 // nil if these rows have none
	layout layout
}

// layout is how many numbers shares and sums have.
type layout struct {
	cells int // of a share
	words int // of a sum, its base included
	few   int // rows with more shares than that have their sum beside them
}

// few is how many shares are summed when a row is read. With as many, the sum is as large
// as they are.
const few = 4

// layoutOf is the layout for a plan. A column that somebody decided last is more than its
// shares: then every row has a sum.
func layoutOf(p *aggregate.Plan) layout {
	l := layout{cells: p.Cells, words: p.Words + 1, few: few}
	if p.History {
		l.few = 0
	}
	return l
}

const blockChunk = 32 << 10 // bytes of a chunk's cells, about

func newBlocks(class int, l layout) blocks {
	room := roomOf(class)
	return blocks{room: room, layout: l, places: places{shift: shiftFor(4*room*max(l.cells, 2), blockChunk)}}
}

func (b *blocks) summed() bool { return b.room > b.layout.few }

func (b *blocks) take() uint32 {
	place := b.places.take()
	b.heads = reserve(b.heads, place, b.shift, b.room)
	b.cells = reserve(b.cells, place, b.shift, b.room*b.layout.cells)
	if b.summed() {
		b.sums = reserve(b.sums, place, b.shift, b.layout.words)
	}
	return place
}

func (b *blocks) give(place uint32) {
	if !b.places.give(place) {
		return
	}
	c := place >> b.shift
	b.heads[c], b.cells[c] = nil, nil
	if b.summed() {
		b.sums[c] = nil
	}
}

// at is where a place begins, in a chunk of places that have n of something each.
func (b *blocks) at(place uint32, n int) int { return int(place&(1<<b.shift-1)) * n }

func (b *blocks) headsAt(place uint32) []head {
	o := b.at(place, b.room)
	return b.heads[place>>b.shift][o : o+b.room : o+b.room]
}

func (b *blocks) cellsAt(place uint32, i int) []uint32 {
	n := b.layout.cells
	o := b.at(place, b.room*n) + i*n
	return b.cells[place>>b.shift][o : o+n : o+n]
}

// rowCells are the cells of a place's shares, one share behind the other.
func (b *blocks) rowCells(place uint32) []uint32 {
	n := b.room * b.layout.cells
	o := b.at(place, n)
	return b.cells[place>>b.shift][o : o+n : o+n]
}

func (b *blocks) sumAt(place uint32) []uint64 {
	o := b.at(place, b.layout.words)
	return b.sums[place>>b.shift][o : o+b.layout.words : o+b.layout.words]
}

// heads are the shares of a row, by lane. They are valid until one comes or goes.
func (s *shard) heads(r *row) []head {
	if r.shares == 0 {
		return nil
	}
	return s.blocks[classOf(int(r.shares))].headsAt(r.block)[:r.shares]
}

// cells are those of one of a row's shares.
func (s *shard) cells(r *row, i int) []uint32 {
	return s.blocks[classOf(int(r.shares))].cellsAt(r.block, i)
}

// find is where a lane's share is among a row's, and whether it is there.
func find(heads []head, lane uint16) (i int, ok bool) {
	if len(heads) <= 8 {
		for i = range heads {
			if heads[i].lane >= lane {
				return i, heads[i].lane == lane
			}
		}
		return len(heads), false
	}
	lo, hi := 0, len(heads)
	for lo < hi {
		if mid := (lo + hi) / 2; heads[mid].lane < lane {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(heads) && heads[lo].lane == lane
}

// widen gives a row a share of a lane at i, that holds zeros and lives for no time.
func (s *shard) widen(r *row, i int, lane uint16) {
	n := int(r.shares)
	s.resize(r, n+1)
	heads := s.heads(r)
	copy(heads[i+1:], heads[i:])
	heads[i] = head{lane: lane}
	cells := s.blocks[classOf(n+1)].rowCells(r.block)
	at, width := i*s.layout.cells, s.layout.cells
	copy(cells[at+width:(n+1)*width], cells[at:n*width])
	clear(cells[at : at+width])
}

// narrow takes the share at i out of a row's block. It must not be in the sum any more.
func (s *shard) narrow(r *row, i int) {
	n, width := int(r.shares), s.layout.cells
	heads := s.heads(r)
	copy(heads[i:], heads[i+1:])
	cells := s.blocks[classOf(n)].rowCells(r.block)
	copy(cells[i*width:], cells[(i+1)*width:n*width])
	s.resize(r, n-1)
}

// resize moves a row's shares to a block for n of them, if that is another one, and keeps
// those that fit. A row whose sum was not kept until now has it afterwards, of the shares
// that it had.
func (s *shard) resize(r *row, n int) {
	for n > 0 && len(s.blocks) <= classOf(n) {
		s.blocks = append(s.blocks, newBlocks(len(s.blocks), s.layout))
	}
	from, to := s.blocksFor(int(r.shares)), s.blocksFor(n)
	old, kept := r.block, min(n, int(r.shares))
	r.shares = uint16(n)
	if from == to {
		return
	}
	r.block = 0
	if to != nil {
		r.block = to.take()
	}
	if to != nil && from != nil {
		copy(to.headsAt(r.block), from.headsAt(old)[:kept])
		copy(to.rowCells(r.block), from.rowCells(old)[:kept*s.layout.cells])
	}
	switch {
	case to == nil || !to.summed():
	case from != nil && from.summed():
		copy(to.sumAt(r.block), from.sumAt(old))
	default:
		s.sumUp(to, r.block, kept)
	}
	if from != nil {
		from.give(old)
	}
}

// blocksFor are the blocks of rows with n shares; nil for none.
func (s *shard) blocksFor(n int) *blocks {
	if n == 0 {
		return nil
	}
	return &s.blocks[classOf(n)]
}
