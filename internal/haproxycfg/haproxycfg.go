// Package haproxycfg reads a configuration of HAProxy as far as peers and stick tables go: who the
// node is, whom it calls, what it counts, and which rules read that.
//
// It is for whoever holds nodes' files against ours before anything runs. It takes every file that
// HAProxy takes: a line that it does not know is none of its business, and what cannot be judged from
// the file alone (a condition, a variable that is not set here) is said rather than guessed. Every
// finding knows its place. The room is pure: bytes and environment are handed in. It must never judge a
// configuration: whether HAProxy would take it is HAProxy's to say.
package haproxycfg

import (
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/words"
)

// Limits of what is read: whatever somebody hands in costs no more than that.
const (
	MaxBytes  = 16 << 20 // of all files of a node
	MaxTables = 10_000
	MaxUses   = 200_000
)

// File is one file of a node's configuration.
type File struct {
	Name string // as messages shall show it
	Data []byte
}

// Options are what the meaning of the files depends on.
type Options struct {
	Lookup  words.Lookup // the environment; nil: empty
	Name    string       // the node's name, as by HAProxy's -L, which goes before a localpeer line; "" for none
	Version Version      // of the HAProxy; zero: not known
}

// Config is what the files of one node say. It is not changed once Parse has returned it.
type Config struct {
	Files   []File
	Options Options

	// Name is that of the node as a peer, "" where nothing tells it. Named: a localpeer line or
	// Options.Name says so; else it was guessed from the peers section, and the node's real name is that
	// of its host.
	Name    string
	Named   bool
	NamePos words.Pos // of the localpeer line's value; zero: no such line
	Global  words.Pos // of the first global section; zero: none

	Sections []*Peers
	Tables   []*Table // in the order of the files; names are unique in what HAProxy takes
	Uses     []Use    // in the order of the files
	Doubts   []Doubt  // what cannot be judged
	Partial  bool     // lines about names, peers or tables are among what cannot be judged

	tables map[string]*Table   // by name, the first of each
	lines  map[string][]string // of each file
}

// Doubt is something that the file alone does not tell.
type Doubt struct {
	Pos words.Pos
	Msg string
}

// Peers is a peers section.
type Peers struct {
	Name     string
	Pos      words.Pos // of its name
	Binds    []Bind
	Peers    []Peer
	Shards   int       // 0: none
	ShardPos words.Pos // of the shards line
	Disabled words.Pos // of the line; zero: it is not disabled
	Last     int       // line of its last line but tables; a new peer's line goes behind it
	LastFile string
}

// Bind is one address at which the node's peers section listens.
type Bind struct {
	Pos  words.Pos
	Addr Addr
	SSL  bool
}

// Peer is one peer or server line.
type Peer struct {
	Pos     words.Pos // of the name
	Keyword string    // peer or server
	Name    string
	Unset   string // a variable in the name that has no value here; "" for none
	Addr    Addr   // zero: none is given
	SSL     bool
	Shard   int // 0: none
	Local   bool
	Args    []string // what stands behind the address, as written
}

// Addr is an address as far as it can be told.
type Addr struct {
	Text string // as it was understood; "" for none
	Host string // without brackets; "" is every address
	Port uint16 // 0: not known
}

// IsZero reports whether there is no address.
func (a Addr) IsZero() bool { return a.Text == "" }

// Any reports whether the host is every address of the machine.
func (a Addr) Any() bool {
	return a.Host == "" || a.Host == "*" || a.Host == "0.0.0.0" || a.Host == "::"
}

// Table is a stick table.
type Table struct {
	Pos    words.Pos // of the word table or stick-table
	Name   string    // as HAProxy's rules and CLI have it: "cluster/rates", or the proxy's name
	Proxy  string    // the proxy that it lives in; "" for one of a peers section
	Peers  string    // the peers section that it is shared by; "" for none
	Schema stick.Schema
	Size   int64 // entries; 0: cannot be told

	NoPurge, RecvOnly bool
	WriteTo           string // "" for none
	Options           []Option
	end               int // offset of what follows its last word in its line
}

// Wire is the name under which the table travels: "/rates" of a peers section, "web" of a proxy.
func (t *Table) Wire() string { return t.Schema.Name }

// End is the offset, in the table's line, of what follows its last word.
func (t *Table) End() int { return t.end }

// Option is one argument of a table with its values, as they are written in the file.
type Option struct {
	Name  string
	Words []string
}

// Section finds a peers section; nil if there is none of that name.
func (c *Config) Section(name string) *Peers {
	for _, s := range c.Sections {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Table finds a table by the name that rules have for it; nil if there is none.
func (c *Config) Table(name string) *Table { return c.tables[name] }

// Line is a line of a file, without its end; "" if there is none.
func (c *Config) Line(p words.Pos) string {
	lines := c.lines[p.File]
	if p.Line < 1 || p.Line > len(lines) {
		return ""
	}
	return strings.TrimSuffix(lines[p.Line-1], "\r")
}

// Local is the section's line for the node itself; nil if there is none.
func (s *Peers) Local() *Peer {
	for i := range s.Peers {
		if s.Peers[i].Local {
			return &s.Peers[i]
		}
	}
	return nil
}

// Listen is where the section listens: its bind lines, or the address of its own line.
func (s *Peers) Listen() []Bind {
	if len(s.Binds) > 0 {
		return s.Binds
	}
	if l := s.Local(); l != nil && !l.Addr.IsZero() {
		return []Bind{{Pos: l.Pos, Addr: l.Addr, SSL: l.SSL}}
	}
	return nil
}
