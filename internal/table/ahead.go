package table

// On a table of a million keys nearly every word that an update touches is a cache miss, and
// a miss that waits for another costs ten times one that overlaps with others. So before a
// run of rows is applied, its memory is touched in rounds: all slots of the index, then all
// rows that they name, then their blocks and the rows' neighbours in the change list, then
// the cells. Each round's addresses come from the round before, and within a round no load
// waits for another. What is found this way is a guess (the first slot with the right tag);
// applyRun makes sure.

// ahead touches the memory that a run of rows needs, and guesses the places of their rows.
func (s *shard) ahead(l *Lane, run []uint16) {
	w := &l.work
	places := w.places[:len(run)]
	if len(s.index.pages) == 0 {
		clear(places)
		return
	}
	sum := uint32(0)
	for _, i := range run {
		hash := uint32(w.hashes[i])
		sum += s.index.pageFor(hash).slots[home(hash)].ref
	}
	for k, i := range run {
		places[k] = s.guess(uint32(w.hashes[i]))
	}
	for k, i := range run {
		if id := places[k]; id != 0 {
			r := s.rows.at(id)
			sum += r.key + uint32(r.shares) // a row may lie in two lines of the cache
		} else {
			sum += uint32(s.index.pageFor(uint32(w.hashes[i])).used) // it will be asked for room
		}
	}
	for _, id := range places {
		if id == 0 {
			continue
		}
		r := s.rows.at(id)
		if r.link != (link{}) && !s.unread(r) {
			sum += s.linkOf(r.prev).next + s.linkOf(r.next).prev
		}
		if h := s.heads(r); len(h) > 0 {
			sum += h[len(h)/2].until
		}
		if !s.keys.inline() {
			sum += uint32(s.keys.get(r.key)[:1:1][0])
		}
	}
	for _, id := range places {
		if id == 0 {
			continue
		}
		r := s.rows.at(id)
		if i, ok := find(s.heads(r), l.id); ok && s.layout.cells > 0 {
			c := s.cells(r, i)
			sum += c[0] + c[len(c)-1]
		}
		if k := s.kept(r); k != nil {
			sum += uint32(k[0]) + uint32(k[len(k)-1])
		}
	}
	w.touched = sum // so that the loads are not for nothing in the compiler's eyes
}

// guess returns the row in the first slot that has the tag, or 0.
func (s *shard) guess(tag uint32) uint32 {
	p := s.index.pageFor(tag)
	for i := home(tag); p.slots[i].ref != 0; i = behind(i) {
		if p.slots[i].tag == tag {
			return p.slots[i].ref
		}
	}
	return 0
}

// What ends in rows and what is read of them is not asked for by a batch, but their blocks are missing in the
// cache all the same, so they are touched ahead, too.

// atOnce is how many rows' blocks are touched before the first is looked at.
const atOnce = 32

// touchBlock touches the lines of a row's first shares.
func (s *shard) touchBlock(r *row) (sum uint32) {
	h := s.heads(r)
	if len(h) == 0 {
		return 0
	}
	sum = h[0].until
	for i := range min(len(h), few) {
		if c := s.cells(r, i); len(c) > 0 {
			sum += c[0] + c[len(c)-1]
		}
	}
	if k := s.kept(r); k != nil {
		sum += uint32(k[0]) + uint32(k[len(k)-1])
	}
	return sum
}

// aheadOfGroup touches what settling those rows of a group needs that are due.
func (s *shard) aheadOfGroup(from, tick uint32) {
	sum := uint32(0)
	for id := s.rows.next(from, from+group); id != 0; id = s.rows.next(id+1, from+group) {
		if r := s.rows.at(id); r.due <= tick {
			sum += s.touchBlock(r)
			if r.link != (link{}) && !s.unread(r) {
				sum += s.linkOf(r.prev).next + s.linkOf(r.next).prev
			}
		}
	}
	s.touched = sum
}

// aheadOfMark touches what reading the next rows behind a mark needs. The rows themselves are a list,
// in which each waits for the one before; their blocks need not.
func (s *shard) aheadOfMark(m uint32) {
	var ids [atOnce]uint32
	n := 0
	for at := s.linkOf(m).next; at != ends && n < len(ids); at = s.linkOf(at).next {
		if at&isMark == 0 {
			ids[n] = at
			n++
		}
	}
	sum := uint32(0)
	for _, id := range ids[:n] {
		sum += s.touchBlock(s.rows.at(id))
	}
	s.touched = sum
}
