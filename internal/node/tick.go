package node

import (
	"time"

	"tallystick/internal/topology"
)

// tick carries out what is due by time alone, and tells how long it may be until the next.
func (s *Section) tick(now time.Time) (sleep time.Duration) {
	defer s.ticked.Store(int64(now.Sub(s.start)))
	s.alarm.asleep.Store(true) // before anything is looked at: what comes later than the look rings
	s.bans.tick(s, now)
	moved := s.advance(now)
	for _, p := range s.roster.all() {
		p.tick(now)
		p.listen(now)
	}
	s.operator.tick()
	if now.Sub(s.looked) >= disputeEvery {
		s.looked = now
		s.groups.compare(s, now)
		s.forget(now)
	}
	dawned := s.warm(now)
	s.tell(now)
	switch {
	case dawned:
		s.changed()
	case moved:
		s.moved(nil)
	}
	sleep = s.mayRest(now, moved)
	s.rounds.Add(1) // after the last lock
	if sleep <= tickInterval {
		s.alarm.asleep.Store(false)
		return tickInterval
	}
	return sleep
}

// advance carries out what is due in tables, and reports whether there is anything new in
// them. Whoever looks at a row carries out what is due in it, so not all changes are of
// Advance's doing or were told to anybody.
func (s *Section) advance(now time.Time) (moved bool) {
	for _, t := range s.tables.all() {
		t.table.Advance(s.ms(now))
		if n := t.table.Changes(); n != t.changes {
			t.changes, moved = n, true
		}
	}
	return moved
}

// mayRest is how long nothing can become due: tickInterval while tables change, restMost if
// there is nothing in sight. An idle section costs a tick a second, whatever it holds.
func (s *Section) mayRest(now time.Time, moved bool) time.Duration {
	if moved || !s.warmth.warm.Load() {
		return tickInterval
	}
	next := s.bans.due(now.Add(restMost))
	for _, p := range s.roster.all() {
		next = earlier(next, p.nextLook(now))
	}
	ms := s.ms(now)
	wait := next.Sub(now)
	for _, t := range s.tables.all() {
		wait = min(wait, time.Duration(t.table.NextDue(ms)-ms)*time.Millisecond)
	}
	return max(wait, tickInterval)
}

// nextLook is when tick or listen have something to do for a peer.
func (p *Peer) nextLook(now time.Time) time.Time {
	p.mu.Lock()
	c, lost, stands := p.live, p.lost, p.stands
	p.mu.Unlock()
	never := now.Add(restMost)
	if c == nil {
		if due := lost.Add(gaugeLife); !lost.IsZero() && due.After(now) {
			return due
		}
		return never // or in a day, to the second
	}
	if _, replica := p.place().Replica(); !replica {
		return never
	}
	switch stands {
	case topology.Silent:
		return now // it may have spoken again
	case topology.Ready:
		if heard := c.heard.Load(); heard != 0 {
			return time.Unix(0, heard).Add(topology.Hush)
		}
	}
	return never
}
