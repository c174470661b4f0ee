// Package daemon puts the program together: it reads the configuration, opens what is to
// be opened, starts the sections and the runtime CLI, and ends them in the opposite order.
//
// Lives nest like brackets: what starts first stops last, because the others live inside
// it: logs, sockets, sections, listeners, CLI, HTTP, readiness, signals. No rule of the
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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/cli"
	"tallystick/internal/config"
	"tallystick/internal/logs"
	"tallystick/internal/memory"
	"tallystick/internal/metrics"
	"tallystick/internal/node"
	"tallystick/internal/page"
	"tallystick/internal/proc"
	"tallystick/internal/secure"
	"tallystick/internal/view"
	"tallystick/internal/web"
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
	start    time.Time
	host     string
	logs     *logs.Logs
	log      *slog.Logger
	counters node.Counters
	lobby    node.Lobby
	certs    *secure.Store
	pid      *proc.PidFile
	handed   *proc.Handed // sockets of systemd
	signals  *proc.Signals
	cli      *cli.Server
	web      *web.Server
	level    levelWord
	files    uint64 // limit of open files
	stopping stopFlag
	reloads  reloads

	now       atomic.Pointer[program] // what serves
	reloading sync.Mutex              // held while another configuration takes its place
	findings  atomic.Pointer[[]view.Finding]

	life, listening context.Context // of everything; of listeners, which may end earlier
	failed          chan error      // a listener cannot go on
}

// program is what one configuration has made. It is not changed: another configuration makes
// another one, of the parts of this that stay and of new ones.
type program struct {
	config   *config.Config
	sections []*section
	doors    []*door
	stats    []*socket // of the CLI
	http     *httpDoor // nil: no http line
}

// section is one section at work.
type section struct {
	*node.Section
	config *config.Section
	run    running
}

// door is a listener for peers.
type door struct {
	*node.Door
	*socket
}

// Run is the main job: it returns when the program has ended, nil after a clean stop. An
// error of the configuration has been printed already, see ErrConfig.
func Run(o Options) error {
	c, err := Load(o)
	if err != nil {
		return err
	}
	d := &daemon{Options: o, start: time.Now(), failed: make(chan error, 1), handed: proc.TakeHanded(),
		signals: proc.WatchSignals()} // from here on a signal ends us cleanly
	defer d.signals.Close()
	d.host, _ = os.Hostname()
	d.makeLogs()
	defer d.logs.Close()
	d.certs = secure.New(d.log)
	d.now.Store(&program{config: c})
	defer d.close()
	if err := d.prepare(c); err != nil {
		return err
	}
	return d.serve()
}

// prepare does what must be done before privileges are dropped, and drops them. The log is
// opened once the sockets are: a second instance, started by mistake, fails at the sockets and
// must not empty the log of the first.
func (d *daemon) prepare(c *config.Config) error {
	id, err := proc.Lookup(d.User, d.Group)
	if err != nil {
		return err
	}
	if err := proc.Pin(c.Global.CPUs); err != nil {
		return fmt.Errorf("cpu-map: %w", err)
	}
	d.files, _ = proc.OpenFiles()
	if err := d.loadSecrets(c); err != nil { // keys may be root's alone
		return err
	}
	p, err := d.make(c)
	if err != nil {
		return err
	}
	d.now.Store(p)
	if err := d.openLogs(c); err != nil {
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
	p := d.now.Load()
	d.announce(p)
	var stop, hush context.CancelFunc
	d.life, stop = context.WithCancel(context.Background())
	d.listening, hush = context.WithCancel(d.life)
	var helpers sync.WaitGroup
	defer func() {
		hush()
		stop()
		helpers.Wait()
		d.now.Load().end()
	}()
	helpers.Go(func() { memory.Keep(d.life, os.DirFS("/"), os.LookupEnv, d.log) })
	d.web = web.New(web.Config{Backend: (*backend)(d), Meter: (*backend)(d), Metrics: metrics.New((*backend)(d), metrics.Config{Log: d.log}), Page: page.Handler(), Log: d.log})
	d.cli = cli.New(cli.Config{Backend: (*backend)(d), API: d.web.Answer, Log: d.log})
	helpers.Go(func() { d.web.Keep(d.life) })
	helpers.Go(func() { d.certs.Run(d.life) })
	helpers.Go(func() { d.lint(d.life) })
	d.begin(p)
	if err := d.ready(); err != nil {
		return err
	}
	helpers.Go(func() { d.watch(d.life) })
	asked := make(chan proc.Request)
	helpers.Go(func() { d.listenToSignals(d.life, asked) })
	return d.wait(d.life, asked, hush)
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

// announce tells the log where a program listens.
func (d *daemon) announce(p *program) {
	for _, l := range p.stats {
		if l.run.started() {
			continue
		}
		d.log.Info("listening for the runtime CLI", "on", l.name, "level", l.level)
		if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			d.log.Warn("the runtime CLI asks for no password, and other machines can reach it", "on", l.name, "level", l.level)
		}
	}
	for _, l := range p.doors {
		if !l.run.started() {
			d.log.Info("listening for peers", "on", l.Addr(), "as", strings.Join(l.names(p.config), ","), "tls", l.tls(p.config))
		}
	}
	d.announceHTTP(p.http)
}

// ready tells everybody who waits for it that we serve.
func (d *daemon) ready() error {
	d.log.Info("tallystick serves", "version", d.Version, "sections", len(d.now.Load().sections), "processors", runtime.GOMAXPROCS(0))
	for _, name := range d.handed.Unused() {
		d.log.Warn("systemd has handed over a socket that no line of the configuration listens on: whoever calls there waits", "socket", name)
	}
	d.notify(proc.NotifyReady)
	return d.Verdict.Ready()
}

// wait carries out signals until one ends the program.
func (d *daemon) wait(ctx context.Context, asked <-chan proc.Request, hush func()) error {
	for {
		select {
		case err := <-d.failed:
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
				d.reloadBySignal()
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
	sections := d.now.Load().sections
	for _, s := range sections {
		s.Drain()
	}
	end := time.After(drainTime)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		idle := true
		for _, s := range sections {
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

// close gives back what prepare took.
func (d *daemon) close() {
	p := d.now.Load()
	for _, l := range p.doors {
		l.Close()
	}
	for _, l := range p.stats {
		l.Close()
	}
	if p.http != nil {
		p.http.Close()
	}
	if err := d.pid.Remove(); err != nil {
		d.log.Warn("pid file stays", "err", err)
	}
}

// ErrConfig is the error of a configuration whose mistakes have been printed.
var ErrConfig = errors.New("the configuration has errors")
