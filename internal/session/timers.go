package session

import "time"

// Times of the protocol and of ours.
const (
	// statusWait is how long the peer that we call may take to answer our hello: as long as
	// HAProxy gives us.
	statusWait = 5 * time.Second
	// heartbeatEvery is how long we may be silent. HAProxy looks each 5 s whether anything
	// has come and sends its own heartbeats each 3 s.
	heartbeatEvery = 2500 * time.Millisecond
	// heartbeatGrid is to what heartbeats are brought forward, so that those of many quiet
	// sessions go out together: to be woken costs more than to say one.
	heartbeatGrid = 250 * time.Millisecond
	// soon and later are when a heartbeat goes out after a session has started or another of
	// its name was refused. HAProxy clears its sign of life for a name when an abandoned
	// connection of that name ends, and would cut the healthy session; it may end at once or
	// after a moment.
	soon  = 10 * time.Millisecond
	later = 250 * time.Millisecond
	// flapping is the least time between the last request of one session and the first of the
	// next: a lesson costs the peer its whole table.
	flapping = 5 * time.Second
	// partialRetry is how long a peer that is itself still learning gets to become complete.
	partialRetry = 3 * time.Second
	// guardFor bounds the time in which lower rows are held back.
	guardFor = 10 * time.Second
	// answerWait is how long the peer's request waits behind the last row of its own lesson.
	// While it does HAProxy pushes nothing.
	answerWait = 2 * time.Second
	// confirmWait is when a confirm that has not come counts as come.
	confirmWait = 10 * time.Second
	// idle is the deadline of a session that waits for nothing.
	idle = time.Minute
)

// timer names a moment at which something becomes due.
type timer uint8

const (
	statusTimer    timer = iota // we called: the status must have come
	askTimer                    // a lesson is to be asked for
	guardTimer                  // the guard ends at the latest
	answerTimer                 // the peer's request must be answered
	confirmTimer                // the peer's confirm counts as come
	heartbeatTimer              // we have been silent for long enough
	soonTimer                   // an early heartbeat
	laterTimer                  // and the second one
	deathTimer                  // the peer has been silent for too long
	timers
)

// clock is what a session knows of time: the latest that it was told, and what becomes
// due later. An armed timer always lies behind now, so Deadline does too.
type clock struct {
	now time.Time
	at  [timers]time.Time // zero: not armed
}

// arm sets a timer to fire d from now; d must be above 0.
func (c *clock) arm(t timer, d time.Duration) { c.at[t] = c.now.Add(d) }

// armHeartbeat sets the heartbeat's timer: we have just said something.
func (c *clock) armHeartbeat() {
	early := time.Duration(c.now.Add(heartbeatEvery).UnixNano()) % heartbeatGrid
	c.arm(heartbeatTimer, heartbeatEvery-early)
}

func (c *clock) disarm(t timer) { c.at[t] = time.Time{} }

func (c *clock) isArmed(t timer) bool { return !c.at[t].IsZero() }

// pass lets time pass until now and fires what has become due, each timer once however
// long we were asleep. Time that goes backwards stands still.
func (s *Session) pass(now time.Time) {
	if now.After(s.now) {
		s.now = now
	}
	for t := range timers {
		if s.isArmed(t) && !s.at[t].After(s.now) {
			s.disarm(t)
			s.fire(t)
		}
	}
}

func (s *Session) fire(t timer) {
	switch t {
	case statusTimer:
		s.end(ErrNoStatus)
	case askTimer:
		s.pupil.due = true
	case guardTimer:
		s.endGuard()
	case answerTimer:
		s.teacher.overdue = true
	case confirmTimer:
		s.endTeaching()
	case heartbeatTimer, soonTimer, laterTimer:
		s.heartbeatDue = true
	case deathTimer:
		s.end(&SilenceError{For: s.c.Silence})
	}
}

// Advance tells the session that time has passed: call it at Deadline.
func (s *Session) Advance(now time.Time) { s.pass(now) }

// Deadline is when Advance must be called next. It is always later than the last time
// that the session was told, and a minute off if nothing is due.
func (s *Session) Deadline() time.Time {
	next := s.now.Add(idle)
	for t := range timers {
		if s.isArmed(t) && s.at[t].Before(next) {
			next = s.at[t]
		}
	}
	return next
}

// Nudge makes heartbeats go out about 10 ms and 250 ms from now: another connection of
// the peer's name was refused. Nudges that keep coming do not keep the first one back.
func (s *Session) Nudge(now time.Time) {
	s.pass(now)
	if !s.Established() {
		return
	}
	if !s.isArmed(soonTimer) {
		s.arm(soonTimer, soon)
	}
	s.arm(laterTimer, later)
}

// ShowsLife reports whether the peer has ever shown a sign of life, so that its silence means
// something.
func (s *Session) ShowsLife() bool { return s.isArmed(deathTimer) }

// hear notes that the peer has said something. n is the length of what is there of it,
// including what could not be used the last time. It comes before pass: bytes that waited
// while we slept are a sign of life.
func (s *Session) hear(now time.Time, n int) {
	if n <= s.left {
		return
	}
	if now.Before(s.now) {
		now = s.now
	}
	s.stats.BytesIn += uint64(n - s.left)
	s.stats.LastReceived = now
	if s.isArmed(deathTimer) {
		s.at[deathTimer] = now.Add(s.c.Silence)
	}
}
