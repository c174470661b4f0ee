package table

// Reader is one receiver's place in the table: marks in the change list of each shard. It
// belongs to one goroutine at a time.
type Reader struct {
	table   *Table
	number  int
	next    int            // the shard to go on with
	seen    [shards]uint64 // version of a shard that has been read to its end
	stand   [shards]uint64 // names the place of the mark reading in the list: two readers with one name are at one place
	met     bool           // the last readShard has come to the mark at which it was to stop
	lesson  [shards]bool   // the part until the mark lessonEnd has not been read
	halfway [shards]bool   // it has stopped before the end for want of room
}

// NewReader makes a reader at the start of the table: every row is due to it.
func (t *Table) NewReader() *Reader {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &Reader{table: t, number: len(t.readers)}
	for i, taken := range t.readers {
		if !taken {
			r.number = i
			break
		}
	}
	if r.number == len(t.readers) {
		t.readers = append(t.readers, false)
	}
	t.readers[r.number] = true
	r.eachShard(func(i int, s *shard) {
		s.room(len(t.readers))
		for kind := reading; kind <= acked; kind++ {
			s.insert(mark(r.number, kind), s.first())
		}
		r.leaves(i)
		r.forget(i)
	})
	return r
}

// Close gives the place back. The reader must not be used any more.
func (r *Reader) Close() {
	r.table.mu.Lock()
	defer r.table.mu.Unlock()
	r.table.readers[r.number] = false
	r.eachShard(func(_ int, s *shard) {
		for kind := range marksPerReader {
			s.unlink(mark(r.number, kind))
		}
		s.unnote(r.number)
	})
}

func (r *Reader) eachShard(f func(i int, s *shard)) {
	for i := range r.table.shards {
		s := &r.table.shards[i]
		s.mu.Lock()
		f(i, s)
		s.mu.Unlock()
	}
}

// forget makes a shard count as unread, whatever its version.
func (r *Reader) forget(i int) { r.seen[i] = unread }

const unread = 1<<64 - 1

// leaves names the place anew at which the reader is in a shard.
func (r *Reader) leaves(i int) { r.stand[i] = r.table.stands.Add(1) }

// Pending reports whether there may be anything to read. It takes no lock.
func (r *Reader) Pending() bool {
	for i := range r.seen {
		if r.table.shards[i].version.Load() != r.seen[i] {
			return true
		}
	}
	return false
}

// Position is how many of the table's changes have been read: as many as Stats counts when
// nothing is pending.
func (r *Reader) Position() (n uint64) {
	for _, v := range r.seen {
		if v != unread {
			n += v
		}
	}
	return n
}

// Rewind makes every row due again, and remembers where the table ends now.
func (r *Reader) Rewind() {
	r.eachShard(func(i int, s *shard) {
		s.move(mark(r.number, reading), s.first())
		s.move(mark(r.number, lessonEnd), ends)
		r.lesson[i] = true
		s.unnote(r.number)
		r.leaves(i)
		r.forget(i)
	})
}

// Rewound reports whether rows that there were at the last Rewind are still to be read.
func (r *Reader) Rewound() bool {
	for _, in := range r.lesson {
		if in {
			return true
		}
	}
	return false
}

// Checkpoint remembers the present place: what was read before has been sent.
func (r *Reader) Checkpoint() {
	r.eachShard(func(_ int, s *shard) { s.move(mark(r.number, unacked), mark(r.number, reading)) })
}

// Commit notes that what was read before the checkpoint has been acked.
func (r *Reader) Commit() {
	r.eachShard(func(_ int, s *shard) { s.move(mark(r.number, acked), mark(r.number, unacked)) })
}

// Resume goes on behind what was acked; at the start if nothing was.
func (r *Reader) Resume() {
	r.eachShard(func(i int, s *shard) {
		m := mark(r.number, acked)
		s.move(mark(r.number, reading), s.linkOf(m).next)
		s.unlink(mark(r.number, lessonEnd))
		r.lesson[i] = false
		s.unnote(r.number)
		r.leaves(i)
		r.forget(i)
	})
}
