package proc

import (
	"context"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Request is what an operator asks of us by a signal.
type Request uint8

// The requests, the strongest first.
const (
	Stop   Request = iota // TERM, INT: at once, but cleanly
	Drain                 // USR1: finish what is due, then go
	Reload                // HUP, USR2: read the configuration again
)

// String is the word for logs.
func (r Request) String() string { return [...]string{"stop", "drain", "reload"}[r] }

// Signals collects signals. However many come, at most one request of each kind waits:
// a storm of HUPs while one reload runs causes one more. Safe for concurrent use.
type Signals struct{ pending [Reload + 1]chan os.Signal }

// WatchSignals takes the signals over, from now until Close. It also makes a write to a
// closed stdout or stderr an error like any other; without that it kills the process,
// and a log reader that goes away would take us along.
func WatchSignals() *Signals {
	s := &Signals{}
	for r := range s.pending {
		s.pending[r] = make(chan os.Signal, 1) // package signal drops what does not fit
	}
	signal.Notify(s.pending[Stop], unix.SIGTERM, unix.SIGINT)
	signal.Notify(s.pending[Drain], unix.SIGUSR1)
	signal.Notify(s.pending[Reload], unix.SIGHUP, unix.SIGUSR2)
	signal.Ignore(unix.SIGPIPE)
	return s
}

// Next waits for a request and returns the strongest one that is there. Weaker ones that
// came with it are lost: after Stop or Drain nobody cares for a new configuration.
// When ctx ends first, ok is false.
func (s *Signals) Next(ctx context.Context) (r Request, ok bool) {
	select {
	case <-s.pending[Stop]:
		return Stop, true
	case <-s.pending[Drain]:
		r = Drain
	case <-s.pending[Reload]:
		r = Reload
	case <-ctx.Done():
		return 0, false
	}
	for stronger := range r { // select has picked one of several at random
		select {
		case <-s.pending[stronger]:
			return stronger, true
		default:
		}
	}
	return r, true
}

// Close gives the signals back to their defaults: from then on a second TERM or
// Ctrl-C kills a process that hangs while it stops.
func (s *Signals) Close() {
	for _, c := range s.pending {
		signal.Stop(c)
	}
}
