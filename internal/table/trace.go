package table

import (
	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// deciders are the lanes whose values the Latest columns of a row have, by op.
func (s *shard) deciders(r *row) []*Lane {
	if !s.plan.History {
		return nil
	}
	sum, _ := s.total(r)
	list := make([]*Lane, len(s.plan.Ops))
	for i := range s.plan.Ops {
		if o := &s.plan.Ops[i]; o.Rule == aggregate.Latest {
			if owner := aggregate.LatestOwner(sum[o.Word:]); owner != aggregate.Nobody {
				list[i] = s.table.lanes[owner]
			}
		}
	}
	return list
}

// Without says why single columns of the lane do not count; nil if all do. It is not to be changed.
func (l *Lane) Without() map[stick.DataType]string {
	l.table.mu.RLock()
	defer l.table.mu.RUnlock()
	return l.missing
}

// Past is how far a reader has come with the last change of a key.
type Past struct {
	Known bool // false: it is too far off to be looked for
	Read  bool // it has read it
	Acked bool // and what it had read when it was committed last has it in it
}

// farthest is how many places of the list are looked at from each end: about a millisecond.
const farthest = 1 << 14

// Past tells of each reader how far it has come with the last change of a key, and reports
// whether there is such a key. It looks from both ends of the change list: near the end are those that have heard nearly all, and
// near the start those that have just begun. The readers may be in use; one that has been closed has read nothing.
func (t *Table) Past(key []byte, readers []*Reader) ([]Past, bool) {
	h := t.hash(key)
	s := &t.shards[shardOf(h)]
	t.mu.RLock()
	defer t.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.findRow(uint32(h), key)
	if id == 0 {
		return nil, false
	}
	marks := make(map[uint32]order, 2*len(readers))
	for _, r := range readers {
		for _, m := range []uint32{mark(r.number, reading), mark(r.number, acked)} {
			if int(m&^isMark) < len(s.marks) && s.marks[m&^isMark] != (link{}) {
				marks[m] = notMet
			}
		}
	}
	s.orderMarks(id, marks)
	list := make([]Past, len(readers))
	for i, r := range readers {
		read, ack := marks[mark(r.number, reading)], marks[mark(r.number, acked)]
		list[i] = Past{Known: read != notMet, Read: read == behindRow, Acked: ack == behindRow}
	}
	return list, true
}

// order is where a mark is, seen from a row.
type order uint8

const (
	notThere  order = iota // not in the list
	notMet                 // not met yet
	beforeRow              // the row is still to be read
	behindRow              // the row has been read
)

// orderMarks finds out where marks are. Walking from the end, all that is met before the row is behind it; once the row
// is met the rest is before it. Walking from the start it is the other way round.
func (s *shard) orderMarks(row uint32, marks map[uint32]order) {
	left := 0
	for _, o := range marks {
		if o == notMet {
			left++
		}
	}
	walk := func(next func(*link) uint32, met, rest order) {
		at := next(s.linkOf(ends))
		for n := 0; n < farthest && left > 0 && at != ends; n++ {
			if at == row {
				for m, o := range marks {
					if o == notMet {
						marks[m] = rest
					}
				}
				left = 0
				return
			}
			if at&isMark != 0 && marks[at] == notMet {
				marks[at] = met
				left--
			}
			at = next(s.linkOf(at))
		}
	}
	walk(func(l *link) uint32 { return l.prev }, behindRow, beforeRow)
	walk(func(l *link) uint32 { return l.next }, beforeRow, behindRow)
}
