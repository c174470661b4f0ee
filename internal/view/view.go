// Package view is the program as its observers see it: snapshots of sections, peers, tables and
// entries, in plain values, and the two interfaces through which observers ask for them (Viewer) and
// act (Operator). The daemon fills them; the runtime CLI, metrics, lint and the page read them, so that all
// of them tell the same.
//
// It holds no state, formats nothing and decides nothing: what a value looks like is its reader's business.
package view

import (
	"errors"
	"time"

	"tallystick/internal/stick"
)

// Backend is the program, to look at and to act on. Every method is called from many goroutines
// at once, answers at once (no I/O, but for Reload), and gives away what it returns:
// observers keep slices as long as a client takes to read, and change nothing in them.
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
	// Trace tells how far the newest value of a key has come at each peer that hears the table.
	Trace(section, table string, key []byte) ([]Reach, error)

	// Findings is what is wrong in the cluster at present, the worst first. It is looked for
	// every few seconds, and what has just begun or ended may not be told yet.
	Findings() []Finding
}

// Dump is a place in a table. It holds no lock between calls, and needs no closing. One
// goroutine at a time.
type Dump interface {
	// Next calls f, outside of all locks, with up to limit more entries, and reports
	// whether there may be more. An entry and what it points to is f's only during the call.
	Next(limit int, f func(*Entry)) (more bool)
}

// Skimmer is a Dump that can leave the shares of entries out: they are most of its work, and whoever looks
// for the largest sums needs those of a few alone.
type Skimmer interface {
	Dump
	// Skim leaves shares out from now on.
	Skim()
}

// Operator is what can be done. An error is printed to the client as it is: a sentence in
// lower case that names what was wrong.
type Operator interface {
	// SetPeer closes a peer's session and keeps it away, or lets it come again.
	SetPeer(section, peer string, enabled bool) error
	// SetLogLevel: lines below level are left out from now on. It is one of LogLevels.
	SetLogLevel(level string) error
	// Reload reads the configuration again. It returns once the new one serves, with a
	// line on what is other than before, "nothing has changed" included; or with why the old
	// one still does: all complaints of the new one, each on a line of its own.
	Reload() (changed string, err error)
	// Clear forgets all shares of a key, or of all keys if key is nil, until their next
	// update, and returns how many rows that was. The key is as on the wire; an empty one
	// that is not nil is the empty string. Bans are not forgotten.
	Clear(section, table string, key []byte) (rows int, err error)
	// Set makes values the operator's own contribution to a key.
	Set(section, table string, key []byte, values []Assignment) error
	// Ban makes a value, above 0, the operator's contribution to a key for as long as it is told, which
	// is above 0 and at most MaxBan, whatever the table's expire is. Another ban of the same column is replaced. Numbers are
	// added to what peers report, of a rate for all of the time; a tag wins over theirs. Text columns
	// cannot be banned.
	Ban(section, table string, key []byte, value Assignment, life time.Duration) error
	// Unban ends the bans of a key at once: that of one column, or element of an array, which of names by
	// its type and element; all if of is nil. The table is named as Bans has it, and may be gone. It returns how many that were.
	Unban(section, table string, key []byte, of *Assignment) (ended int, err error)
	// Bans lists the bans of a section, by table, key and column. They are the operator's, to be seen by
	// everybody, and are lost when we are restarted.
	Bans(section string) ([]Ban, error)
}

// MaxBan is the longest life of a ban: the longest time that HAProxy's configuration can say.
const MaxBan = (1<<31 - 1) * time.Millisecond

// Ban is one value that an operator has given a key for a time.
type Ban struct {
	Table   string        // its target
	KeyType stick.KeyType // of Key
	Key     []byte        // as on the wire
	Value   Assignment    // a number
	Until   time.Time     // when it ends
	Idle    string        // why it is in no sum now; "" if it is in one
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
	RSS      int64     // resident memory in bytes; 0: not known
	Reload   Reload    // the last one

	ReloadsGood, ReloadsBad uint64 // since our start
	LimitsHit               []Hit  // every limit of the program
	Refused                 []Hit  // callers, by reason: a RefusalKind, or that there was no proper hello
	LogLinesLost            uint64 // that a target did not take
	Evicted                 uint64 // entries that made room for others

	// Counters is everything else that "show info" lists, in its order: sizes, and for
	// each limit how often it was met.
	Counters []Counter

	Refusals     []Refusal     // of callers that no section could be found for; the most recent ones, a bounded number
	Certificates []Certificate // in use, ours and those of authorities
}

// Counter is one line of "show info".
type Counter struct {
	Name  string // as HAProxy's: a word in CamelCase or with underscores, no colon, no blank
	Value int64
}

// LogLevels are the words of "set log level", the worst first: those of the log line.
var LogLevels = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// Event is one thing that happened, as it was logged.
type Event struct {
	Time  time.Time // wall clock
	Level string    // one of LogLevels
	Text  string    // message and details

	Seq     uint64 // its number since our start, from 1; a later one's is larger
	Section string // whom it concerns; "": no section in particular
	Peer    string // by its name in Section.Peers; "": no peer in particular
}

// ErrGone is the answer for a section or table that is no more.
var ErrGone = errors.New("no such section or table any more")
