package session

import "time"

// Stats is what an observer may see of a session: a copy, its owner's to keep. Counters
// begin with the session.
type Stats struct {
	Phase   string // hello, status, accepting, established, over
	Pupil   string // idle, learning, learnt: where we are in a lesson that the peer gives
	Teacher string // idle, asked, teaching, answered: where the peer is in one that we give
	Process string // another, unproven, same: what is known of the process, compared with the last session
	Minor   int    // the protocol is 2.Minor
	Guarded bool   // rows lower than what is held are held back
	Learnt  bool   // a lesson that we asked for has ended
	Tables  int    // tables that the peer has announced

	Started      time.Time // of the session
	Established  time.Time // zero: not yet
	LastReceived time.Time // last byte from the peer
	LastSent     time.Time // last byte for the peer

	BytesIn, BytesOut       uint64
	MessagesIn, MessagesOut uint64 // without hello and status
	UpdatesIn, UpdatesOut   uint64

	Applied       uint64 // updates that the Source was given
	HeldBack      uint64 // of these, lower than what is held and not taken
	Replays       uint64 // of these, sent by the peer before
	Dropped       uint64 // updates of tables that are refused
	Ignored       uint64 // updates of no table that was selected
	DefinitionsIn uint64 // repeated ones too
	TablesRefused uint64 // definitions that were not taken: unusable, too many, or not wanted

	AcksIn      uint64
	AcksOut     uint64
	AcksIgnored uint64 // of AcksIn, in a lesson that we gave

	LessonRows    uint64 // updates in the lesson that the peer gives us now; 0: it gives none
	TaughtRows    uint64 // updates in the lesson that we give now; 0: we give none
	LessonsAsked  uint64 // our requests
	FinishedIn    uint64 // answers from the peer, those that were not asked for included
	PartialsIn    uint64
	ConfirmsOut   uint64 // as many as there were answers
	RequestsIn    uint64 // the peer's requests
	FinishedOut   uint64 // our answers
	PartialsOut   uint64
	ConfirmsIn    uint64
	UnaskedIn     uint64 // answers and confirms that nobody had asked for
	HeartbeatsIn  uint64
	HeartbeatsOut uint64
	Complaints    uint64 // error messages from the peer
	Unknown       uint64 // messages of a class or type that we do not know
}

// Stats takes a snapshot.
func (s *Session) Stats() Stats {
	st := s.stats
	st.Phase, st.Pupil, st.Teacher = s.phase.String(), s.pupil.state.String(), s.teacher.state.String()
	st.Process = s.process.String()
	st.Minor, st.Guarded, st.Learnt, st.Tables = s.minor, s.guard.on, s.pupil.ended, len(s.byName)
	if s.pupil.state == learning {
		st.LessonRows = s.stats.UpdatesIn - s.pupil.since
	}
	if s.teacher.state == teaching {
		st.TaughtRows = s.stats.UpdatesOut - s.teacher.since
	}
	return st
}

// Add adds what another session of the same peer has counted. States and times stay.
func (st *Stats) Add(o Stats) {
	for _, c := range [][2]*uint64{
		{&st.BytesIn, &o.BytesIn}, {&st.BytesOut, &o.BytesOut}, {&st.MessagesIn, &o.MessagesIn}, {&st.MessagesOut, &o.MessagesOut},
		{&st.UpdatesIn, &o.UpdatesIn}, {&st.UpdatesOut, &o.UpdatesOut}, {&st.HeartbeatsIn, &o.HeartbeatsIn}, {&st.HeartbeatsOut, &o.HeartbeatsOut},
		{&st.RequestsIn, &o.RequestsIn}, {&st.FinishedOut, &o.FinishedOut}, {&st.PartialsOut, &o.PartialsOut}, {&st.ConfirmsIn, &o.ConfirmsIn},
	} {
		*c[0] += *c[1]
	}
}

// LastID is the id of the last update that the peer has sent of a table, 0 if none.
func (s *Session) LastID(table string) uint32 {
	if t := s.byName[table]; t != nil {
		return t.last
	}
	return 0
}
