package session

// guard holds lower rows back while the peer may have lost its memory: a
// node that was restarted reports counters from 0, and what it reports is not its share
// until it has been given back what it had.
type guard struct {
	on       bool
	heldBack bool // a row was lower since it went on
}

// startGuard begins it, or begins its time again.
func (s *Session) startGuard() {
	s.guard.on = true
	s.arm(guardTimer, guardFor)
}

// endGuard ends it: the peer's lesson is FINISHED, or it is shown to be the process that
// it was, or time is up. What was held back is the truth after all (the operator has
// cleared the table, say): one more lesson, in which everything is taken.
func (s *Session) endGuard() {
	if !s.guard.on {
		return
	}
	s.disarm(guardTimer)
	if s.guard.heldBack {
		s.ask(0)
	}
	s.guard = guard{}
}
