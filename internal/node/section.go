package node

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/table"
)

// Section is one aggregations section at work: its peers, its tables, its connections.
// Safe for concurrent use.
type Section struct {
	Counters *Counters
	id       string
	config   atomic.Pointer[Config]
	log      *slog.Logger
	epoch    time.Time // zero of the milliseconds that tables count in
	start    time.Time
	tables   *registry
	groups   groups
	lags     lags
	warmth   warmth
	roster   roster

	life      context.Context // of connections and calls: ends with Run
	end       context.CancelFunc
	running   sync.WaitGroup          // everything that spawn has started
	spawning  sync.Mutex              // guards running against its end
	ended     bool                    // guarded by spawning
	live      atomic.Pointer[[]*conn] // all that are driven
	liveMu    sync.Mutex              // guards writes of live
	sleepers  sleepers                // of these, those that rows which change are to wake
	shown     atomic.Uint64           // version of the tables of which all connections were told
	alarm     alarm                   // of the ticker
	rounds    atomic.Uint64           // of the ticker: times that it has been everywhere
	told      time.Time               // when the log was told of what it was not told
	looked    time.Time               // when replicas were compared last
	gossip    gossip                  // what the log has been told of refused callers
	refused   refusals                // of callers
	closing   atomic.Bool
	ticked    atomic.Int64 // when tick last ended, in ns after start
	operator  operator
	bans      bans
	deriving  sync.Mutex  // held while the section is given another configuration
	uncertain atomic.Bool // tables are on their way from one sum to another: nothing is pushed
}

// New makes a section that does nothing yet: Run brings it to life, and a Door lets peers in.
func New(c Config, now time.Time) *Section {
	s := &Section{Counters: c.Counters, id: c.ID, start: now}
	s.config.Store(&c)
	s.life, s.end = context.WithCancel(context.Background())
	s.log = c.Log.With("section", c.ID)
	// Windows of rates began before we did: tables must be able to count back from now.
	s.epoch = now.Add(-1000 * time.Hour)
	s.tables = newRegistry(s)
	s.live.Store(&[]*conn{})
	s.alarm.wake = make(chan struct{}, 1)
	for _, pc := range c.Peers {
		s.roster.add(newPeer(s, pc, false))
	}
	s.warmth.init(s.members(), now.Add(c.Warmup), c.Dynamic != nil)
	return s
}

// conf is the present configuration.
func (s *Section) conf() *Config { return s.config.Load() }

// ID is the section's name in the configuration.
func (s *Section) ID() string { return s.id }

// members are the peers that lines name and whose shares a start waits for.
func (s *Section) members() (names []string) {
	for _, p := range s.roster.all() {
		if p.place().Member && !p.dynamic() {
			names = append(names, p.Name)
		}
	}
	return names
}

// ms is a time as tables count it.
func (s *Section) ms(now time.Time) int64 { return now.Sub(s.epoch).Milliseconds() }

// spawn runs f in a goroutine that Run waits for, unless the section has ended.
func (s *Section) spawn(f func()) bool {
	s.spawning.Lock()
	defer s.spawning.Unlock()
	if s.ended {
		return false
	}
	s.running.Go(f)
	return true
}

// take drives the session of a peer that has come.
func (s *Section) take(p *Peer, g *greeting) error {
	c := newConn(p, g.Conn, g.secured, false)
	c.remote = g.from
	if !s.spawn(func() { p.serve(s.life, c, g.hello, g.rest) }) {
		return ErrStopping
	}
	return nil
}

// Run keeps the section going until ctx ends: calls to peers, expiry, warm-up. It returns
// when every connection has been closed and every goroutine of the section is gone.
func (s *Section) Run(ctx context.Context) {
	for _, p := range s.roster.all() {
		p.beCalled()
	}
	timer := time.NewTimer(tickInterval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			s.stop()
			return
		case <-timer.C:
			timer.Reset(s.tick(time.Now()))
		case <-s.alarm.wake:
			timer.Reset(tickInterval)
		}
	}
}

// stop ends everything that runs in the section, and waits for it.
func (s *Section) stop() {
	s.spawning.Lock()
	s.ended = true
	s.spawning.Unlock()
	s.end()
	s.running.Wait()
}

// warm ends the warm-up if its time is over, and reports whether it did.
func (s *Section) warm(now time.Time) bool {
	missing, how := s.warmth.tick(now)
	return s.dawned(now, missing, how)
}

// dawned tells the log how the warm-up has ended, if it has just now.
func (s *Section) dawned(now time.Time, missing []string, how dawn) bool {
	are := "are"
	if s.conf().Rules.Observe {
		are = "would be"
	}
	switch {
	case how == stillCold:
		return false
	case len(missing) > 0:
		s.log.Warn("warm-up is over: sums "+are+" published without the shares of peers that have not been heard since our start",
			"missing", missing, "warmup", s.conf().Warmup)
	case how == everybodyHeard:
		s.log.Info("every member has been heard: sums "+are+" published from now on", "after", now.Sub(s.start).Round(time.Millisecond))
	default:
		s.log.Info("warm-up is over: sums "+are+" published from now on", "warmup", s.conf().Warmup)
	}
	return true
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

// Rounds is how often the section has gone through all that is its own: every peer, every
// shard of every table, every group. It grows by one at least each second while the section runs;
// if it does not, somebody keeps a lock, and neither updates nor sums get on.
func (s *Section) Rounds() uint64 { return s.rounds.Load() }

// Warm reports whether sums are published already, and which peers have not been heard
// since our start.
func (s *Section) Warm() (warm bool, missing []string) {
	return s.warmth.warm.Load(), s.warmth.missing()
}

// Peers lists the peers: those of the configuration in its order, and dynamic ones behind them.
func (s *Section) Peers() []*Peer { return s.roster.all() }

// Budget is the section's share of rows.
func (s *Section) Budget() *table.Budget { return s.tables.budget }

// TextsRefused is how many texts of its present tables were taken for none.
func (s *Section) TextsRefused() (n uint64) {
	for _, t := range s.tables.all() {
		n += t.table.TextsRefused()
	}
	return n
}
