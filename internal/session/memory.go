package session

import "time"

// Memory is what one session of a peer leaves to the next. The zero value is that of a peer
// never met. It belongs to the session that lives.
type Memory struct {
	Announce20 bool // the peer answered 502: the next call announces protocol 2.0

	lastAsked time.Time
	pid       string              // of the process that called last; "" after a call of ours
	tables    map[string]received // by wire name
}

// received is how far the updates of one table have come.
type received struct {
	acked, newest       uint32 // last id acked; newest id received outside lessons
	hasAcked, hasNewest bool
}

// past is what the session before has left, as long as it is unknown whether the peer is
// still the same process: process ids alone are no identity, containers reuse them.
type past struct {
	tables map[string]received // nil: it is another process, or it has been decided
	same   bool                // it is the same process
}

// remember takes over what the last session left and begins its own book.
func (s *Session) remember() {
	m := s.Memory
	if !s.Calling && m.pid != "" && m.pid == s.Hello.PID {
		s.past.tables = m.tables
	}
	m.pid = s.Hello.PID
	if s.Calling {
		m.pid = "" // a called peer does not say which process it is
	}
	m.tables = map[string]received{}
}

// recognise looks at an id that came outside of a lesson: the first decides whether the peer
// is the process that it was. A process that goes on pushes only what is newer than our
// last ack; a new one begins at 1.
func (s *Session) recognise(now time.Time, name string, id uint32) {
	last, known := s.past.tables[name]
	switch {
	case s.past.tables == nil || !known || !last.hasAcked:
		return
	case s.teacher.ever || int32(id-last.acked) <= 0:
		s.past.tables = nil // another one
		return
	}
	s.past.same = true
	for n, r := range s.past.tables {
		if _, begun := s.Memory.tables[n]; !begun {
			s.Memory.tables[n] = r
		}
	}
	s.past.tables = nil
	s.releaseGuard(now)
	s.Sink.Resume()
}

// arrived notes the id of an update outside of a lesson, and reports whether the peer has
// sent it before: then it renews no life. In doubt it is new.
func (s *Session) arrived(now time.Time, name string, id uint32) (replay bool) {
	s.recognise(now, name, id)
	r := s.Memory.tables[name]
	if r.hasNewest && int32(id-r.newest) <= 0 {
		return true
	}
	r.newest, r.hasNewest = id, true
	s.Memory.tables[name] = r
	return false
}

// noteAck remembers the last ack of a table.
func (m *Memory) noteAck(name string, id uint32) {
	r := m.tables[name]
	r.acked, r.hasAcked = id, true
	m.tables[name] = r
}
