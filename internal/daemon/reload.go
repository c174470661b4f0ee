package daemon

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"tallystick/internal/logs"
	"tallystick/internal/proc"
	"tallystick/internal/view"
)

// reload reads the configuration again and applies it as the difference to the present one.
// Whatever is wrong with it, down to a port that cannot be opened, is found before anything
// is changed: then the present one goes on, and the error says why, line by line. It returns
// what has changed, in words.
func (d *daemon) reload() (changes []string, err error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	d.notify(proc.NotifyReloading)
	defer func() {
		d.reloads.note(time.Now(), changes, err)
		d.notify(proc.NotifyReady) // a bad configuration changes nothing: we serve either way
	}()
	var said bytes.Buffer
	o := d.Options
	o.Stderr = &said
	c, err := examine(o)
	if err != nil {
		return nil, errors.New(strings.TrimSpace(said.String()))
	}
	old := d.now.Load()
	if err := d.loadSecrets(c); err != nil {
		return nil, err
	}
	p, err := d.make(c)
	if err == nil {
		if err = d.openLogs(c); err != nil {
			p.abandon(old)
		}
	}
	if err != nil {
		_ = d.loadSecrets(old.config) // they were good a moment ago
		return nil, err
	}
	for line := range strings.Lines(said.String()) { // warnings
		d.log.Warn("configuration: " + strings.TrimSpace(line))
	}
	return d.become(p, old), nil
}

// become makes a program serve in the place of another one.
func (d *daemon) become(p, old *program) (changes []string) {
	if !slices.Equal(p.config.Global.CPUs, old.config.Global.CPUs) {
		if err := proc.Pin(p.config.Global.CPUs); err != nil {
			d.log.Warn("processors stay as they were", "err", err)
		}
	}
	for _, s := range p.sections {
		if s.run.started() {
			for _, change := range s.Reconfigure(d.nodeConfig(p.config, s.config)) {
				changes = append(changes, s.ID()+": "+change)
			}
		} else {
			changes = append(changes, "section "+s.ID()+" is added")
		}
	}
	for _, l := range p.doors {
		l.SetRules(rulesAt(l.name, p))
	}
	d.announce(p)
	d.begin(p)
	d.now.Store(p)
	return append(changes, d.retire(p, old)...)
}

// retire ends what of the old program has no place in the new one.
func (d *daemon) retire(p, old *program) (changes []string) {
	if h := old.http; h != nil && (p.http == nil || p.http.socket != h.socket) {
		h.run.stop() // not waited for: the one who has asked for the reload may have come in here
		d.log.Info("not listening any more for HTTP", "on", h.name)
	}
	for _, l := range old.stats {
		if !slices.Contains(p.stats, l) {
			// Not waited for: the one who has asked for the reload may have come in here.
			l.run.stop()
			d.log.Info("not listening any more for the runtime CLI", "on", l.name)
		}
	}
	for _, l := range old.doors {
		if !slices.Contains(p.doors, l) {
			l.run.end()
			d.log.Info("not listening any more for peers", "on", l.name)
		}
	}
	for _, s := range old.sections {
		if !slices.ContainsFunc(p.sections, func(n *section) bool { return n.ID() == s.ID() }) {
			s.run.end()
			changes = append(changes, "section "+s.ID()+" is removed")
		}
	}
	return changes
}

// reloadBySignal reloads, and opens log files anew so that they can be rotated. The log says
// how it went.
func (d *daemon) reloadBySignal() {
	if err := d.logs.Reopen(); err != nil {
		d.log.Error("log files stay as they were", "err", err)
	}
	d.certs.Reread()
	changes, err := d.reload()
	d.report(changes, err)
}

// report tells the log how a reload went.
func (d *daemon) report(changes []string, err error) {
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			d.log.Error("configuration not taken: " + strings.TrimSpace(line))
		}
		d.log.Error("the configuration stays as it was")
		return
	}
	d.log.Log(context.Background(), logs.LevelNotice, "the configuration was read again", "changed", summary(changes))
}

// summary is the changes in a line.
func summary(changes []string) string {
	if len(changes) == 0 {
		return "nothing that concerns peers or sums"
	}
	return strings.Join(changes, "; ")
}

// reloads remembers how the configuration was read again. Safe for concurrent use.
type reloads struct {
	mu        sync.Mutex
	good, bad uint64
	last      view.Reload
}

func (r *reloads) note(now time.Time, changes []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = view.Reload{At: now, Good: err == nil, Message: summary(changes)}
	if err != nil {
		r.bad++
		r.last.Message = err.Error()
		return
	}
	r.good++
}

// refused reports whether the last one was: the configuration before it serves.
func (r *reloads) refused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last.Refused()
}

func (r *reloads) show(p *view.Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Reload, p.ReloadsGood, p.ReloadsBad = r.last, r.good, r.bad
}
