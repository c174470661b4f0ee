package node

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"tallystick/internal/secure"
)

// admit finds the section and the peer that a hello names, or says why it may not come in
// and which line would let it. Names decide, as in HAProxy: whom it calls, then who it is;
// then the address that it comes from, the certificate that it has shown, and whether
// another of its name is there.
func (r *DoorRules) admit(g *greeting) (*Section, *Peer, error) {
	s := r.Sections[g.hello.Called]
	if s == nil {
		return r.only(), nil, r.wrongName(g)
	}
	h := &g.hello
	if h.Caller == h.Called || h.Caller == s.conf().Name {
		return s, nil, &refusal{counter: func(c *Counters) { c.RefusedSelf.Add(1) }, kind: RefusedSelf,
			text: fmt.Sprintf("it says that it is '%s', which is our own name: every peer needs its own (localpeer, or -L)", h.Caller)}
	}
	p, err := s.named(g)
	if err != nil {
		return s, nil, err
	}
	if err := s.allowed(p, g); err != nil {
		return s, nil, err
	}
	if err := g.proves(p.conf().TLS); err != nil {
		return s, nil, err
	}
	if p.isDisabled() {
		return s, nil, fmt.Errorf("'%s' is disabled: 'enable peer %s/%s' on the runtime CLI admits it again", p.Name, s.id, p.Name)
	}
	if live := p.current(); live != nil && live.established.Load() && live.remote != g.from {
		live.ask(&live.nudge) // HAProxy forgets the live session's signs of life when a connection of its name ends
		text := fmt.Sprintf("'%s' has a session from %s that is alive: two processes have the same name", p.Name, live.remote)
		if live.calling { // both may have called in the same moment, and it has more addresses than the one that we know
			text = fmt.Sprintf("'%s' has answered our call at %s and calls from another address: it needs no second session, unless two processes have the same name", p.Name, live.remote)
		}
		return s, nil, &refusal{counter: func(c *Counters) { c.RefusedAddress.Add(1) }, kind: RefusedTwice, text: text}
	}
	return s, p, nil
}

// only is the one section of a door that has no other, for its log.
func (r *DoorRules) only() *Section {
	if len(r.Sections) == 1 {
		for _, s := range r.Sections {
			return s
		}
	}
	return nil
}

// wrongName refuses a hello that calls somebody else.
func (r *DoorRules) wrongName(g *greeting) error {
	h := &g.hello
	names := slices.Sorted(maps.Keys(r.Sections))
	text := fmt.Sprintf("'%s' called '%s', but here are only '%s': its line for us must have the name of a section", h.Caller, h.Called, strings.Join(names, "', '"))
	if s := r.only(); s != nil {
		text = fmt.Sprintf("'%s' called '%s', but our name here is '%s': write 'server %s ...' in its peers section", h.Caller, h.Called, names[0], names[0])
		if names[0] == s.conf().Name && names[0] != s.id {
			text += fmt.Sprintf(", or 'peer %s ... local' in aggregations %s", h.Called, s.id)
		}
	}
	return &refusal{counter: func(c *Counters) { c.RefusedWrongName.Add(1) }, kind: RefusedWrongName, text: text}
}

// named finds the peer of a hello's name. Where nodes may come that no line names, one is made.
func (s *Section) named(g *greeting) (*Peer, error) {
	if p := s.roster.find(g.hello.Caller); p != nil {
		return p, nil
	}
	c := s.conf()
	if c.Dynamic == nil {
		line := fmt.Sprintf("peer %s %s", g.hello.Caller, net.JoinHostPort(g.from.WithZone("").String(), "PORT"))
		return nil, &refusal{counter: func(c *Counters) { c.RefusedUnknown.Add(1) }, kind: RefusedUnknown, line: line,
			text: fmt.Sprintf("no line admits '%s', which called '%s': add '%s' to aggregations %s", g.hello.Caller, g.hello.Called, line, s.id)}
	}
	if err := s.allowed(nil, g); err != nil {
		return nil, err
	}
	if err := g.proves(nil); err != nil { // a stranger's name takes no place before he may come in
		return nil, err
	}
	return s.welcome(g.hello.Caller, c)
}

// nearest is the allow that decides for a peer, nil for one that no line names: its own, else
// the door's or that of dynamic-peers, else the section's.
func (s *Section) nearest(p *Peer, door []netip.Prefix) []netip.Prefix {
	c := s.conf()
	switch {
	case p != nil && p.conf().Allow != nil:
		return p.conf().Allow
	case (p == nil || p.dynamic()) && c.Dynamic != nil && c.Dynamic.Allow != nil:
		return c.Dynamic.Allow
	case door != nil:
		return door
	}
	return c.Allow
}

func contains(allow []netip.Prefix, from netip.Addr) bool {
	return allow == nil || slices.ContainsFunc(allow, func(n netip.Prefix) bool { return n.Contains(from.WithZone("")) })
}

// allowed reports why a peer may not come from where it comes, if it may not.
func (s *Section) allowed(p *Peer, g *greeting) error {
	if contains(s.nearest(p, g.door.Allow), g.from) {
		return nil
	}
	return &refusal{counter: func(c *Counters) { c.RefusedAllow.Add(1) }, kind: RefusedAllow,
		text: fmt.Sprintf("'%s' may not come from %s: no 'allow' that holds for it in aggregations %s has the address", g.hello.Caller, g.from, s.id)}
}

// mayCome reports whether any peer of the section may come from an address through a door
// that has this allow.
func (s *Section) mayCome(from netip.Addr, door []netip.Prefix) bool {
	if s.conf().Dynamic != nil && contains(s.nearest(nil, door), from) {
		return true
	}
	for _, p := range s.roster.all() {
		if contains(s.nearest(p, door), from) {
			return true
		}
	}
	return false
}

// proves reports why the certificate that a peer has shown does not prove that it is the one
// that it says to be, if lines ask for that: the door's, and the peer's own.
func (g *greeting) proves(own *secure.Line) error {
	for i, line := range []*secure.Line{g.door.TLS, own} {
		if line == nil {
			continue
		}
		var state tls.ConnectionState // of a plain connection: nothing is shown
		if g.secured != nil {
			state = *g.secured
		}
		if err := g.certs.Caller(*line, state, g.hello.Caller); err != nil {
			return &refusal{counter: func(c *Counters) { c.RefusedCertificate.Add(1) }, kind: RefusedCertificate,
				text: fmt.Sprintf("'%s' has not proved who it is, as %s of %s asks: %s", g.hello.Caller, asks(line),
					[]string{"the line that listens", "its own line"}[i], secure.Explain(err))}
		}
	}
	return nil
}

// asks are the words of a line that ask for a name.
func asks(l *secure.Line) string {
	switch {
	case l.VerifyHost == "":
		return "'verifyname'"
	case l.VerifyName:
		return "'verifyname' and 'verifyhost " + l.VerifyHost + "'"
	}
	return "'verifyhost " + l.VerifyHost + "'"
}

// isGone reports whether a connection has just ended.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.ECONNRESET)
}
