package node

import (
	"log/slog"
	"slices"
	"time"

	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
	"tallystick/internal/wire"
)

// visit is one session of one peer, from the hello to the end: what the session's Source
// and Sink know. It is touched by the drive loop alone.
type visit struct {
	section *Section
	peer    *Peer
	conn    *conn
	book    *book
	hello   wire.Hello
	session *session.Session
	log     *slog.Logger

	// As source.
	heard     []heard                  // the tables that the peer has announced, by session.Lane
	byName    map[string]session.Lane  // the same, by wire name
	own       map[string]*stick.Schema // our tables as the peer holds them
	changed   bool                     // sums have changed since the last look
	applied   bool                     // rows have been given to tables since the last look
	finished  bool                     // the peer's lesson has ended in this session
	strays    map[stray]struct{}       // keys of our tables that the peer has changed; nil: it never has
	corrected time.Time                // when they were last pushed again
	unusable  error                    // what was wrong with a table, reported last
	looped    map[string]bool          // tables that have come back to us: they stay refused
	handbacks handbacks                // what it holds in tables of ours; only looked at if it is spared
	began     time.Time                // when the peer's lesson began
	handed    bool                     // it has handed back rows of our tables in it
	watched   bool                     // what the peer shows of itself is that of this session

	// As sink.
	restore  []restoring // what is to be taught back, in turn
	given    int         // rows taught back in this lesson
	teaching bool        // a lesson is being given
	spared   bool        // it is told nothing: what it would be is counted
	linked   uint64      // registry version for which feeds and warnings are complete
	turn     int         // the feed that is asked next
	pace     pace        // when it is spoken to
	dry      bool        // there was nothing more to push when the session was asked last
	seen     uint64      // of the section's sleepers, before it was asked
	wanted   bool        // since then something has come that may be worth saying
	abed     bool        // changes of rows wake the drive loop
	loud     time.Time   // when much was last said at once
	pushed   []pushed    // what was pulled and is not timed yet
}

// heard is one table that the peer has announced in this session.
type heard struct {
	name string
	use  topology.Use
	lane *lane // of a table that is kept
}

func newVisit(c *conn, b *book, hello wire.Hello) *visit {
	p := c.peer
	v := &visit{section: p.section, peer: p, conn: c, book: b, hello: hello, log: p.section.log.With("peer", p.Name),
		byName: map[string]session.Lane{}, own: map[string]*stick.Schema{}}
	for _, l := range b.lanes {
		l.visited = false
	}
	now := time.Now()
	place := p.place()
	v.session = session.New(now, session.Config{
		Hello: hello, Calling: c.calling, Silence: place.Silence, Patient: place.Patient, Restore: place.Patient,
		Memory: &b.memory, Source: (*source)(v), Sink: (*sink)(v),
	})
	v.spare(place.Spared)
	if !c.calling {
		c.greeted(v)
	}
	return v
}

// begin is called once the session is established: the peer is there, and hears everything
// again unless it turns out to be the process that it was. A call that nobody answers
// changes nothing.
func (v *visit) begin() {
	b := v.book
	b.gaugesLost, b.forgotten = false, false
	v.watch()
	for _, l := range b.lanes {
		v.section.tables.setUp(l, true)
	}
	for _, f := range b.feeds {
		f.Start()
	}
	v.linked = 0
}

// watch begins to remember what the peer shows of itself in this session. Its first tables may come in one read
// with its answer to our call, before the session is begun: they must not be forgotten then.
func (v *visit) watch() {
	if !v.watched {
		v.watched = true
		v.book.seen.begin()
	}
}

// receive gives the session what has been read, and tells all others if sums have changed.
func (v *visit) receive(now time.Time, b []byte) (n int, err error) {
	n, err = v.session.Receive(now, b)
	if v.session.ShowsLife() {
		v.conn.heard.Store(now.UnixNano())
	}
	if v.conn.calling && !v.conn.established.Load() && v.session.Established() {
		v.conn.greeted(v)
	}
	if table, why := v.session.Unusable(); why != v.unusable {
		v.unusable = why
		v.reportUnusable(now, table, why)
	}
	if v.changed {
		v.changed = false
		v.section.moved(v.conn)
		v.stir()
	}
	v.wanted = v.wanted || v.session.Owes() // an ack of the peer's, say, is nothing to answer
	if v.applied {
		v.applied = false
		v.section.alarm.ring() // a row may end earlier than anything before
	}
	return n, err
}

// reportUnusable counts and logs a table whose definition makes no sense to us.
func (v *visit) reportUnusable(now time.Time, table string, why error) {
	v.section.Counters.TablesRefused.Add(1)
	v.section.gossip.once("unusable "+v.peer.Name+" "+table, now, func() {
		v.log.Warn("table not taken: its definition makes no sense to us", "table", table, "why", why)
	})
}

// wishes carries out what others have asked of the connection.
func (v *visit) wishes(now time.Time) {
	if v.conn.nudge.Swap(false) {
		v.session.Nudge(now)
	}
	if v.conn.relearn.Swap(false) {
		v.session.Relearn(now)
	}
	v.correct(now)
	v.judge(now)
}

// maySpeak reports whether the session is to be asked what there is to say: the peer has had
// its rest, or there is something that must not wait, or we are stopping.
func (v *visit) maySpeak(now time.Time) bool {
	if v.pace.rests(now) && !v.session.Pressing() && !v.section.closing.Load() {
		return false
	}
	v.seen, v.wanted = v.section.sleepers.seen(), false
	v.dry = true // unless it is asked and says otherwise: while the peer waits for a lesson nothing is pushed
	for _, f := range v.book.order {
		f.Turn()
	}
	return true
}

// spoke notes that the session has been asked and has said n bytes. When there is no more to
// say the peer rests. Acks alone begin a window, too: they cost as much to be said.
func (v *visit) spoke(now time.Time, n int) {
	if v.pace.rests(now) || v.teaching {
		return // what could not wait is no reason to wait
	}
	if n > 0 {
		v.pace.speaks(now)
	}
	if v.dry || n == 0 {
		most := v.section.conf().PushInterval
		v.pace.rest(shortest(len(*v.section.live.Load()), most), most, (*sink)(v).told())
		v.wanted = v.wanted || slices.ContainsFunc(v.book.order, func(f *feed) bool { return f.Late() })
	}
}

// sleep makes changes of rows wake the drive loop, if the peer hears of any: those since the
// session was asked, too. It may be called in the peer's rest: the first change then sets the
// clock for its end, and if there is none nobody is woken for nothing. What else there may be
// to do pokes the drive loop in any case.
func (v *visit) sleep() {
	if !v.abed && !v.wanted && (*sink)(v).listens() {
		v.abed = true
		v.section.sleepers.sleep(v.conn, v.seen)
	}
}

// stir notes that something has come that may be worth saying.
func (v *visit) stir() { v.abed, v.wanted = false, true }

// calm returns the buffer that has just been written, or a small one in its place, if much has
// not been said for a while. What else a busy time has needed goes with it.
func (v *visit) calm(now time.Time, b []byte) []byte {
	switch {
	case len(b) > writeBuffer:
		v.loud = now
	case cap(b) > writeBuffer && now.Sub(v.loud) >= calmAfter:
		v.session.Trim()
		return make([]byte, 0, writeBuffer)
	}
	return b
}

// advance lets time pass.
func (v *visit) advance(now time.Time) { v.session.Advance(now) }

// deadline is when the drive loop must look again even if nothing happens.
func (v *visit) deadline(now time.Time) time.Time {
	d := v.session.Deadline()
	if len(v.strays) > 0 {
		d = earlier(d, v.corrected.Add(time.Second))
	}
	if v.wanted && v.pace.rests(now) { // a moment in the past would never let us sleep
		d = earlier(d, v.pace.until)
	}
	return d
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
