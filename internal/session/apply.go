package session

import (
	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// Bounds of a batch: the larger it is, the fewer locks a row costs; the memory of its
// values stays with the session.
const (
	maxRows  = 512
	maxWords = 16 << 10
)

// batch collects rows of one lane that come under the same circumstances: it is handed on
// before those change. Keys alias the caller's buffer, so it is empty between two calls of
// Receive.
type batch struct {
	table *table
	last  uint32 // id of its last row
	rows  []stick.Row
	words []uint64 // of all rows
}

// update takes one update of the selected table.
func (s *Session) update(m wire.Message) error {
	t := s.current
	if t == nil {
		s.stats.Ignored++
		return nil
	}
	s.makeRoom(t)
	b := &s.batch
	id, row, words, err := wire.ParseUpdate(m, t.schema, t.last, &s.inDictionary, b.words)
	if err != nil {
		return err
	}
	t.last = id
	s.stats.UpdatesIn++
	s.holdAnswer()
	if t.refused {
		s.stats.Dropped++
		b.words = words[:len(b.words)] // the row goes, the room that it needed stays
		return nil
	}
	if !s.isInLesson() { // the first such row may end the guard: the batch is empty then
		if row.Replay = s.isReplay(t, id); row.Replay {
			s.stats.Replays++
		}
	} else {
		row.Learned = s.isLearned(t, id)
	}
	b.table, b.last = t, id
	b.rows, b.words = append(b.rows, row), words
	return nil
}

// how is under what circumstances rows come now.
func (s *Session) how() (h How) {
	if s.isInLesson() {
		h |= InLesson
	}
	if s.guard.on {
		h |= Guarded
	}
	return h
}

// makeRoom hands the batch on if it is full or the next row is one of another table.
func (s *Session) makeRoom(t *table) {
	if b := &s.batch; b.table != t || len(b.rows) >= maxRows || len(b.words) >= maxWords {
		s.flush()
	}
}

// flush hands the batch to the Source. Only then are its rows owed an ack.
func (s *Session) flush() {
	b := &s.batch
	if len(b.rows) == 0 {
		return
	}
	how := s.how()
	held := s.c.Source.Apply(s.now, b.table.lane, b.rows, how)
	s.stats.Applied += uint64(len(b.rows))
	s.stats.HeldBack += uint64(held)
	if held > 0 && how&Guarded != 0 {
		s.guard.heldBack = true
	}
	if how&InLesson == 0 {
		s.oweAck(b.table, b.last)
	}
	clear(b.rows) // they must not keep the caller's buffer alive
	b.rows, b.words = b.rows[:0], b.words[:0]
}

// oweAck notes that the updates of t up to id are to be acked. An ack covers everything
// before it, so one a table is enough, however many reads it took.
func (s *Session) oweAck(t *table, id uint32) {
	t.ack = id
	if !t.owed {
		t.owed = true
		s.owed = append(s.owed, t)
	}
}

// appendAcks says what is owed. Between our request for a lesson and our confirm nothing
// is said: rows that come then are owed no ack, and what was owed before went out in front
// of the request. Old versions of HAProxy would obey such an ack and lose their place.
func (s *Session) appendAcks(b []byte) []byte {
	for _, t := range s.owed {
		t.owed = false
		if s.byID[t.id] != t {
			continue // the peer has given its id away: there is no name for it
		}
		if p := s.place(t); p != nil && (!p.isAcked || isNewer(t.ack, p.acked)) {
			p.acked, p.isAcked = t.ack, true // a replay is acked too: that must not make it go back
		}
		b = wire.AppendAck(b, t.id, t.ack)
		s.stats.AcksOut++
		s.stats.MessagesOut++
		s.speak()
	}
	s.owed = s.owed[:0]
	return b
}
