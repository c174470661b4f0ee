// Package node is where the peers are: listeners, calls, and one drive loop for each
// connection. It carries bytes to sessions, rows from sessions to tables and changes
// from tables to sessions, and knows who may come in, who is called when, and which of
// two connections of one peer wins.
//
// It owns every socket and goroutine of the peers protocol. It must never look into a
// message (wire, session), add two numbers (table) or choose a name (topology): where a
// rule needs thinking, the thinking is in a room that can be tested without a network.
//
// Ownership: a Section holds its peers. What is known of a peer beyond one connection is
// its book, and whoever drives the peer's connection holds it; it is handed over through a
// channel of one, so that a new connection begins only when the old one has let go.
package node

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"tallystick/internal/topology"
)

// Config is one aggregations section, resolved.
type Config struct {
	ID    string         // of the section
	Name  string         // ours, by which peers call us
	PID   int            // told to the peers that we call
	Rules topology.Rules // what is summed, under which name, and who gets it
	Peers []PeerConfig   // in configuration order, without ourselves

	Warmup       time.Duration // longest time without pushing after our start, see warmth
	PushInterval time.Duration // longest coalescing of pushes under load
	Restore      bool          // nodes that have lost their memory are taught their own last values
	MaxEntries   int64         // rows of all tables of the section
	MaxTables    int           // tables of the section
	Seed         uint64        // of the tables' hash: keys come from strangers

	Source   netip.AddrPort // local address of calls; the zero value lets the system choose
	Log      *slog.Logger
	Counters *Counters
	// Dial makes a call; nil is the network's own. Tests call through pipes.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
}

// PeerConfig is one peer line.
type PeerConfig struct {
	Name string
	Addr string // host:port, or "" for a peer that only calls us
	Role topology.Role
	Dial bool // always call it, do not wait to be called
}

// Limits, each with a counter (Counters) and one log line.
const (
	maxStrangers    = 256             // connections that have not said who they are
	greetingTime    = 5 * time.Second // from accept to the end of the hello
	maxPeerTables   = 64              // tables that one peer may announce
	silenceNode     = 10 * time.Second
	silenceOther    = 5500 * time.Millisecond // of an aggregator: a group's takeover must not wait longer
	gaugeLife       = 10 * time.Second        // conn_cur of a peer without a session
	forgetForever   = 24 * time.Hour          // contributions without expiry of a peer without a session
	tickInterval    = 50 * time.Millisecond   // expiry, window ends
	userTimeout     = 10 * time.Second        // unacknowledged bytes end a connection
	restoreTables   = 1 << 20                 // ids of tables that are taught back begin behind all others
	pushBurst       = 64                      // messages to one peer within a push interval before coalescing sets in
	firstCallAfter  = 50 * time.Millisecond
	firstCallBefore = 500 * time.Millisecond
	callAfter       = 10 * time.Second // without a session, peers that usually call us
)
