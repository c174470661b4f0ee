package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"tallystick/internal/cli"
	"tallystick/internal/config"
	"tallystick/internal/node"
	"tallystick/internal/proc"
)

// socket is something that we listen on. It serves one configuration after the other, as
// long as each asks for the same one.
type socket struct {
	net.Listener
	name  string    // as the operator wrote it: a unix socket was bound under another
	who   string    // its level, mode and owner, if it is of the CLI
	level cli.Level // of the CLI
	run   running
}

// make makes the program that a configuration asks for, of the parts of the present one that
// it can go on with and of new ones, which do not run yet. Nothing that runs has noticed
// anything; if a socket cannot be opened those that have been are closed again.
func (d *daemon) make(c *config.Config) (*program, error) {
	old := d.now.Load()
	p := &program{config: c}
	var err error
	if p.doors, err = d.openDoors(c, old); err == nil {
		p.stats, err = d.openStats(c, old)
	}
	if err == nil {
		p.http, err = d.openHTTP(c, old) // last: whoever finds it finds everything
	}
	if err != nil {
		p.abandon(old)
		return nil, err
	}
	for _, s := range c.Sections {
		if i := slices.IndexFunc(old.sections, func(o *section) bool { return o.ID() == s.ID }); i >= 0 {
			p.sections = append(p.sections, &section{Section: old.sections[i].Section, config: s, run: old.sections[i].run})
			continue
		}
		n := d.nodeConfig(c, s)
		p.sections = append(p.sections, &section{Section: node.New(n, startOf(d, old)), config: s})
	}
	for _, l := range p.doors {
		if !slices.Contains(old.doors, l) {
			l.SetRules(rulesAt(l.name, p))
		}
	}
	return p, nil
}

// openDoors opens the listeners for peers: a section's own, and shared ones.
func (d *daemon) openDoors(c *config.Config, old *program) (doors []*door, err error) {
	for _, a := range c.Doors() {
		i := slices.IndexFunc(old.doors, func(o *door) bool { return o.name == a.Addr.String() })
		if i >= 0 {
			doors = append(doors, old.doors[i])
			continue
		}
		l, err := d.handed.Listen(context.Background(), address(a.Addr), proc.Access{})
		if err != nil {
			return doors, fmt.Errorf("%s %s: %w%s", a.Pos, a.Line, err, advice(err))
		}
		doors = append(doors, &door{node.NewDoor(&d.lobby, d.certs, d.log, &d.counters), &socket{Listener: l, name: a.Addr.String()}})
	}
	return doors, nil
}

// openStats opens the sockets of the CLI.
func (d *daemon) openStats(c *config.Config, old *program) (stats []*socket, err error) {
	for _, s := range c.Global.Stats {
		name, who := address(s.Addr).String(), fmt.Sprint(s.Mode, s.User, s.Group, s.Level)
		i := slices.IndexFunc(old.stats, func(o *socket) bool { return o.name == name && o.who == who })
		if i >= 0 {
			stats = append(stats, old.stats[i])
			continue
		}
		owner, err := proc.Lookup(s.User, s.Group)
		if err != nil {
			return stats, fmt.Errorf("%s stats socket: %w", s.Pos, err)
		}
		l, err := d.handed.Listen(context.Background(), address(s.Addr), proc.Access{Mode: s.Mode, Owner: owner})
		if err != nil {
			return stats, fmt.Errorf("%s stats socket: %w%s", s.Pos, err, advice(err))
		}
		stats = append(stats, &socket{Listener: l, name: name, who: who, level: cli.Level(s.Level)})
	}
	return stats, nil
}

// abandon closes what was opened for a program that will not serve.
func (p *program) abandon(old *program) {
	for _, l := range p.doors {
		if !slices.Contains(old.doors, l) {
			l.Close()
		}
	}
	for _, l := range p.stats {
		if !slices.Contains(old.stats, l) {
			l.Close()
		}
	}
	if p.http != nil && (old.http == nil || old.http.socket != p.http.socket) {
		p.http.Close()
	}
}

// advice is what to look at when a socket cannot be opened.
func advice(err error) string {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return "; 'ss -ltnp' tells which process has it"
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return "; no interface of this machine has the address"
	case errors.Is(err, unix.EACCES):
		return "; start as root, with -u and -g to become somebody else afterwards"
	}
	return ""
}

// address is a configured address for proc to listen on.
func address(a config.Addr) proc.Address {
	if a.Network == config.FD {
		return proc.Address{Network: "fd", Name: strconv.Itoa(a.FD)}
	}
	network, name := a.Listen()
	return proc.Address{Network: network, Name: name}
}
