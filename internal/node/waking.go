package node

import (
	"slices"
	"sync"
	"sync/atomic"
)

// sleepers are the connections that have nothing to say and want to know of changes. Under
// load there are none: whoever has just spoken rests until the end of its window and then
// looks by itself, and whoever is being written to looks when that is done. So a change costs
// two looks at numbers, however many peers there are. Safe for concurrent use.
type sleepers struct {
	changes atomic.Uint64 // times that there was something new
	any     atomic.Bool   // list is not empty

	mu   sync.Mutex
	list []*conn
}

// seen is a number for sleep: take it before you look whether there is something to say.
func (s *sleepers) seen() uint64 { return s.changes.Load() }

// sleep makes c one of those that the next change wakes. If there was one since seen it is
// woken at once.
func (s *sleepers) sleep(c *conn, seen uint64) {
	s.mu.Lock()
	if !c.asleep {
		c.asleep = true
		s.list = append(s.list, c)
		s.any.Store(true)
	}
	s.mu.Unlock()
	// Whoever changes something counts it before it looks whether anybody sleeps, and we do it
	// the other way round: one of the two sees the other.
	if s.changes.Load() != seen {
		c.poke()
	}
}

// wake wakes all, but for the one that has made the change: it looks anyway.
func (s *sleepers) wake(but *conn) {
	s.changes.Add(1)
	if !s.any.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.list {
		if c.asleep = false; c != but {
			c.poke() // never blocks
		}
		s.list[i] = nil
	}
	s.list = s.list[:0]
	s.any.Store(false)
}

// leave takes out a connection that ends.
func (s *sleepers) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, o := range s.list {
		if o == c {
			last := len(s.list) - 1
			s.list[i], s.list[last] = s.list[last], nil
			s.list = s.list[:last]
			break
		}
	}
	c.asleep = false
	s.any.Store(len(s.list) > 0)
}

// moved tells those who hear it that rows have changed; but knows already.
func (s *Section) moved(but *conn) {
	if v := s.tables.version.Load(); v != s.shown.Load() {
		// Tables or definitions are others: who hears nothing may have something to hear now.
		s.shown.Store(v)
		s.changed()
		return
	}
	s.sleepers.wake(but)
}

// changed makes every connection look, those that hear nothing as well: something else than
// rows has changed, or whoever calls it does not know.
func (s *Section) changed() {
	s.sleepers.wake(nil)
	for _, c := range *s.live.Load() {
		c.poke()
	}
	s.alarm.ring()
}

// enlist makes c one of the section's connections; dismiss ends it.
func (s *Section) enlist(c *conn) {
	s.liveMu.Lock()
	defer s.liveMu.Unlock()
	l := append(slices.Clone(*s.live.Load()), c)
	s.live.Store(&l)
}

func (s *Section) dismiss(c *conn) {
	s.liveMu.Lock()
	defer s.liveMu.Unlock()
	l := slices.DeleteFunc(slices.Clone(*s.live.Load()), func(o *conn) bool { return o == c })
	s.live.Store(&l)
	s.sleepers.leave(c)
}
