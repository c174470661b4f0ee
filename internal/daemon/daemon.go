// Package daemon puts the program together: it reads the configuration, opens what is to
// be opened, starts the sections and the runtime CLI, and ends them in the opposite order.
//
// Lives nest like brackets: what starts first stops last, because the others live inside
// it: logs, sockets, sections, listeners, CLI, readiness, signals. No rule of the
// aggregation is here; and nothing but cmd may import it.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"tallystick/internal/cli"
	"tallystick/internal/config"
	"tallystick/internal/logs"
	"tallystick/internal/node"
	"tallystick/internal/proc"
)

// Options is what the command line says, and what main knows.
type Options struct {
	Files          []string // configuration files and folders
	Debug          bool     // log everything, to stderr
	PidFile        string
	User, Group    string // to run as, once everything is bound
	Log            string // [A:|W:]FILE, instead of what the configuration says; "" for none
	Name           string // our name where no local line gives one
	Version        string // "1.0.0"
	Release        string // its date
	Verdict        *proc.Verdict
	Stdout, Stderr io.Writer
}

// drainTime bounds what USR1 leaves for pushing and acking what is due.
const drainTime = time.Second

// daemon is the running program.
type daemon struct {
	Options
	config   *config.Config
	start    time.Time
	host     string
	logs     *logs.Logs
	log      *slog.Logger
	counters node.Counters
	sections []*section
	stats    []listener // of the CLI
	pid      *proc.PidFile
	signals  *proc.Signals
	cli      *cli.Server
	level    levelWord
	files    uint64 // limit of open files
	stopping stopFlag
}

// section is one section with the socket that it listens on; nil if it has none.
type section struct {
	*node.Section
	config *config.Section
	socket net.Listener
}

// listener is one socket of the CLI.
type listener struct {
	net.Listener
	name  string // as the operator wrote it: a unix socket was bound under another
	level cli.Level
}

// Run is the main job: it returns when the program has ended, nil after a clean stop. An
// error of the configuration has been printed already, see ErrConfig.
func Run(o Options) error {
	c, err := Load(o)
	if err != nil {
		return err
	}
	d := &daemon{Options: o, config: c, start: time.Now(), signals: proc.WatchSignals()} // from here on a signal ends us cleanly
	defer d.signals.Close()
	d.host, _ = os.Hostname()
	d.makeLogs()
	defer d.logs.Close()
	defer d.close()
	if err := d.prepare(); err != nil {
		return err
	}
	return d.serve()
}

// prepare does what must be done before privileges are dropped, and drops them. The log is
// opened once the sockets are: a second instance, started by mistake, fails at the sockets and
// must not empty the log of the first.
func (d *daemon) prepare() error {
	id, err := proc.Lookup(d.User, d.Group)
	if err != nil {
		return err
	}
	if err := proc.Pin(d.config.Global.CPUs); err != nil {
		return fmt.Errorf("cpu-map: %w", err)
	}
	d.files, _ = proc.OpenFiles()
	if err := d.listen(); err != nil {
		return err
	}
	if err := d.openLogs(); err != nil {
		return err
	}
	if err := proc.NoCore(); err != nil {
		d.log.Warn("core dumps stay possible", "err", err)
	}
	if d.PidFile != "" {
		if d.pid, err = proc.WritePidFile(d.PidFile); err != nil {
			return err
		}
	}
	if !id.IsZero() {
		if err := id.Drop(); err != nil {
			return err
		}
		if advice := id.Advice(); advice != "" {
			d.log.Warn(advice)
		}
	}
	if err := proc.NoNewPrivs(); err != nil { // a build with cgo cannot
		d.log.Warn("privileges could be gained by programs that we start: build with CGO_ENABLED=0", "err", err)
	}
	return nil
}

// serve runs until a signal ends it.
func (d *daemon) serve() error {
	d.announce()
	ctx, stop := context.WithCancel(context.Background())
	var sections, sockets sync.WaitGroup
	listening, hushed := context.WithCancel(ctx)
	defer func() {
		hushed()
		stop()
		sockets.Wait()
		sections.Wait()
	}()
	failed := make(chan error, len(d.sections)+len(d.stats))
	d.cli = cli.New(cli.Config{Backend: (*backend)(d), Log: d.log})
	for _, s := range d.sections {
		sections.Go(func() { s.Run(ctx) })
		if s.socket != nil {
			sockets.Go(func() {
				if err := s.Serve(listening, s.socket); err != nil {
					failed <- fmt.Errorf("section %s: %w", s.ID, err)
				}
			})
		}
	}
	for _, l := range d.stats {
		sockets.Go(func() {
			if err := d.cli.Serve(ctx, l, l.level); err != nil {
				failed <- fmt.Errorf("stats socket: %w", err)
			}
		})
	}
	if err := d.ready(); err != nil {
		return err
	}
	asked := make(chan proc.Request)
	sockets.Go(func() { d.listenToSignals(ctx, asked) })
	return d.wait(ctx, asked, failed, hushed)
}

// listenToSignals hands on what signals ask for until ctx ends.
func (d *daemon) listenToSignals(ctx context.Context, asked chan<- proc.Request) {
	for {
		r, ok := d.signals.Next(ctx)
		if !ok {
			return
		}
		select {
		case asked <- r:
		case <-ctx.Done():
			return
		}
	}
}

// announce tells the log where we listen.
func (d *daemon) announce() {
	for _, l := range d.stats {
		d.log.Info("listening for the runtime CLI", "on", l.name, "level", l.level)
		if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			d.log.Warn("the runtime CLI asks for no password, and other machines can reach it", "on", l.name, "level", l.level)
		}
	}
	for _, s := range d.sections {
		if s.socket != nil {
			d.log.Info("listening for peers", "section", s.ID, "on", s.socket.Addr(), "as", s.Name)
		}
	}
}

// ready tells everybody who waits for it that we serve.
func (d *daemon) ready() error {
	d.log.Info("tallystick serves", "version", d.Version, "sections", len(d.sections), "processors", runtime.GOMAXPROCS(0))
	status := proc.NotifyStatus(fmt.Sprintf("%d sections, listening", len(d.sections)))
	if err := proc.Notify(proc.NotifyReady, status); err != nil {
		d.log.Warn("systemd was not told that we serve", "err", err)
	}
	return d.Verdict.Ready()
}

// wait carries out signals until one ends the program.
func (d *daemon) wait(ctx context.Context, asked <-chan proc.Request, failed <-chan error, hush func()) error {
	for {
		select {
		case err := <-failed:
			return err
		case r := <-asked:
			switch r {
			case proc.Stop:
				d.leave("stopped by a signal")
				return nil
			case proc.Drain:
				d.leave("stopped by a signal, once what is due is pushed")
				hush()
				d.drain(ctx, asked)
				return nil
			case proc.Reload:
				d.reopen()
			}
		}
	}
}

func (d *daemon) leave(why string) {
	d.stopping.Store(true)
	d.log.Info("tallystick ends", "why", why)
	_ = proc.Notify(proc.NotifyStopping) // it is too late to do anything about it
}

// drain waits until every session has said what was due, for a second at most.
func (d *daemon) drain(ctx context.Context, asked <-chan proc.Request) {
	for _, s := range d.sections {
		s.Drain()
	}
	end := time.After(drainTime)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		idle := true
		for _, s := range d.sections {
			idle = idle && s.Idle()
		}
		if idle {
			return
		}
		select {
		case <-end:
			return
		case r := <-asked:
			if r == proc.Stop {
				return
			}
		case <-tick.C:
		}
	}
}

// reopen does what of a reload is possible now: log files are opened anew, so that they
// can be rotated.
func (d *daemon) reopen() {
	if err := d.logs.Reopen(); err != nil {
		d.log.Error("log files stay as they were", "err", err)
		return
	}
	d.log.Log(context.Background(), logs.LevelNotice, "log files were opened anew; the configuration was not read again, that is not yet supported: restart to use it")
}

// close gives back what prepare took.
func (d *daemon) close() {
	for _, s := range d.sections {
		if s.socket != nil {
			s.socket.Close()
		}
	}
	for _, l := range d.stats {
		l.Close()
	}
	if err := d.pid.Remove(); err != nil {
		d.log.Warn("pid file stays", "err", err)
	}
}

// ErrConfig is the error of a configuration whose mistakes have been printed.
var ErrConfig = errors.New("the configuration has errors")
