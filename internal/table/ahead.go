package table

// On a table of a million keys nearly every word that an update touches is a cache miss, and
// a miss that waits for another costs ten times one that overlaps with others. So before a
// run of rows is applied, its memory is touched in rounds: all slots of the index, then all
// shares that they name, then all rows with their sums, then the rows' neighbours in the
// change list. Each round's addresses come from the round before, and within a round no load
// waits for another. What is found this way is a guess (the first slot with the right tag);
// apply makes sure.

// ahead touches the memory that a run of rows needs, and guesses the places of their shares.
func (s *shard) ahead(l *Lane, run []uint16) {
	w := &l.work
	places := w.places[:len(run)]
	if len(s.index.slots) == 0 {
		clear(places)
		return
	}
	mask := uint32(len(s.index.slots) - 1)
	sum := uint32(0)
	for _, i := range run {
		sum += s.index.slots[tagOf(uint32(w.hashes[i]), l.id)&mask].ref
	}
	for k, i := range run {
		places[k] = s.guess(tagOf(uint32(w.hashes[i]), l.id), mask)
	}
	for _, sh := range places {
		if sh != 0 {
			sum += s.shares.at(sh).row
		}
	}
	for _, sh := range places {
		if sh == 0 {
			continue
		}
		id := s.shares.at(sh).row
		r := s.rows.at(id)
		sum += r.klen + r.debt // a row is two lines of the cache
		if s.rows.width > 0 {
			sums := s.rows.numbersAt(id)
			sum += uint32(sums[0]) + uint32(sums[len(sums)-1]) + s.shares.numbersAt(sh)[0]
		}
	}
	for _, sh := range places {
		if sh != 0 {
			r := s.rows.at(s.shares.at(sh).row)
			if r.link != (link{}) {
				sum += s.linkOf(r.prev).next + s.linkOf(r.next).prev
			}
		}
	}
	w.touched = sum // so that the loads are not for nothing in the compiler's eyes
}

// guess returns the share in the first slot that has the tag, or 0.
func (s *shard) guess(tag, mask uint32) uint32 {
	for i := tag & mask; ; i = (i + 1) & mask {
		e := s.index.slots[i]
		if e.ref == 0 {
			return 0
		}
		if e.tag == tag && e.ref&isShare != 0 {
			return e.ref &^ isShare
		}
	}
}

// isShareOf reports whether a place still holds the lane's share of the key.
func (s *shard) isShareOf(sh uint32, lane uint16, key []byte) bool {
	x := s.shares.at(sh)
	return x.lane == lane && string(s.keyOf(s.rows.at(x.row))) == string(key)
}
