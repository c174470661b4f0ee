package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"tallystick/internal/config"
	"tallystick/internal/proc"
	"tallystick/internal/secure"
	"tallystick/internal/web"
)

// httpDoor is the listener of the http line, and what the line says.
type httpDoor struct {
	*socket
	line      config.HTTP
	passwords *web.Passwords // nil: none are asked for
	same      bool           // the server has these settings already
}

// openHTTP opens the listener of the http line, if there is one and it does not run already, and reads
// its passwords: who may is found out before anything is changed.
func (d *daemon) openHTTP(c *config.Config, old *program) (*httpDoor, error) {
	line := c.Global.HTTP
	if line == nil {
		return nil, nil
	}
	h := &httpDoor{line: *line}
	var err error
	if h.passwords, err = d.passwords(line, old.http); err != nil {
		return nil, fmt.Errorf("%s http: auth: %w", line.Pos, err)
	}
	if old.http != nil && old.http.name == line.Addr.String() {
		h.socket, h.same = old.http.socket, h.sameAs(old.http)
		if h.same {
			h.passwords = old.http.passwords // which looks after its file itself
		}
		return h, nil
	}
	l, err := address(line.Addr).Listen(context.Background(), proc.Access{})
	if err != nil {
		return nil, fmt.Errorf("%s http: %w%s", line.Pos, err, advice(err))
	}
	h.socket = &socket{Listener: l, name: line.Addr.String()}
	return h, nil
}

// sameAs reports whether both lines say the same, wherever they stand.
func (h *httpDoor) sameAs(o *httpDoor) bool {
	mine, others := h.line, o.line
	mine.Pos, others.Pos = config.Pos{}, config.Pos{}
	return mine == others
}

// passwords reads the file of an http line. One that we have read before and may not read any more,
// since we are not root now, stays as it is.
func (d *daemon) passwords(line *config.HTTP, old *httpDoor) (*web.Passwords, error) {
	if line.Auth == "" {
		return nil, nil
	}
	p, err := web.ReadPasswords(line.Auth, d.log)
	if errors.Is(err, fs.ErrPermission) && old != nil && old.line.Auth == line.Auth {
		d.log.Warn("the file of passwords cannot be read any more: what was read from it before stays in use", "err", err)
		return old.passwords, nil
	}
	return p, err
}

// badPasswords is what is wrong with the file of passwords, for who only checks a configuration.
func badPasswords(c *config.Config) (faults []config.Error) {
	h := c.Global.HTTP
	if h == nil || h.Auth == "" {
		return nil
	}
	if _, err := web.ReadPasswords(h.Auth, slog.New(slog.DiscardHandler)); err != nil {
		faults = append(faults, config.Error{Pos: h.Pos, Msg: "'auth' : " + err.Error()})
	}
	return faults
}

// httpSettings is what an http line says, for the server.
func (d *daemon) httpSettings(h *httpDoor) web.Settings {
	s := web.Settings{Listen: h.line.Addr.String(), Auth: h.passwords, Admin: h.line.Admin}
	if line := secret(h.line.TLS); line != nil {
		s.TLS = d.certs.Server(*line)
		s.Both = line.Verify == secure.Required
	}
	return s
}

// beginHTTP makes the server serve an http line: a new one, or another in the place of the present.
func (d *daemon) beginHTTP(h *httpDoor) {
	if h == nil {
		return
	}
	if !h.same {
		d.web.Use(d.httpSettings(h))
	}
	if !h.run.started() {
		h.run.start(d.life, func(ctx context.Context) { d.fail("http "+h.name, d.web.Serve(ctx, h.Listener)) })
	}
}

// announceHTTP tells the log where HTTP is served.
func (d *daemon) announceHTTP(h *httpDoor) {
	if h == nil || h.run.started() {
		return
	}
	d.log.Info("listening for HTTP", "on", h.name, "tls", h.line.TLS.Enabled, "passwords", h.line.Auth != "", "admin", h.line.Admin)
}
