// Package config turns configuration files into a Config: bytes to words, words to
// statements with positions, statements to structs that are checked and complete.
//
// The language is HAProxy's, the keywords are those of the vendor's aggregators and our
// own; doc/reference.cfg shows them all. Every mistake of every file is found in one run
// and points at a column. The room is pure: the files' bytes and the environment are
// handed in. It must never open, resolve, look up or log anything: a user name, a host
// name, a certificate are words here, and whoever uses them finds out. It is for daemon,
// which loads, and for node, which runs what a Config says.
package config

import (
	"io/fs"
	"net/netip"
	"time"

	"tallystick/internal/topology"
)

// Config is what all files together say, with every default filled in. Nothing in it is
// changed once Parse has returned it, so it is safe for concurrent use.
type Config struct {
	Global   Global
	Sections []*Section // at least one, in the order of the files; IDs are unique
}

// Global is the global section.
type Global struct {
	Stats        []StatsSocket  // runtime CLI; may be empty
	Binds        []Bind         // listeners that sections share
	Source       netip.AddrPort // local address of outgoing connections; invalid: any, port 0: any
	CPUs         []int          // sorted, each once; empty: wherever the system lets us run
	Logs         []Log          // empty: whatever daemon does without
	HTTP         *HTTP          // nil: none
	DynamicPeers *DynamicPeers  // for all sections that have no line of their own; nil: none
}

// StatsSocket is one address of the runtime CLI.
type StatsSocket struct {
	Pos   Pos
	Addr  Addr
	Mode  fs.FileMode // of a unix socket: 0600 unless told otherwise
	User  string      // owner of a unix socket, name or number; "" keeps it
	Group string
	Level Level // operator unless told otherwise
}

// TLS is what a line says about encryption. The files are named, not read.
type TLS struct {
	Enabled    bool   // the word ssl
	Crt        string // PEM file with certificate and key; "" for none
	CAFile     string // PEM file with the authorities to trust; "" for none
	Verify     Verify // required where there is a CAFile and nothing else was said
	VerifyHost string // name that the peer's certificate must carry; "" for any. Nothing with VerifyNone
	VerifyName bool   // the certificate must carry the peer's own name. Nothing with VerifyNone
}

// Bind is a listener shared by sections. The name that a peer calls us by here must be the
// ID of one of them, also of one that has a local line of its own.
type Bind struct {
	Pos      Pos
	Addr     Addr
	TLS      TLS            // VerifyHost and VerifyName hold for everybody who comes in
	Allow    []netip.Prefix // addresses that may come in here, unless Peer.Allow is nearer; nil: what the section says
	Sections []string       // IDs that it serves; nil: all
}

// Serves reports whether nodes of the section id may come here.
func (b *Bind) Serves(id string) bool {
	for _, s := range b.Sections {
		if s == id {
			return true
		}
	}
	return b.Sections == nil
}

// Log is one place that log lines go to.
type Log struct {
	Pos    Pos
	Target LogTarget
	Path   string // of LogFile and LogSyslog
	Format LogFormat
	Level  LogLevel // lines below it are left out
}

// HTTP is the address of metrics, health, API and page.
type HTTP struct {
	Pos   Pos
	Addr  Addr
	TLS   TLS
	Auth  string // htpasswd file; "" for none
	Admin bool   // calls that change something are admitted
}

// DynamicPeers admits nodes that no section names.
type DynamicPeers struct {
	Pos   Pos
	Max   int            // most peers of a section, those that it names included
	Allow []netip.Prefix // addresses that such nodes may come from; nil: what the listener says, else the section
}

// Section is one aggregations section: a set of peers and what is summed among them.
type Section struct {
	ID  string // by which a shared bind knows the section
	Pos Pos    // of the ID

	// Name is what we call ourselves when we call a peer, and what peers call us by at
	// Local.Addr: the local line's name; without such a line the ID. A section behind a
	// shared bind that has a local line as well is called by its ID through the bind and by
	// Name at its own address.
	Name string

	Rules        topology.Rules
	Local        *Peer         // ourselves and where we listen; nil if shared binds alone serve the section
	Peers        []Peer        // all others, in the order of their lines; names are unique, and none is ours
	DynamicPeers *DynamicPeers // the section's own line, or the global one; nil: only those of Peers may come

	// Allow has the addresses that may come, where nothing nearer says it; nil: any. The
	// nearest list that is not nil decides alone: of a peer that a line names Peer.Allow, of
	// another one DynamicPeers.Allow; else that of the listener where it comes in, which is
	// Local.Allow or Bind.Allow; else this one.
	Allow []netip.Prefix

	Warmup       time.Duration // longest wait for every peer's lesson after our start; 10 s, 20 s with down peers
	PushInterval time.Duration // longest coalescing of pushes; 0: none; 5 ms
	Observe      bool          // mode observe: nothing is pushed, taught or restored
	Restore      bool          // a node that lost its memory gets its own rows back; on
	Shard        Shard
	MaxEntries   int64 // rows; 10 million
	MaxTables    int   // aggregate tables; 256
}

// Peer is one peer or server line.
type Peer struct {
	Pos   Pos // of the name
	Name  string
	Addr  Addr // where to call it, or (local) where we listen; zero: it is only accepted
	Role  topology.Role
	Group string         // peers of one group are replicas of each other, and of one Role; "" for none
	Dial  bool           // we call it, as we call up peers
	TLS   TLS            // of sessions that we open, or (local) of the listener; VerifyHost and VerifyName hold for those that it opens, too
	Allow []netip.Prefix // addresses that it may come from, or (local) that may come in here; nil: see Section.Allow
}

// Shard is our place among aggregators that share the keys. The nodes share them out; here
// it only tells which keys are astray.
type Shard struct {
	Index, Count int    // from 1 to Count; Count 0: not sharded
	Peers        string // name of the nodes' peers section; "": tables of peers sections are not checked
}
