package table

// index finds rows by the hash of their key, and grows and shrinks a page at a time: a page
// that is full is divided in two by the next bit of the hashes in it, so no update ever waits for
// all others to be moved (extendible hashing), and no memory is held twice meanwhile. In a
// page it is open addressing with linear probing.
type index struct {
	pages []*page // by the highest bits of a hash; neighbours may share one
	depth uint8   // how many bits
}

// page is 2 KiB: few lines of the cache are ever probed, and to divide one takes about 2 us.
type page struct {
	slots [pageSlots]slot
	used  uint16
	depth uint8 // bits of the hash that all in it have in common
}

const (
	pageSlots = 255 // with the rest of the page as large as the allocator's 2 KiB
	pageBytes = 2048
	pageFull  = 208 // beyond, probing becomes long
	maxDepth  = 26  // of an index with as many rows as there are places: more is no accident
)

type slot struct {
	tag uint32 // of the hash
	ref uint32 // place of the row; 0: empty
}

// home is where probing for a tag begins. The highest bits have chosen the page.
func home(tag uint32) uint32 { return tag & 0xffff * pageSlots >> 16 }

// pageFor is the page of a tag; nil if the index is empty.
func (x *index) pageFor(tag uint32) *page {
	if len(x.pages) == 0 {
		return nil
	}
	return x.pages[tag>>(32-x.depth)]
}

// behind is the slot that is probed behind i.
func behind(i uint32) uint32 {
	if i++; i < pageSlots {
		return i
	}
	return 0
}

// hasRoom reports whether an entry can be added. It cannot if so many hashes are nearly alike
// that no division parts them: somebody has found the seed.
func (x *index) hasRoom(tag uint32) bool {
	p := x.pageFor(tag)
	for p != nil && p.used >= pageFull {
		if p.depth >= maxDepth {
			return p.used < pageSlots-1
		}
		x.divide(tag)
		p = x.pageFor(tag)
	}
	return true
}

// add puts an entry in, for which there must be room.
func (x *index) add(tag, ref uint32) {
	if len(x.pages) == 0 {
		x.pages = []*page{{}}
	}
	if !x.hasRoom(tag) {
		panic("table: no room in the index, and nobody has asked")
	}
	x.pageFor(tag).put(slot{tag, ref})
}

func (p *page) put(s slot) {
	i := home(s.tag)
	for p.slots[i].ref != 0 {
		i = behind(i)
	}
	p.slots[i] = s
	p.used++
}

// divide puts a half of a tag's page into a page of its own.
func (x *index) divide(tag uint32) {
	p := x.pageFor(tag)
	if p.depth == x.depth {
		x.deepen()
	}
	old := p.slots
	bit := uint32(1) << (31 - p.depth)
	upper := &page{depth: p.depth + 1}
	p.slots, p.used, p.depth = [pageSlots]slot{}, 0, p.depth+1
	for _, s := range old {
		switch {
		case s.ref == 0:
		case s.tag&bit != 0:
			upper.put(s)
		default:
			p.put(s)
		}
	}
	// All names of the old page are neighbours; the upper half of them is the new one's.
	n := 1 << (x.depth - p.depth)
	first := int((tag|bit)&^(bit-1)) >> (32 - x.depth)
	for i := range n {
		x.pages[first+i] = upper
	}
}

// deepen gives each page twice as many names.
func (x *index) deepen() {
	pages := make([]*page, 0, 2*len(x.pages))
	for _, p := range x.pages {
		pages = append(pages, p, p)
	}
	x.pages = pages
	x.depth++
}

// remove takes an entry out, and moves those behind it that probing would not find any more.
func (x *index) remove(tag, ref uint32) {
	p := x.pageFor(tag)
	i := home(tag)
	for p.slots[i].ref != ref {
		i = behind(i)
	}
	p.used--
	for j := behind(i); p.slots[j].ref != 0; j = behind(j) {
		if distance(home(p.slots[j].tag), j) >= distance(i, j) { // its home is at or before the gap
			p.slots[i] = p.slots[j]
			i = j
		}
	}
	p.slots[i] = slot{}
	if p.used < pageFull/4 {
		x.join(tag)
	}
}

// distance is how many slots j is behind i.
func distance(i, j uint32) uint32 {
	if j >= i {
		return j - i
	}
	return j + pageSlots - i
}

// join puts a page and the one that it was divided from together again if both are nearly
// empty: what expires gives its memory back.
func (x *index) join(tag uint32) {
	p := x.pageFor(tag)
	if p.depth == 0 {
		return
	}
	bit := uint32(1) << (32 - p.depth)
	other := x.pageFor(tag ^ bit)
	if other.depth != p.depth || p.used+other.used > pageFull/2 {
		return
	}
	for _, s := range other.slots {
		if s.ref != 0 {
			p.put(s)
		}
	}
	p.depth--
	n := 1 << (x.depth - p.depth)
	first := int(tag&^(2*bit-1)) >> (32 - x.depth)
	for i := range n {
		x.pages[first+i] = p
	}
}

// bytes is the memory of the index.
func (x *index) bytes() (n int) {
	n = 8 * len(x.pages)
	for i := 0; i < len(x.pages); i += 1 << (x.depth - x.pages[i].depth) {
		n += pageBytes
	}
	return n
}
