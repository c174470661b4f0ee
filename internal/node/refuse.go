package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"tallystick/internal/secure"
	"tallystick/internal/wire"
)

// handshakeError is a handshake of TLS that has failed.
type handshakeError struct{ err error }

// Error says what went wrong in an operator's words, with the line to change.
func (e *handshakeError) Error() string { return secure.Explain(e.err) }

// Unwrap gives the error of crypto/tls.
func (e *handshakeError) Unwrap() error { return e.err }

// refusal is why somebody who has said who he is may not come in. It is a sentence with the
// line to change, and knows what counts it.
type refusal struct {
	counter func(*Counters)
	kind    RefusalKind
	text    string
	line    string // what would let it in, to be written into our configuration; "" if no single line would
	about   string // what is told of it is told once, whoever it is; "": once for each text
}

// Error is the sentence.
func (r *refusal) Error() string { return r.text }

// refuse counts and logs a peer that may not come in. section is nil if none was found.
func (d *Door) refuse(section *Section, g *greeting, err error) {
	var r *refusal
	if errors.As(err, &r) && r.counter != nil {
		r.counter(d.counters)
	}
	log, gossip, about := d.log, &d.gossip, err.Error()
	if section != nil {
		log, gossip = section.log, &section.gossip
	}
	if r != nil && r.about != "" {
		about = r.about
	}
	book := &d.refused
	if section != nil {
		book = &section.refused
	}
	gossip.once(about, time.Now(), func() { log.Warn("connection refused", "from", g.RemoteAddr(), "why", err) })
	book.note(time.Now(), g, r, err)
}

// refuseStranger counts and logs a connection that never became a peer and has said no more
// than that.
func (d *Door) refuseStranger(ctx context.Context, g *greeting, err error) {
	var bad *wire.Error
	var shake *handshakeError
	var timeout net.Error
	late := errors.As(err, &timeout) && timeout.Timeout()
	log := func(what, text string, args ...any) {
		d.gossip.once(what+" "+g.from.String(), time.Now(), func() {
			d.logOf(g.door).Warn("connection refused: "+text, append([]any{"from", g.RemoteAddr()}, args...)...)
		})
	}
	switch {
	case ctx.Err() != nil:
	case late:
		d.counters.LateHello.Add(1)
		log("late", "no hello came", "within", greetingTime)
	case errors.As(err, &shake):
		if isGone(shake.err) {
			d.gone(g, err)
			return
		}
		d.counters.BadHandshake.Add(1)
		d.bookOf(g.door).note(time.Now(), g, &refusal{kind: RefusedTLS}, errors.New("no TLS session came about: "+shake.Error()))
		log("tls "+shake.Error(), "no TLS session came about", "why", shake)
	case errors.As(err, &bad):
		d.counters.BadHello.Add(1)
		why, said := bad.What, []any{"said", string(g.rest[:min(len(g.rest), 40)])}
		if isTLS(g.rest) {
			said = nil // bytes for machines, which tell nobody more
			why = "it is TLS, but we speak plain TCP here: take 'ssl' out of the node's line for us, or add it to ours"
			d.bookOf(g.door).note(time.Now(), g, &refusal{kind: RefusedTLS}, errors.New(why))
		}
		log("hello "+why, "not a hello of the peers protocol", append([]any{"why", why}, said...)...)
	default:
		d.gone(g, err)
	}
}

// logOf is the log of the one section behind a door, or the program's if there are several.
func (d *Door) logOf(r *DoorRules) *slog.Logger {
	if s := r.only(); s != nil {
		return s.log
	}
	return d.log
}

// bookOf is where it is noted who was refused at a door before a section was found.
func (d *Door) bookOf(r *DoorRules) *refusals {
	if s := r.only(); s != nil {
		return &s.refused
	}
	return &d.refused
}

// gone notes a connection that ended before it said anything: a port scan, a health check.
func (d *Door) gone(g *greeting, err error) {
	d.counters.BadHello.Add(1)
	d.logOf(g.door).Log(context.Background(), slog.LevelDebug, "connection ended before its hello", "from", g.RemoteAddr(), "err", err)
}

// isTLS reports whether b begins like a handshake of SSL 3.0 to TLS 1.3.
func isTLS(b []byte) bool { return len(b) > 1 && b[0] == 0x16 && b[1] == 3 }
