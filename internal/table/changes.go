package table

// The change list keeps the rows of a shard in the order in which they last changed. A row
// is in it once: touching it again moves it to the end. A reader is a mark in the same list,
// so a peer that falls behind costs one mark, whatever it has missed, and on its return
// reads only the newest value of each row. All operations are O(1) and allocate nothing.

// link is a place in a doubly linked list, by number.
type link struct{ prev, next uint32 }

// isMark tells a mark from a row. The first mark is both ends of the list.
const (
	isMark = 1 << 31
	ends   = isMark
)

// linkOf is the link of a row or of a mark.
func (s *shard) linkOf(id uint32) *link {
	if id&isMark != 0 {
		return &s.marks[id&^isMark]
	}
	return &s.rows.at(id).link
}

// unlink takes a row or mark out of the list, if it is in it.
func (s *shard) unlink(id uint32) {
	l := s.linkOf(id)
	if *l == (link{}) {
		return
	}
	s.linkOf(l.prev).next, s.linkOf(l.next).prev = l.next, l.prev
	*l = link{}
}

// insert puts a row or mark that is not in the list before another.
func (s *shard) insert(id, before uint32) {
	b := s.linkOf(before)
	l := s.linkOf(id)
	*l = link{prev: b.prev, next: before}
	s.linkOf(b.prev).next = id
	b.prev = id
}

// touch moves a row to the end: it is due to every reader.
func (s *shard) touch(id uint32) {
	r := s.rows.at(id)
	if !s.unread(r) {
		s.unlink(id)
		s.insert(id, ends)
	}
	r.touched, r.debt, r.refresh, r.passed = s.clock, 0, never, false
	s.version.Add(1)
}

// unread reports whether no reader has come by since a row was last touched: it is due to all of
// them where it is, and its neighbours, two misses of the cache, need not be looked up. So
// it is while nodes are learned from and nobody is told anything yet.
func (s *shard) unread(r *row) bool {
	return r.touched > s.readAt && !r.passed && r.link != (link{})
}

// marksPerReader: where it reads, what it has sent but heard no ack of, what is acked, and
// where the list ended when it was rewound.
const (
	reading = iota
	unacked
	acked
	lessonEnd
	marksPerReader
)

// mark is the number of a reader's mark of one kind.
func mark(reader, kind int) uint32 { return isMark | uint32(1+reader*marksPerReader+kind) }

// reader is whose a mark is.
func reader(mark uint32) int { return (int(mark&^isMark) - 1) / marksPerReader }

// move puts a mark before another place of the list.
func (s *shard) move(m, before uint32) {
	if m != before {
		s.unlink(m)
		s.insert(m, before)
	}
}

// first is the row or mark at the start of the list; ends if it is empty.
func (s *shard) first() uint32 { return s.marks[0].next }

// room makes room for the marks of a number of readers.
func (s *shard) room(readers int) {
	for len(s.marks) < 1+readers*marksPerReader {
		s.marks = append(s.marks, link{})
	}
	for len(s.since) < readers {
		s.since = append(s.since, unknown)
	}
}
