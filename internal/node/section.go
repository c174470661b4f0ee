package node

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/topology"
)

// Section is one aggregations section at work: its peers, its tables, its connections.
// Safe for concurrent use.
type Section struct {
	Config
	log    *slog.Logger
	epoch  time.Time // zero of the milliseconds that tables count in
	start  time.Time
	tables *registry
	warmth warmth
	peers  []*Peer
	byName map[string]*Peer

	life      context.Context // of connections: ends with Run, later than any listener
	end       context.CancelFunc
	conns     sync.WaitGroup          // drive loops, greetings and listeners
	live      atomic.Pointer[[]*conn] // those to be told of changes
	liveMu    sync.Mutex              // guards writes of live
	strangers strangers
	told      time.Time // when the log was told of what it was not told
	gossip    gossip    // what the log has been told of refused callers
	closing   atomic.Bool
	operator  operator
}

// New makes a section that does nothing yet: Run and Serve bring it to life.
func New(c Config, now time.Time) *Section {
	s := &Section{Config: c, start: now, byName: map[string]*Peer{}}
	s.life, s.end = context.WithCancel(context.Background())
	s.log = c.Log.With("section", c.ID)
	// Windows of rates began before we did: tables must be able to count back from now.
	s.epoch = now.Add(-1000 * time.Hour)
	s.tables = newRegistry(s)
	s.live.Store(&[]*conn{})
	var members []string
	for i, pc := range c.Peers {
		p := newPeer(s, pc, i)
		s.peers = append(s.peers, p)
		s.byName[pc.Name] = p
		if pc.Role == topology.Node || pc.Role == topology.Down {
			members = append(members, pc.Name)
		}
	}
	s.warmth.init(members, now.Add(c.Warmup))
	return s
}

// ms is a time as tables count it.
func (s *Section) ms(now time.Time) int64 { return now.Sub(s.epoch).Milliseconds() }

// Run keeps the section going until ctx ends: calls to peers, expiry, warm-up. It returns
// when every connection has been closed and every goroutine of the section is gone.
func (s *Section) Run(ctx context.Context) {
	var calls sync.WaitGroup
	for _, p := range s.peers {
		if p.Addr != "" {
			calls.Go(func() { p.keepCalled(ctx) })
		}
	}
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			s.end()
			calls.Wait()
			s.conns.Wait()
			return
		case <-ticker.C:
			s.tick(time.Now())
		}
	}
}

// tick carries out what is due by time alone.
func (s *Section) tick(now time.Time) {
	changed := false
	for _, t := range s.tables.all() {
		t.table.Advance(s.ms(now))
		// Whoever looks at a row carries out what is due in it, so not all changes are of
		// Advance's doing or were told to anybody.
		if n := t.table.Changes(); n != t.changes {
			t.changes, changed = n, true
		}
	}
	for _, p := range s.peers {
		p.tick(now)
	}
	s.operator.tick()
	if missing, over := s.warmth.tick(now); over {
		changed = true
		if len(missing) > 0 {
			s.log.Warn("warm-up is over: sums are published without the shares of peers that have not been heard since our start",
				"missing", missing, "warmup", s.Warmup)
		}
	}
	s.tell(now)
	if changed {
		s.changed()
	}
}

// tell logs limits that have been met, and what was left out of the log, now and then.
func (s *Section) tell(now time.Time) {
	if b := s.tables.budget; b.Evicted()+b.Refused() > 0 {
		s.gossip.once("entries", now, func() {
			s.log.Warn("too many keys: older ones of the same peer make room, or new ones are not taken", "max_entries", b.Max(), "so_far", b.Evicted()+b.Refused())
		})
	}
	for _, t := range s.tables.all() {
		if n := t.table.TextsRefused(); n > 0 {
			s.gossip.once("texts "+t.name, now, func() {
				s.log.Warn("too many different server keys, or too long ones: they are taken for none", "table", t.name, "so_far", n)
			})
		}
	}
	if now.Sub(s.told) >= time.Minute {
		s.told = now
		if n := s.gossip.silent(); n > 0 {
			s.log.Warn("so many different things were refused that not all were logged", "left_out", n)
		}
	}
}

// changed wakes every connection: there may be something to push.
func (s *Section) changed() {
	for _, c := range *s.live.Load() {
		c.poke()
	}
}

// enlist makes c one of those that are told of changes; dismiss ends it.
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
}

// Warm reports whether sums are published already, and which peers have not been heard
// since our start.
func (s *Section) Warm() (warm bool, missing []string) {
	return s.warmth.warm.Load(), s.warmth.missing()
}

// Peers lists the configured peers, in configuration order.
func (s *Section) Peers() []*Peer { return s.peers }
