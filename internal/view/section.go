package view

import (
	"time"

	"tallystick/internal/stick"
)

// Section is one aggregations section.
type Section struct {
	ID      string
	Name    string    // what we call ourselves
	Addr    string    // where we listen; "" behind a shared bind
	Rules   string    // its from and forward lines, "from any to .agg"
	Observe bool      // nothing is pushed, taught or restored; what would be is counted
	Warm    bool      // aggregates are pushed: the warm-up is over
	WarmAt  time.Time // when the warm-up ends at the latest; zero once Warm
	Peers   []Peer    // in the order of the configuration; dynamic ones behind them
	Tables  []Table   // by target name, aggregates and relayed ones

	Binds     []string // shared binds that bring peers to it, as they are bound
	MaxPeers  int      // with dynamic-peers: how many there may be, static ones included; 0: strangers are refused
	Shard     string   // "1/3" as the configuration has it; "" for none
	Misplaced uint64   // with Shard: updates since our start for keys that are another shard's

	To         string    // suffix of what it publishes, with its dot
	Forward    []string  // suffixes of what it relays
	NoAscend   bool      // sums are not told to peers above
	NoFeedback bool      // nor to nodes and peers below
	Limits     Limits    // and how they were met
	Refusals   []Refusal // of callers; the most recent ones, a bounded number

	WarmHeard    int       // members that the configuration names and that have given a lesson since our start
	WarmExpected int       // all members that it names
	Groups       []Group   // by name
	Lags         Histogram // how long changes waited, from the bytes that brought them until a receiver was told
}

// Peer is one peer and its present or last session. Counters are since our start, over
// all sessions. A zero time is never.
type Peer struct {
	Name     string
	Role     string // "node", "up", "down"
	Group    string // "" for none; peers above us that are in none are one group all the same
	Addr     string // where it is called; "" if it only calls
	Remote   string // the other end of the present or last session; "" before the first
	Disabled bool   // by the operator
	Dynamic  bool   // no line of the configuration names it: its name is a stranger's choice

	TLS       string   // version of the present or last session, "TLS 1.3" as crypto/tls names it; "" for none
	CertNames []string // names in the certificate that it showed in that session; nil if it showed none
	Bind      string   // the shared bind that the session came through; "" if it came another way, or was called
	Allow     []string // addresses that it may come from, as CIDRs; nil: any

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
	Learning    Lesson // that the peer gives us
	Teaching    Lesson // that we give it
	Requests    uint64 // lessons that it asked for
	Finishes    uint64 // lessons that we gave to their end
	Confirms    uint64 // of those, confirmed by it

	HeartbeatsIn, HeartbeatsOut uint64
	Silences                    uint64 // sessions that ended because nothing was heard
	ProtocolErrors              uint64
	Collisions                  uint64 // sessions replaced by a newer one of the same name
	Sessions                    uint64 // that were established
	Drops                       uint64 // sessions that ended, for whatever reason
	MessagesIn, MessagesOut     uint64
	UpdatesIn, UpdatesOut       uint64
	BytesIn, BytesOut           uint64

	Lanes     []Lane         // its source tables, by name
	Announced []Announced    // all tables that it has announced in its present or last session, by name; a bounded number
	Copied    *Copied        // rows that were another node's; nil: none were seen
	Stray     *Stray         // keys of another shard; nil: none were seen in this session
	Partials  uint64         // sessions in a row in which it never said that its lesson was all
	Error     *ProtocolError // the last one; nil if there never was one
}

// Lane is one source table of one peer.
type Lane struct {
	Name     string        // wire name at the peer
	Target   string        // the aggregate that it feeds
	Schema   *stick.Schema // its definition at the peer
	Shares   int64         // contributions that count, or would if it did not stand by
	SetAside string        // why it does not count now; "" if it does
	Standby  bool          // it does not count since another member of the peer's group does
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

// Table is one table that a section publishes: the aggregate of its sources, or one that
// comes from above and is relayed as it is.
type Table struct {
	Sources   []string      // wire names of the tables that feed it
	Target    string        // its own wire name, with the slash if it has one
	Forwarded bool          // it is relayed from the peers above us that feed it: nothing is added up
	Schema    *stick.Schema // as resolved of all definitions, never nil; its Name does not matter
	Rows      int64
	Shares    int64  // contributions of all rows, those that do not count included
	Bytes     int64  // of memory: rows, shares, keys and index
	Changes   uint64 // since the table came to be; Update is its id
	Told      uint64 // updates of it that were sent to peers, lessons included
	Ended     uint64 // contributions whose life ended
	Gone      uint64 // entries that went with their last contribution
	Lag       *Lag   // nil: nobody was told a change lately
	Update    uint32 // id of the last change
	Used      uint32 // id that was used last, for a change or to push one; not before Update
	Receivers []Receiver
	Missing   []string // peers that should hear it and have not announced it
	Disagree  int      // definitions, or columns of them, that do not count since others are different
	Notes     []string // what members disagree about, one sentence each
	Leads     []Lead   // one for each group that feeds it, in the order of the configuration
}

// Lead is which member of a group counts in a table. The others stand by.
type Lead struct {
	Group         string         // as in Peer.Group; "" for the peers above us that are in none
	Peer          string         // who leads, by its name in Section.Peers; "": nobody does yet
	Disagreements []Disagreement // the other members' with Peer; a bounded number of them
}

// Disagreement is that a member that stands by has another value than the one that leads.
// Only what is worth a word is one: by more than 10 % and for longer than 10 s.
type Disagreement struct {
	Member    string         // by its name in Section.Peers
	Key       []byte         // the one that is furthest off, as on the wire
	Schema    *stick.Schema  // of Key; nil: the table's
	Column    stick.DataType // a counter, a gauge or a rate
	Element   int            // of an array, from 0; else 0
	Has       uint64         // what the member has; of a rate its reading
	LeaderHas uint64         // what the one that leads has
	Since     time.Time      // since when it is so
	Times     uint64         // how often the two have disagreed since our start, this time included; 0: not counted
}

// Receiver is how far a peer is in hearing an aggregate. Ids compare to Table.Update.
type Receiver struct {
	Peer   string // by its name in Section.Peers
	Pushed uint32 // id of the last change sent
	Acked  uint32 // of the last change that it has acked
	Synced uint32 // of the last change when its last lesson from us ended
	NotTo  string // why nothing of it is sent to that peer; "" if it is

	Schema  *stick.Schema // as the peer holds the table, which is how it is told; nil: not known yet
	TooLong uint64        // keys, since our start, that its table cannot hold
	LongKey []byte        // the last of them, as on the wire
	LongAt  time.Time     // when that was

	Withheld      uint64 // of a section that observes: updates that the peer would have been sent since it does
	Agree, Differ int    // of such a section: keys whose counters the peer, which another aggregator may feed, held about as our sum has them, and not
}

// Entry is one row of an aggregate: the sum and what each member contributes to it.
type Entry struct {
	Schema *stick.Schema // of key and sum
	Key    []byte        // as on the wire
	Sum    Share
	Shares []Share // in the order of the configuration

	// Deciders are the labels of those whose value a tag or server of the sum is, by column and
	// element, as Schema has them; "" for other columns, and where nobody has one. Get gives
	// them, if there are such columns; Dump does not.
	Deciders []string
}

// Share is values as in stick.Row: the ages of rates are as of the call that gave it.
type Share struct {
	Label   string        // whose it is: "lb1", or "lb1(web.v2)" where a peer has two; of a sum ""
	Schema  *stick.Schema // columns of Values; nil: those of the sum
	Values  []uint64
	Text    string
	Life    uint32 // ms left, or stick.Forever
	Expired bool   // it counts 0
	Group   string // of the peer whose it is, as in Peer.Group
	Standby bool   // it does not count since another member of Group does; Table.Leads has who
	Peer    string // whose it is, by its name in Section.Peers; "" for the operator's, and of a sum
	Source  string // wire name of the table at that peer

	// Own is the definition of that table as the peer has announced it, and Aside why single columns
	// of it do not count. Get gives them, Dump does not.
	Own   *stick.Schema
	Aside map[stick.DataType]string
}
