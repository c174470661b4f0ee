package table

import "math/bits"

// places gives out numbers from 1 on, and takes them back: where in a chunk of memory
// something lies. It knows nothing of the memory. Places are given out chunk by chunk and
// lowest first, so that chunks which empty can go, and a chunk that is begun is short.
type places struct {
	shift  uint8 // a chunk has 1<<shift places, at most mostPlaces
	chunks []vacancy
	open   []uint32 // chunks that have a free place, in no order; the last is used next
	used   int
}

// mostPlaces of a chunk: so many that the headers of all chunks of ten million rows stay in a
// processor's second cache, and few enough for one that is half empty not to count.
const (
	mostShift  = 10
	mostPlaces = 1 << mostShift
)

// vacancy says which places of a chunk are free.
type vacancy struct {
	free   [mostPlaces / 64]uint64
	taken  uint16
	full   uint8 // words of free in which there is none, from the first on
	listed bool  // it is in open
}

// take gives out a place, which may lie in a chunk that has none other or had never any.
func (p *places) take() uint32 {
	if len(p.open) == 0 {
		p.open = append(p.open, uint32(len(p.chunks)))
		p.chunks = append(p.chunks, p.empty())
	}
	c := p.open[len(p.open)-1]
	v := &p.chunks[c]
	w := int(v.full)
	for v.free[w] == 0 {
		w++
	}
	v.full = uint8(w)
	bit := bits.TrailingZeros64(v.free[w])
	v.free[w] &^= 1 << bit
	v.taken++
	p.used++
	if int(v.taken) == p.room(c) {
		v.listed = false
		p.open = p.open[:len(p.open)-1]
	}
	return c<<p.shift | uint32(w<<6|bit)
}

// empty is the vacancy of the next chunk. The first place of the first is none.
func (p *places) empty() (v vacancy) {
	n := 1 << p.shift
	for w := range v.free {
		switch {
		case n >= 64*(w+1):
			v.free[w] = 1<<64 - 1
		case n > 64*w:
			v.free[w] = 1<<(n-64*w) - 1
		}
	}
	if len(p.chunks) == 0 {
		v.free[0] &^= 1
	}
	v.listed = true
	return v
}

// give takes a place back, and reports whether its chunk is empty now.
func (p *places) give(i uint32) (emptied bool) {
	c := i >> p.shift
	v := &p.chunks[c]
	in := i & (1<<p.shift - 1)
	v.free[in>>6] |= 1 << (in & 63)
	v.full = min(v.full, uint8(in>>6))
	v.taken--
	p.used--
	if !v.listed {
		v.listed = true
		p.open = append(p.open, c)
	}
	return v.taken == 0
}

// room is how many places of a chunk can be given out.
func (p *places) room(chunk uint32) int {
	if chunk == 0 {
		return 1<<p.shift - 1
	}
	return 1 << p.shift
}

// end is behind the last place that there may be.
func (p *places) end() uint32 { return uint32(len(p.chunks)) << p.shift }

// has reports whether a place is given out.
func (p *places) has(i uint32) bool {
	if i == 0 || i >= p.end() {
		return false
	}
	in := i & (1<<p.shift - 1)
	return p.chunks[i>>p.shift].free[in>>6]>>(in&63)&1 == 0
}

// next is the first place from i on and before until that is given out, 0 if there is none.
// It is for chunks of 64 places or more.
func (p *places) next(i, until uint32) uint32 {
	until = min(until, p.end())
	for i = max(i, 1); i < until; i = (i | 63) + 1 {
		v := &p.chunks[i>>p.shift]
		if v.taken == 0 {
			continue
		}
		if given := ^v.free[i&(1<<p.shift-1)>>6] >> (i & 63); given != 0 {
			if i += uint32(bits.TrailingZeros64(given)); i < until {
				return i
			}
			return 0
		}
	}
	return 0
}
