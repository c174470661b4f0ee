package session

// process is what we know of the process at the other end.
type process uint8

const (
	// another: it is a new process, or one whose last session is not remembered, or one that
	// has asked for a lesson and so may have lost its memory, or we called and cannot know.
	another process = iota
	// unproven: its hello names the process that said the last hello to us, and it has not
	// asked for a lesson. That is not enough: containers reuse process ids.
	unproven
	// same: besides, its first update outside a lesson was newer than what we had acked.
	same
)

// String is the word that Stats has.
func (p process) String() string { return [...]string{"another", "unproven", "same"}[p] }

// meet compares the hello with the last one.
func (s *Session) meet() {
	m := s.c.Memory
	pid := s.c.Hello.PID
	if s.c.Calling {
		pid = "" // nobody has told us which process has answered
	}
	if pid != "" && pid == m.pid {
		s.process = unproven
		return
	}
	m.pid = pid
	s.becomeAnother()
}

// becomeAnother takes the peer for a process that we do not know.
func (s *Session) becomeAnother() {
	s.process = another
	s.c.Memory.forget()
	for _, t := range s.byName {
		t.place = nil
	}
}

// prove looks at the first update outside a lesson, of a table that stands at p.
func (s *Session) prove(p *place, id uint32) {
	if p == nil || !p.isAcked || !isNewer(id, p.acked) {
		s.becomeAnother()
		return
	}
	s.process = same
	s.endGuard()
	s.c.Sink.Resume()
}

// isReplay reports whether the peer has sent the change with that id before: outside a
// lesson, in this session, or in an earlier one if the process is shown to be the same.
// It remembers the id. In doubt it is no replay: to renew a life is the lesser evil.
func (s *Session) isReplay(t *table, id uint32) bool {
	p := s.place(t)
	if s.process == unproven {
		s.prove(p, id)
		p = s.place(t)
	}
	if p == nil {
		return false
	}
	if p.isHeard && !isNewer(id, p.newest) {
		return true
	}
	p.newest, p.isHeard = id, true
	return false
}

// isLearned reports whether a row of a lesson is one that the peer has from another process: HAProxy puts such
// rows half the range of ids away from those in which it has counted itself. Where it counts is
// near to what we have acked; of a process that has acked nothing it is near to 0, where all begin.
func (s *Session) isLearned(t *table, id uint32) bool {
	const near = 1 << 30
	base := uint32(0)
	if p := s.place(t); p != nil && p.isAcked {
		base = p.acked
	}
	return id-base+near >= 2*near
}

// place returns where the peer stands in t, or nil if that is not remembered.
func (s *Session) place(t *table) *place {
	if t.place == nil {
		t.place = s.c.Memory.place(t.schema.Name)
	}
	return t.place
}
