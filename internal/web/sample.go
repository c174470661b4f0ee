package web

import (
	"context"
	"time"

	"tallystick/internal/history"
)

// tick is how often the sampler looks whether there is something to do.
const tick = 250 * time.Millisecond

// sample keeps the history and tells the readers of /events what is new, until ctx ends. Only one does
// at a time: while one http line takes the place of another there may be two.
func (s *Server) sample(ctx context.Context) {
	select {
	case s.sampling <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-s.sampling }()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var last sampled
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.look(s.Now(), &last)
		}
	}
}

// sampled is when each was looked at last.
type sampled struct{ tables, small time.Time }

// look does what is due.
func (s *Server) look(now time.Time, last *sampled) {
	if now.Unix() != last.tables.Unix() {
		last.tables = now
		s.tables.Add(now, s.Meter.Samples())
	}
	if s.snaps.due(now) {
		s.snaps.take()
	}
	if now.Sub(last.small) >= history.KeyStep || now.Before(last.small) {
		last.small = now
		s.tops.small(s.snaps.within(rateEnd))
	}
	s.hub.tell(now, s.tops.work(now))
}
