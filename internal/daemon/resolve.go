package daemon

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"tallystick/internal/config"
	"tallystick/internal/node"
	"tallystick/internal/secure"
	"tallystick/internal/topology"
)

// nodeConfig is what node needs of a section.
func (d *daemon) nodeConfig(c *config.Config, s *config.Section) node.Config {
	n := node.Config{
		ID: s.ID, Name: s.Name, PID: os.Getpid(), Origin: d.origin(s), Rules: s.Rules,
		Shard:  topology.Shard(s.Shard),
		Warmup: s.Warmup, PushInterval: s.PushInterval, Allow: s.Allow,
		MaxEntries: s.MaxEntries, MaxTables: s.MaxTables,
		Seed: rand.Uint64(), Certs: d.certs, Source: c.Global.Source, Log: d.log, Counters: &d.counters,
	}
	n.Rules.NoRestore, n.Rules.Observe = !s.Restore, s.Observe
	if s.DynamicPeers != nil {
		n.Dynamic = &node.Dynamic{Max: s.DynamicPeers.Max, Allow: s.DynamicPeers.Allow}
	}
	for i := range s.Peers {
		n.Peers = append(n.Peers, peerConfig(&s.Peers[i]))
	}
	return n
}

func peerConfig(p *config.Peer) node.PeerConfig {
	n := node.PeerConfig{Name: p.Name, Role: p.Role, Group: p.Group, Dial: p.Dial, Allow: p.Allow}
	if !p.Addr.IsZero() {
		n.Addr = p.Addr.Dial()
	}
	n.TLS = secret(p.TLS)
	return n
}

// origin is the number of a section in the paths of tables: the same after a restart, and
// another one for every section of every machine.
func (d *daemon) origin(s *config.Section) uint64 {
	h := fnv.New64a()
	words := []string{d.host, s.ID, s.Name}
	if s.Local != nil {
		words = append(words, s.Local.Addr.String())
	}
	h.Write([]byte(strings.Join(words, "\x00")))
	return h.Sum64()
}

// secret is what a line says about encryption, nil if it says nothing. The words of both
// rooms are the same.
func secret(t config.TLS) *secure.Line {
	if !t.Enabled {
		return nil
	}
	return &secure.Line{Crt: t.Crt, CAFile: t.CAFile, Verify: secure.Verify(t.Verify), VerifyHost: t.VerifyHost, VerifyName: t.VerifyName}
}

// secretLine is a line of the configuration that names certificates.
type secretLine struct {
	secure.Line
	pos config.Pos
}

// secrets are all lines of a configuration that name certificates.
func secrets(c *config.Config) (lines []secretLine) {
	add := func(t config.TLS, at config.Pos) {
		if line := secret(t); line != nil {
			lines = append(lines, secretLine{*line, at})
		}
	}
	for _, b := range c.Global.Binds {
		add(b.TLS, b.Pos)
	}
	if h := c.Global.HTTP; h != nil {
		add(h.TLS, h.Pos)
	}
	for _, s := range c.Sections {
		if s.Local != nil {
			add(s.Local.TLS, s.Local.Pos)
		}
		for _, p := range s.Peers {
			add(p.TLS, p.Pos)
		}
	}
	return lines
}

// loadSecrets reads the certificates of a configuration. If any is bad those that are in use
// stay in use.
func (d *daemon) loadSecrets(c *config.Config) error {
	var lines []secure.Line
	for _, s := range secrets(c) {
		lines = append(lines, s.Line)
	}
	return d.certs.Load(lines)
}

// rulesAt says who may come in at the door of an address: to the section whose local line has
// it, by our name there, or to those that a bind line serves, by their IDs.
func rulesAt(name string, p *program) node.DoorRules {
	for _, s := range p.sections {
		if l := s.config.Local; l != nil && l.Addr.String() == name {
			return node.DoorRules{TLS: secret(l.TLS), Allow: l.Allow, Sections: map[string]*node.Section{s.config.Name: s.Section}}
		}
	}
	for i := range p.config.Global.Binds {
		b := &p.config.Global.Binds[i]
		if b.Addr.String() != name {
			continue
		}
		served := map[string]*node.Section{}
		for _, s := range p.sections {
			if b.Serves(s.ID()) {
				served[s.ID()] = s.Section
			}
		}
		return node.DoorRules{TLS: secret(b.TLS), Allow: b.Allow, Sections: served}
	}
	return node.DoorRules{}
}

// startOf is when a section begins: at our start if it is there from the beginning.
func startOf(d *daemon, old *program) time.Time {
	if len(old.sections) == 0 {
		return d.start
	}
	return time.Now()
}

// names are those by which peers call us at a door.
func (l *door) names(c *config.Config) []string {
	var names []string
	for _, s := range c.Sections {
		if s.Local != nil && s.Local.Addr.String() == l.name {
			return []string{s.Name}
		}
		if slices.ContainsFunc(c.Global.Binds, func(b config.Bind) bool { return b.Addr.String() == l.name && b.Serves(s.ID) }) {
			names = append(names, s.ID)
		}
	}
	return names
}

// tls reports whether a door speaks TLS.
func (l *door) tls(c *config.Config) bool {
	return slices.ContainsFunc(c.Doors(), func(d config.Door) bool { return d.Addr.String() == l.name && d.TLS.Enabled })
}
