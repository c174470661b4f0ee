package daemon

import (
	"context"
	"fmt"
)

// running is something that has been started and can be ended by itself. The zero value has
// not been started. One goroutine at a time.
type running struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// start runs f until end, or until ctx ends.
func (r *running) start(ctx context.Context, f func(context.Context)) {
	ctx, r.stop = context.WithCancel(ctx)
	r.ended = make(chan struct{})
	go func() {
		defer close(r.ended)
		f(ctx)
	}()
}

func (r *running) started() bool { return r.stop != nil }

// end ends it and waits until it has ended.
func (r *running) end() {
	if r.started() {
		r.stop()
		<-r.ended
	}
}

// begin starts what of a program does not run yet: sections, then the doors to them, then
// the CLI and HTTP, which show both.
func (d *daemon) begin(p *program) {
	for _, s := range p.sections {
		if !s.run.started() {
			s.run.start(d.life, s.Run)
		}
	}
	for _, l := range p.doors {
		if !l.run.started() {
			l.run.start(d.listening, func(ctx context.Context) { d.fail("bind "+l.name, l.Serve(ctx, l.Listener)) })
		}
	}
	for _, l := range p.stats {
		if !l.run.started() {
			l.run.start(d.life, func(ctx context.Context) { d.fail("stats socket "+l.name, d.cli.Serve(ctx, l, l.level)) })
		}
	}
	d.beginHTTP(p.http)
}

// fail ends the program for a listener that cannot go on.
func (d *daemon) fail(what string, err error) {
	if err == nil {
		return
	}
	select {
	case d.failed <- fmt.Errorf("%s: %w", what, err):
	default: // another one has failed already
	}
}

// end ends everything that runs, what starts last first.
func (p *program) end() {
	if p.http != nil {
		p.http.run.end()
	}
	for _, l := range p.stats {
		l.run.end()
	}
	for _, l := range p.doors {
		l.run.end()
	}
	for _, s := range p.sections {
		s.run.end()
	}
}
