package daemon

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
	"tallystick/internal/cli"
	"tallystick/internal/config"
	"tallystick/internal/node"
	"tallystick/internal/proc"
	"tallystick/internal/topology"
)

// listen opens every listening socket and makes the sections. The CLI's come last: whoever
// finds them finds everything.
func (d *daemon) listen() error {
	for _, c := range d.config.Sections {
		s := &section{Section: node.New(d.nodeConfig(c), d.start), config: c}
		d.sections = append(d.sections, s)
		if c.Local == nil || c.Local.Addr.IsZero() {
			continue
		}
		var err error
		if s.socket, err = address(c.Local.Addr).Listen(context.Background(), proc.Access{}); err != nil {
			return fmt.Errorf("%s section %s: %w%s", c.Local.Pos, c.ID, err, advice(err))
		}
	}
	for _, c := range d.config.Global.Stats {
		owner, err := proc.Lookup(c.User, c.Group)
		if err != nil {
			return fmt.Errorf("%s stats socket: %w", c.Pos, err)
		}
		l, err := address(c.Addr).Listen(context.Background(), proc.Access{Mode: c.Mode, Owner: owner})
		if err != nil {
			return fmt.Errorf("%s stats socket: %w%s", c.Pos, err, advice(err))
		}
		d.stats = append(d.stats, listener{l, address(c.Addr).String(), cli.Level(c.Level)})
	}
	return nil
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

// nodeConfig is what node needs of a section.
func (d *daemon) nodeConfig(c *config.Section) node.Config {
	n := node.Config{
		ID: c.ID, Name: c.Name, PID: os.Getpid(), Rules: c.Rules,
		Warmup: c.Warmup, PushInterval: c.PushInterval, Restore: c.Restore,
		MaxEntries: c.MaxEntries, MaxTables: c.MaxTables,
		Seed: rand.Uint64(), Source: d.config.Global.Source, Log: d.log, Counters: &d.counters,
	}
	for _, p := range c.Peers {
		pc := node.PeerConfig{Name: p.Name, Role: p.Role, Dial: p.Dial || p.Role == topology.Up}
		if !p.Addr.IsZero() {
			pc.Addr = p.Addr.Dial()
		}
		n.Peers = append(n.Peers, pc)
	}
	return n
}
