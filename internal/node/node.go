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

	"tallystick/internal/secure"
	"tallystick/internal/topology"
)

// Config is one aggregations section, resolved. Nothing in it is changed once it has been
// handed over: another configuration is another Config (Section.Reconfigure).
type Config struct {
	ID     string         // of the section
	Name   string         // ours, by which we call peers
	PID    int            // told to the peers that we call
	Origin uint64         // ours in the paths of tables; the same after a restart, and no other aggregator's
	Rules  topology.Rules // what is summed, under which name, and who gets it
	Shard  topology.Shard // which keys the nodes should send us
	Peers  []PeerConfig   // in configuration order, without ourselves

	Dynamic *Dynamic       // nodes that no line names; nil: they are refused
	Allow   []netip.Prefix // addresses that may come, where neither the peer nor the door says; nil: any

	Warmup       time.Duration // longest time without pushing after our start, see warmth
	PushInterval time.Duration // longest coalescing of pushes under load
	MaxEntries   int64         // rows of all tables of the section
	MaxTables    int           // tables of the section
	Seed         uint64        // of the tables' hash: keys come from strangers

	Certs    *secure.Store  // has the files of every line; nil: no line names any
	Source   netip.AddrPort // local address of calls; the zero value lets the system choose
	Log      *slog.Logger
	Counters *Counters
	// Dial makes a call; nil is the network's own. Tests call through pipes.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
}

// PeerConfig is one peer line.
type PeerConfig struct {
	Name  string
	Addr  string // host:port, or "" for a peer that only calls us
	Role  topology.Role
	Group string         // its replicas; "" for none
	Dial  bool           // always call it, do not wait to be called
	Allow []netip.Prefix // addresses that it may come from; nil: what the door or the section says
	TLS   *secure.Line   // what its line says of encryption, for calls to it and of whoever calls in its name; nil: nothing
}

// Dynamic admits nodes that no line names.
type Dynamic struct {
	Max   int            // peers of the section, those that lines name included
	Allow []netip.Prefix // addresses that they may come from; nil: what the door or the section says
}

// Limits, each with a counter (Counters) and one log line.
const (
	maxStrangers    = 256                   // connections that have not said who they are
	maxExpected     = 256                   // the same from addresses of configured peers: strangers do not take their places
	greetingTime    = 5 * time.Second       // from accept to the end of the hello, TLS included
	maxPeerTables   = 64                    // tables that one peer may announce
	gaugeLife       = 10 * time.Second      // conn_cur of a peer without a session
	forgetForever   = 24 * time.Hour        // contributions without expiry of a peer without a session
	tickInterval    = 50 * time.Millisecond // expiry, window ends, while there are any in sight
	restMost        = time.Second           // the same when there are none
	userTimeout     = 10 * time.Second      // unacknowledged bytes end a connection
	unsent          = 128 << 10             // bytes that the kernel keeps for a peer which cannot take them yet; it would keep megabytes
	restoreTables   = 1 << 20               // ids of tables that are taught back begin behind all others
	firstCallAfter  = 50 * time.Millisecond
	firstCallBefore = 500 * time.Millisecond
	callAfter       = 10 * time.Second // without a session, peers that usually call us
)
