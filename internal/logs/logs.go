// Package logs is where the log goes and how a line looks: a slog.Handler that hands
// each event to several targets, each with its own format and level, and keeps the last
// ones for `show events`.
//
// Two promises. A target that is slow, full or gone never holds up or ends the program:
// lines are lost, counted, and the loss is said where they are missing. And no value,
// whoever chose it, can forge a line or speak to the terminal: all that is not printable
// leaves escaped. The room decides nothing about what is worth a line. Only daemon uses
// it; all others hold a *slog.Logger.
package logs

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is a kind of target.
type Kind uint8

// The kinds of targets.
const (
	Stderr Kind = iota
	Stdout
	File   // Line.Path, appended to; a syslog socket if one is found there
	Syslog // a unix datagram socket at Line.Path, like /dev/log
	UDP    // a syslog server at Line.Path, host:port
)

// Line is one log line of the configuration: a target and how it wants its events.
type Line struct {
	Kind     Kind
	Path     string
	Truncate bool // a file starts empty
	Format   Format
	Level    slog.Level // events below it are left out
}

// Env is what the handlers know of the process.
type Env struct {
	Stdout, Stderr io.Writer
	Name           string // of the program, for syslog
	PID            int
	Host           string // for syslog servers
	JournalStream  string // $JOURNAL_STREAM: tells whether stderr is systemd's journal
}

const (
	ringSize  = 1000        // events kept for Events
	closeTime = time.Second // given to all targets together to write what waits
)

// Logs owns the targets. All methods are safe for concurrent use.
type Logs struct {
	env  Env
	ring ring
	outs atomic.Pointer[[]*output] // replaced, never changed: read for each event
	mu   sync.Mutex                // Set, Reopen, Close: one at a time
}

// New returns logs without a target: events are only kept, until Set.
func New(env Env) *Logs {
	l := &Logs{env: env}
	l.outs.Store(new([]*output))
	return l
}

// Handler is the handler for the program's slog.Logger.
func (l *Logs) Handler() slog.Handler { return &handler{logs: l} }

// Set makes lines the targets. One that was there already goes on undisturbed, but for
// its level, which is the line's again; the others are opened, and the old ones that
// are left over closed. If one cannot be opened nothing changes.
func (l *Logs) Set(lines []Line) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := slices.Clone(*l.outs.Load())
	var outs, opened []*output
	var errs []error
	for _, line := range lines {
		if i := slices.IndexFunc(left, func(o *output) bool { return o.line == line }); i >= 0 {
			outs = append(outs, left[i])
			left = slices.Delete(left, i, i+1)
			continue
		}
		o, err := l.open(line)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		outs, opened = append(outs, o), append(opened, o)
	}
	if err := errors.Join(errs...); err != nil {
		closeAll(opened)
		return err
	}
	for _, o := range outs {
		o.level.Set(o.line.Level)
	}
	l.outs.Store(&outs)
	closeAll(left)
	return nil
}

// SetLevel makes level the level of all targets, whatever their lines say, until Set.
func (l *Logs) SetLevel(level slog.Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range *l.outs.Load() {
		o.level.Set(level)
	}
}

// Reopen opens all files anew, after they were renamed by a rotation; never truncating.
// A file that cannot be opened goes on as it is: having dropped root we may not be
// allowed to, which is an error to tell, not a reason to lose the log.
func (l *Logs) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, o := range *l.outs.Load() {
		errs = append(errs, o.reopen())
	}
	return errors.Join(errs...)
}

// Close writes what waits, for at most a second, and closes all targets. Events that
// come later are only kept.
func (l *Logs) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	outs := l.outs.Swap(new([]*output))
	closeAll(*outs)
}

// Events returns the last events of level info and above, the oldest first, 1000 at
// most.
func (l *Logs) Events() []Event { return l.ring.all() }

// EventsAfter returns those of Events whose number is larger than seq, the oldest first.
func (l *Logs) EventsAfter(seq uint64) []Event { return l.ring.after(seq) }

// Stats is what became of the events for one target.
type Stats struct {
	Target string // as in the configuration
	Lines  uint64 // written
	Lost   uint64 // not written: the target was too slow, or refused
	Err    string // why it refused last; empty if never
}

// Stats tells how the targets do, in the order of the configuration.
func (l *Logs) Stats() []Stats {
	var stats []Stats
	for _, o := range *l.outs.Load() {
		stats = append(stats, o.stats())
	}
	return stats
}
