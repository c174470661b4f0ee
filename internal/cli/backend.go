package cli

import (
	"errors"
	"time"

	"tallystick/internal/stick"
)

// Backend is the program as the CLI sees it. Every method is called from many goroutines
// at once, answers at once (no I/O, but for Reload), and gives away what it returns: the
// CLI keeps slices as long as a client takes to read, and changes nothing in them.
//
// Sections and tables are named by Section.ID and Table.Target as Sections gave them; they
// may be gone when they are named, which is ErrGone.
type Backend interface {
	Viewer
	Operator
}

// Viewer is what can be looked at.
type Viewer interface {
	Process() Process
	Sections() []Section // in the order of the configuration
	Events() []Event     // the most recent ones, oldest first; a bounded ring

	// Dump begins to read a table. Rows that come or go meanwhile may or may not be seen;
	// each that stays is seen once.
	Dump(section, table string) (Dump, error)
	// Get calls f with the entry of key, if there is one, and reports whether there was.
	// The key is as on the wire: binary keys padded.
	Get(section, table string, key []byte, f func(*Entry)) (bool, error)
}

// Dump is a place in a table. It holds no lock between calls, and needs no closing. One
// goroutine at a time.
type Dump interface {
	// Next calls f, outside of all locks, with up to limit more entries, and reports
	// whether there may be more. An entry and what it points to is f's only during the call.
	Next(limit int, f func(*Entry)) (more bool)
}

// Operator is what can be done. An error is printed to the client as it is: a sentence in
// lower case that names what was wrong.
type Operator interface {
	// SetPeer closes a peer's session and keeps it away, or lets it come again.
	SetPeer(section, peer string, enabled bool) error
	// SetLogLevel: lines below level are left out from now on. It is one of LogLevels.
	SetLogLevel(level string) error
	// Reload reads the configuration again. It returns once the new one serves, or with
	// why the old one still does.
	Reload() error
	// Clear forgets all shares of a key, or of all keys if key is nil, until their next
	// update, and returns how many rows that was. The key is as on the wire; an empty one
	// that is not nil is the empty string.
	Clear(section, table string, key []byte) (rows int, err error)
	// Set makes values the operator's own contribution to a key.
	Set(section, table string, key []byte, values []Assignment) error
}

// Assignment is one column, or element of an array, and the value it is to have.
type Assignment struct {
	Type    stick.DataType
	Element int    // of an array, from 0; else 0
	Value   uint64 // as in stick.Row.Values; of a rate: the events of the current window
	Text    string // of a text column
}

// Process is the program itself.
type Process struct {
	Version  string // "1.0.0"
	Release  string // date of the release, "2026/01/31"
	PID      int
	Node     string    // host name
	Started  time.Time // for the uptime
	Threads  int       // GOMAXPROCS
	Tasks    int       // goroutines
	LogLevel string    // one of LogLevels
	MaxConns int       // peers' connections that may be open at once; 0: no limit but the system's
	Conns    int       // that are
	CumConns uint64    // that ever were
	Stopping bool      // it is about to end: no new sessions
	// Counters is everything else that "show info" lists, in its order: sizes, and for
	// each limit how often it was met.
	Counters []Counter
}

// Counter is one line of "show info".
type Counter struct {
	Name  string // as HAProxy's: a word in CamelCase or with underscores, no colon, no blank
	Value int64
}

// LogLevels are the words of "set log level", the worst first: those of the log line.
var LogLevels = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// Section is one aggregations section.
type Section struct {
	ID      string
	Name    string    // what we call ourselves
	Addr    string    // where we listen; "" behind a shared bind
	Rules   string    // its from and forward lines, "from any to .agg"
	Observe bool      // nothing is pushed
	Warm    bool      // aggregates are pushed: the warm-up is over
	WarmAt  time.Time // when the warm-up ends at the latest; zero once Warm
	Peers   []Peer    // in the order of the configuration; dynamic ones behind them
	Tables  []Table   // by target name
}

// Peer is one peer and its present or last session. Counters are since our start, over
// all sessions. A zero time is never.
type Peer struct {
	Name     string
	Role     string // "node", "up", "down"
	Group    string // "" for none
	Addr     string // where it is called; "" if it only calls
	Remote   string // the other end of the present or last session; "" before the first
	Disabled bool   // by the operator
	Dynamic  bool   // no line of the configuration names it

	Established bool   // its session lives: the handshake is done
	Calling     bool   // we are calling it now
	Minor       int    // protocol 2.Minor of the present or last session
	PID         string // process id that it gave in its last hello
	LastStatus  int    // status of the last handshake, 200 to 599; 0 before the first

	Handshake time.Time // last one that succeeded
	Changed   time.Time // Established last changed, or our start
	Accepts   uint64    // handshakes with sessions that it called
	Accepted  time.Time // last of them
	Connects  uint64    // sessions that we called, successfully or not
	Connected time.Time // last of them
	Reconnect time.Time // when we call it next
	Heartbeat time.Time // when our next heartbeat is due

	LessonAsked bool   // we have asked for a lesson in this session
	LessonDone  bool   // and it has been given, whole or partial
	Requests    uint64 // lessons that it asked for
	Finishes    uint64 // lessons that we gave to their end
	Confirms    uint64 // of those, confirmed by it

	HeartbeatsIn, HeartbeatsOut uint64
	Silences                    uint64 // sessions that ended because nothing was heard
	ProtocolErrors              uint64
	Collisions                  uint64 // sessions replaced by a newer one of the same name
	Drops                       uint64 // sessions that ended, for whatever reason
	MessagesIn, MessagesOut     uint64
	UpdatesIn, UpdatesOut       uint64
	BytesIn, BytesOut           uint64

	Lanes []Lane         // its source tables, by name
	Error *ProtocolError // the last one; nil if there never was one
}

// Lane is one source table of one peer.
type Lane struct {
	Name     string        // wire name at the peer
	Target   string        // the aggregate that it feeds
	Schema   *stick.Schema // its definition at the peer
	Shares   int64         // contributions that count
	SetAside string        // why it does not count now; "" if it does
	LastGot  uint32        // id of the last update received in the present session
}

// ProtocolError is a fault of a peer that ended its session.
type ProtocolError struct {
	Time   time.Time // wall clock
	Text   string    // what was wrong
	At     uint64    // offset of the message in the stream of that session, in bytes
	Offset int       // of the faulty byte within Bytes; -1 if it is not among them
	Bytes  []byte    // the message, or its beginning
}

// Table is one aggregate table of a section.
type Table struct {
	Sources   []string      // wire names of the tables that feed it
	Target    string        // its own wire name, with the slash if it has one
	Schema    *stick.Schema // as resolved of all definitions, never nil; its Name does not matter
	Rows      int64
	Update    uint32 // id of the last change
	Used      uint32 // id that was used last, for a change or to push one; not before Update
	Receivers []Receiver
	Notes     []string // what members disagree about, one sentence each
}

// Receiver is how far a peer is in hearing an aggregate. Ids compare to Table.Update.
type Receiver struct {
	Peer   string // by its name in Section.Peers
	Pushed uint32 // id of the last change sent
	Acked  uint32 // of the last change that it has acked
	Synced uint32 // of the last change when its last lesson from us ended
}

// Entry is one row of an aggregate: the sum and what each member contributes to it.
type Entry struct {
	Schema *stick.Schema // of key and sum
	Key    []byte        // as on the wire
	Sum    Share
	Shares []Share // in the order of the configuration
}

// Share is values as in stick.Row: the ages of rates are as of the call that gave it.
type Share struct {
	Label   string        // whose it is: "lb1", or "lb1(web.v2)" where a peer has two; of a sum ""
	Schema  *stick.Schema // columns of Values; nil: those of the sum
	Values  []uint64
	Text    string
	Life    uint32 // ms left, or stick.Forever
	Expired bool   // it counts 0
}

// Event is one thing that happened, as it was logged.
type Event struct {
	Time  time.Time // wall clock
	Level string    // one of LogLevels
	Text  string
}

// ErrGone is the answer for a section or table that is no more.
var ErrGone = errors.New("no such section or table any more")
