// Package web is the HTTP server of the http line: the API under /api/v1/, health, and what others
// make beside them, metrics and the page. An answer is made of a snapshot of view, or read in slices, so
// that nobody who asks, however much or however slowly, stops aggregation.
//
// It is an edge room: it owns the goroutines and connections of its clients and the one that samples
// the history, never the listeners, which are handed in. It decides nothing about sums, and what it does for
// an operator it does through view.Operator alone, and says so in the log. Everything that came from a
// peer or a key leaves as JSON. Only daemon uses it.
package web

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"tallystick/internal/history"
	"tallystick/internal/view"
)

// Config is what a Server is made of. It holds for all http lines that there ever are.
type Config struct {
	Backend view.Backend
	Meter   view.Meter
	Metrics http.Handler     // of /metrics; nil: there is none
	Page    http.Handler     // of /, and of everything else that has no other; nil: there is none
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: nowhere
	Limits  Limits
}

// Settings are what one http line says, and what its files hold.
type Settings struct {
	Listen string      // the address as the line has it, for the log and as a host that is ours
	TLS    *tls.Config // nil: plain text. It may ask for certificates of clients
	Both   bool        // a client certificate is not enough: with Auth a password is wanted too
	Auth   *Passwords  // nil: no password is asked for
	Admin  bool        // acting calls are admitted
}

// Limits bound what clients can make us do. Each has a counter that says how often it was met. A zero
// is the default.
type Limits struct {
	Conns   int // connections at once; 512
	Streams int // readers of /events at once; 200
	Scans   int // tables that are read at once to answer; 2
	Entries int // in an answer; 1000
}

func (l Limits) orDefault() Limits {
	for _, v := range []struct {
		n        *int
		default_ int
	}{{&l.Conns, 512}, {&l.Streams, 200}, {&l.Scans, 2}, {&l.Entries, 1000}} {
		if *v.n <= 0 {
			*v.n = v.default_
		}
	}
	return l
}

// Server is the HTTP server. One serves all http lines, one after the other. Safe for concurrent use.
type Server struct {
	Config
	stats    stats
	settings atomic.Pointer[Settings] // of the present line
	mux      *http.ServeMux
	snaps    snapshots
	tables   history.Tables
	keys     history.Keys
	tops     tops
	hub      hub
	guard    guard
	scans    chan struct{} // places of Limits.Scans that are taken
	sampling chan struct{} // holds one while a goroutine samples: of several one does
	asked    chan struct{} // holds one if Answer was called
}

// New makes a Server. It serves nobody until Serve is called.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits = c.Limits.orDefault()
	s := &Server{Config: c, scans: make(chan struct{}, c.Limits.Scans), sampling: make(chan struct{}, 1), asked: make(chan struct{}, 1)}
	s.settings.Store(&Settings{})
	s.snaps.server, s.hub.server, s.tops.server, s.guard.server = s, s, s, s
	s.mux = s.routes()
	return s
}

// Use makes other settings those of the line. Streams are cut, since whoever reads them may not
// come in any more; they come again by themselves.
func (s *Server) Use(settings Settings) {
	if settings.TLS != nil {
		settings.TLS = speaking(settings.TLS)
	}
	s.settings.Store(&settings)
	s.hub.cutAll()
}

// stats counts since the start; show info has them.
type stats struct {
	requests     atomic.Uint64
	conns        atomic.Int64 // now
	connsRefused atomic.Uint64
	streams      atomic.Int64  // now
	refused      atomic.Uint64 // streams over the limit
	cut          atomic.Uint64 // streams of clients that read too slowly
	logDropped   atomic.Uint64 // log events that no stream was told of, since there were too many
	hosts        atomic.Uint64 // requests for a host that we are not
	crossOrigin  atomic.Uint64 // acting calls that another site's page has made
	denied       atomic.Uint64 // acting calls that are not admitted
	passwords    atomic.Uint64 // wrong ones
	limited      atomic.Uint64 // that were not looked at, since there were too many wrong ones
	busy         atomic.Uint64 // requests that would have read one table too many at once
	tooMany      atomic.Uint64 // requests for more entries than an answer may have
	tooLarge     atomic.Uint64 // bodies beyond the limit
	panics       atomic.Uint64 // bugs of ours
}

// Counters lists what has happened since the start, each limit among it.
func (s *Server) Counters() []view.Counter {
	st := &s.stats
	return []view.Counter{
		{Name: "HttpRequests", Value: int64(st.requests.Load())},
		{Name: "HttpConns", Value: st.conns.Load()},
		{Name: "HttpConnsRefused", Value: int64(st.connsRefused.Load())},
		{Name: "HttpStreams", Value: st.streams.Load()},
		{Name: "HttpStreamsRefused", Value: int64(st.refused.Load())},
		{Name: "HttpStreamsCut", Value: int64(st.cut.Load())},
		{Name: "HttpEventsDropped", Value: int64(st.logDropped.Load())},
		{Name: "HttpHostsRefused", Value: int64(st.hosts.Load())},
		{Name: "HttpCrossOrigin", Value: int64(st.crossOrigin.Load())},
		{Name: "HttpActsDenied", Value: int64(st.denied.Load())},
		{Name: "HttpPasswordsWrong", Value: int64(st.passwords.Load())},
		{Name: "HttpPasswordsLimited", Value: int64(st.limited.Load())},
		{Name: "HttpScansRefused", Value: int64(st.busy.Load())},
		{Name: "HttpEntriesRefused", Value: int64(st.tooMany.Load())},
		{Name: "HttpBodiesRefused", Value: int64(st.tooLarge.Load())},
		{Name: "HttpWatchesRefused", Value: int64(s.tops.refused.Load())},
		{Name: "HttpPanics", Value: int64(st.panics.Load())},
		{Name: "HistoryTablesLeft", Value: int64(s.tables.Left())},
	}
}
