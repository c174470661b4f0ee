// Package metrics shows the program to Prometheus: the snapshots of view as series, each scrape a
// new one, beside what the Go runtime and the system say of the process.
//
// What a label holds comes from the configuration, from the program's own closed sets, or is a
// table's name, of which there are as many as max-tables allows: never a key. Names that strangers
// choose, those of dynamic peers, get series for a bounded number only; all others are one peer, "other".
// The room counts nothing itself, but for what it takes to keep counters from falling. It is for
// daemon, which hands its handler to the web server.
package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tallystick/internal/view"
)

// Config is what a handler is made of. The zero value serves.
type Config struct {
	Log *slog.Logger     // told of series that could not be shown, which is a bug of ours; nil: nowhere
	Now func() time.Time // nil: time.Now
}

// mostScrapes are answered at once; more are told to come later (503). Each holds the whole answer
// in memory.
const mostScrapes = 4

// New makes the handler for /metrics. A scrape takes a snapshot of everything and holds no lock
// of the program meanwhile. Safe for concurrent use; to be made once, since it remembers what it has
// shown.
func New(v view.Viewer, c Config) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(v, c), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog: complaints{c.Log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: mostScrapes, EnableOpenMetrics: true,
	})
}

// complaints is a log as promhttp wants it.
type complaints struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (c complaints) Println(what ...any) {
	if c.log != nil {
		c.log.Error("not all metrics could be shown", "why", what)
	}
}
