package view

import (
	"time"

	"tallystick/internal/stick"
)

// Severity is how much a finding matters.
type Severity string

// The severities, the worst first.
const (
	Error   Severity = "error"   // sums are wrong, or do not arrive
	Warning Severity = "warning" // something is not as it was meant, or will not be soon
	Notice  Severity = "notice"  // it may be meant so
)

// Finding is one thing that is wrong in the cluster, as we see it from here. It is told as long
// as it stands.
type Finding struct {
	Rule     string // which rule found it, in kebab case: twin-missing; doc/lint.md has them all
	Severity Severity
	Section  string    // Section.ID; "" for the program as a whole
	Peer     string    // Peer.Name; "" if it is about no single peer. It may be a stranger's choice
	Table    string    // wire name; "" for none
	Text     string    // one sentence: what is wrong, and where
	Fix      string    // the line to write, as it is to stand in the configuration; "" if there is none to give
	Since    time.Time // when it was seen first
}

// Doc is where the rule is explained: a page of doc/ and the place in it.
func (f *Finding) Doc() string { return "lint.md#" + f.Rule }

// Announced is a table that a peer has announced in its present or last session, and what
// was seen of it there.
type Announced struct {
	Name   string // wire name at the peer
	Use    Use
	Schema *stick.Schema // as the peer holds it

	// Of a Sum: rows that the peer has pushed outside of lessons, so it counts in it.
	Tracked    uint64
	TrackedAt  time.Time // the last of them
	TrackedKey []byte    // its key, as on the wire

	// Of a Sum with conn_cur: rows that came back in the last lesson in which the peer has 0 though it has
	// acked another number, and those in which it has what it was told.
	GaugesLost, GaugesKept int
}

// Use is what becomes of a table that a peer has announced.
type Use string

// The uses of a peer's table.
const (
	Source  Use = "source"  // it is summed, or relayed
	Sum     Use = "sum"     // it is named like one that we publish: its definition counts, its rows do not
	Ignored Use = "ignored" // no rule takes it
)

// Copied is that rows which a peer has told us in a lesson were another's: both had learned
// them from each other.
type Copied struct {
	From     string        // the peer whose they are
	Table    string        // wire name of the source
	Rows     int           // that were the other's, number by number
	Compared int           // that could have been
	Key      []byte        // one of them, as on the wire
	Schema   *stick.Schema // of Key
}

// Stray is that a peer sends keys that are of another shard.
type Stray struct {
	Rows  uint64        // seen in this session; only some are looked at
	At    time.Time     // the last of them
	Table string        // wire name
	Key   []byte        // the last of them, as on the wire
	Type  stick.KeyType // of Key
	Of    int           // its shard, from 1
}

// Refusal is somebody who has called and may not come in, by name and reason.
type Refusal struct {
	Name, Called string // who it says it is, and whom it has called: a stranger's choice
	From         string // address
	Why          RefusalKind
	Text         string    // the sentence that the log has
	Line         string    // the line that would admit it; "" if there is none
	First, Last  time.Time // of the present series of calls
	Times        uint64    // in it
}

// RefusalKind is why somebody was refused, in the word that Process.Refused has for it.
type RefusalKind string

// The reasons for which somebody is refused who has said who he is.
const (
	RefusedUnknown     RefusalKind = "unknown_name"   // no line has the name
	RefusedSelf        RefusalKind = "own_name"       // it is ours
	RefusedWrongName   RefusalKind = "wrong_name"     // it has called somebody else
	RefusedTwice       RefusalKind = "other_address"  // one of that name is there, from another address
	RefusedAllow       RefusalKind = "not_allowed"    // it may not come from where it comes
	RefusedCertificate RefusalKind = "certificate"    // it has not proved its name
	RefusedCrowd       RefusalKind = "too_many_peers" // one dynamic peer too many
	RefusedTLS         RefusalKind = "bad_tls"        // no TLS session came about, or one side does not want any; the name is not known
	RefusedOther       RefusalKind = "other"          // disabled, or stopping
)

// Limits are those of a section, and how they were met since its start.
type Limits struct {
	MaxEntries, Entries int64     // rows that there may be, and are
	Evicted, Refused    uint64    // rows that made room, and rows that were not taken
	MaxTables           int       // tables that there may be
	TablesRefused       uint64    // that were not taken since there were too many
	TablesAt            time.Time // the last of them
}

// Certificate is one that is in use.
type Certificate struct {
	File string
	For  string // names that it is for, or whose authority's it is
	Ends time.Time
}

// Reach is how far the newest value of one key has come at one peer.
type Reach struct {
	Peer    string // by its name in Section.Peers
	Known   bool   // it could be told; else the peer is catching up, and the key is somewhere in between
	Pushed  bool   // it has been sent in this session, or had been before
	Acked   bool   // and the peer has said that it has it
	TooLong bool   // the key is longer than the peer's table can hold: it is not sent
}
