package session

// Pressing reports whether there is something to say that must not wait: whatever the peer or
// we wait for. Acks and changes that are pushed are worth waiting a moment for more of them, to
// be said in one go; Append says them all the same when it is called.
func (s *Session) Pressing() bool {
	switch s.phase {
	case toGreet, toAccept:
		return true
	case open:
		p := &s.pupil
		return p.confirms > 0 || p.state == learnt || p.due && p.state == pupilIdle ||
			s.teacher.state == teaching || s.mayTeach() || s.heartbeatDue
	}
	return s.hasFarewell
}

// Owes reports whether the peer is owed an ack.
func (s *Session) Owes() bool { return len(s.owed) > 0 }
