package session

// Stats counts what a session has done. Numbers are since its start.
type Stats struct {
	Minor                                                                 int // protocol 2.Minor
	MessagesIn, UpdatesIn                                                 uint64
	BytesIn, BytesOut                                                     uint64
	DefinitionsIn, DefinitionsOut                                         uint64
	AcksIn, AcksOut                                                       uint64
	HeartbeatsIn, HeartbeatsOut                                           uint64
	LessonsAsked, LessonsFinished, LessonsPartial                         uint64 // as pupil
	LessonsWanted, LessonsGiven, LessonsConfirmed                         uint64 // as teacher
	Unsolicited                                                           uint64 // ends of lessons and confirms that nobody had asked for
	Unknown                                                               uint64 // messages of unknown class or type, skipped
	Homeless                                                              uint64 // updates before any definition, or of a table that is not known
	TablesRefused                                                         uint64 // definitions beyond maxTables
	ErrorsIn                                                              uint64 // error messages of the peer
	Learning, Teaching, Guarded, SameProcess, AwaitsConfirm, OwesAnAnswer bool
}

// Stats tells how the session stands.
func (s *Session) Stats() Stats {
	c := s.counters
	c.Minor = s.minor
	c.Learning, c.Guarded, c.SameProcess = s.pupil.asking, !s.pupil.guard.IsZero(), s.past.same
	c.Teaching, c.AwaitsConfirm, c.OwesAnAnswer = s.teacher.state == teaching, s.teacher.state == confirming, s.teacher.state == asked
	return c
}
