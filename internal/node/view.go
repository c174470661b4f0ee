package node

import (
	"crypto/tls"
	"time"

	"tallystick/internal/publish"
	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// PeerView is a snapshot of one peer.
type PeerView struct {
	Name     string
	Role     topology.Role
	Group    string // its replicas; "" for none
	Addr     string // as configured; "" for one that only calls us
	Dynamic  bool   // no line names it
	Disabled bool

	Connected   bool // there is a connection
	Established bool // and a session on it
	Calling     bool // we made it
	Remote      string
	Since       time.Time // of the connection; of its loss if there is none; zero: never
	TLS         string    // its version; "" for a plain connection
	CertNames   []string  // of the certificate that the peer has shown
	Allow       []string  // networks that it may come from; nil: any

	Accepted, Called         int // connections, by who made them
	LastAccepted, LastCalled time.Time
	LastSession              time.Time // when the last session was established; zero: never
	Sessions, Lost           int
	Silences, Replaced       int // of Lost: nothing was heard; a newer connection came
	LastStatus               int // of the last handshake; 0 before the first
	ProtocolErrors           int
	Fault                    *Fault

	Inside
}

// Inside is the part of a PeerView that whoever drives the peer's connection must tell.
type Inside struct {
	Session session.Stats // of the present session; its counters of all since our start
	Process string        // process id that the peer gave

	Lanes   []LaneView
	Feeds   []FeedView
	Missing []string // tables that we publish and that the peer has not announced in this session
	Unread  []Unread // why tables, or columns of them, do not reach the peer

	Announced []Announced // tables that it has announced in its present or last session; at most 192
	Copied    *Copied     // nil: nothing of the kind was seen
	Stray     *Stray      // nil: the same, in the present or last session
	Partials  uint64      // sessions in a row in which it never said that it has told us all
}

// LaneView is a snapshot of one source table of a peer.
type LaneView struct {
	Name, Target  string
	Schema        *stick.Schema
	Contributions int    // that count
	LastID        uint32 // of the last update in the present session
	SetAside      string // why it does not count, or ""
	Standby       bool   // another replica counts in its place
	Relayed       bool   // it is handed on, not summed
}

// Unread is a table of ours that a peer cannot read, or not all of it.
type Unread struct {
	Target string
	Why    string // a sentence about the peer: "it has ..."
}

// FeedView is a snapshot of one table on its way to a peer.
type FeedView struct {
	Target string
	publish.Place
	Long     Long       // keys that the peer's table cannot hold
	Compared Comparison // what the peer holds of the table with our sum, if the section observes
}

// TableView is a snapshot of one table that the section publishes.
type TableView struct {
	Name          string
	ID            uint32
	Relayed       bool          // it comes from above; else it is a sum
	Told          uint64        // updates that were sent to peers
	P50, P99      time.Duration // how long changes waited lately; see lag.go
	Timed         bool          // P50 and P99 are known
	Schema        *stick.Schema // nil before the first definition
	Stats         table.Stats
	Disagreements []table.Disagreement
}

// outside is what can be told without the book.
func (p *Peer) outside() PeerView {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.line.Load()
	v := PeerView{Name: p.Name, Role: line.Role, Group: line.Group, Addr: line.Addr, Dynamic: line.dynamic, Disabled: p.disabled, Since: p.lost,
		Accepted: p.tally.accepted, Called: p.tally.called, LastAccepted: p.tally.lastAccepted, LastCalled: p.tally.lastCalled,
		Silences: p.tally.silences, Replaced: p.tally.replaced, LastStatus: p.tally.status, LastSession: p.tally.lastEstablished, Sessions: p.tally.established, Lost: p.tally.lost, ProtocolErrors: p.tally.protocolErrors, Fault: p.fault, Remote: p.tally.remote}
	for _, n := range p.section.nearest(p, nil) {
		v.Allow = append(v.Allow, n.String())
	}
	if c := p.live; c != nil {
		v.Connected, v.Established, v.Calling = true, c.established.Load(), c.calling
		v.Remote, v.Since = c.nc.RemoteAddr().String(), c.since
		if c.secured != nil {
			v.TLS = tls.VersionName(c.secured.Version)
			if shown := c.secured.PeerCertificates; len(shown) > 0 {
				v.CertNames = shown[0].DNSNames
			}
		}
	}
	return v
}

// Tables takes a snapshot of every table that the section publishes.
func (s *Section) Tables() []TableView {
	var views []TableView
	now := time.Now()
	for _, t := range s.tables.all() {
		v := TableView{Name: t.name, ID: t.id, Relayed: t.relayed, Told: t.told.Load(), Schema: t.table.Schema(), Stats: t.table.Stats(), Disagreements: t.table.Disagreements()}
		v.P50, v.P99, v.Timed = t.recent.quantiles(now)
		views = append(views, v)
	}
	return views
}

// Table finds a table that the section publishes, for reading and for the operator's acts,
// under its wire name, with or without the leading slash; nil if there is none.
func (s *Section) Table(name string) (wireName string, t *table.Table) {
	if t := s.tables.find(name); t != nil {
		return t.name, t.table
	}
	return "", nil
}

// Now is the present time as the section's tables count it, in ms.
func (s *Section) Now() int64 { return s.ms(time.Now()) }

// Changed wakes every session after an act on a table from outside.
func (s *Section) Changed() { s.changed() }

// Peer returns the peer of that name, or nil.
func (s *Section) Peer(name string) *Peer { return s.roster.find(name) }

// ContestView is a snapshot of who counts among the replicas of one table.
type ContestView struct {
	Target  string
	Relayed bool
	Group   string // "" for the peers above us
	Leader  string // "": nobody yet
	Members []MemberView
	Dispute *Disagreement // nil: they agree
}

// MemberView is how one replica stands.
type MemberView struct {
	Name     string
	Standing topology.Standing
}

// Contests takes a snapshot of all elections, by table and group.
func (s *Section) Contests() []ContestView { return s.groups.view() }

// WarmAt is when the warm-up ends at the latest.
func (s *Section) WarmAt() time.Time { return s.warmth.deadline() }

// Settings is the configuration that the section runs with now.
func (s *Section) Settings() *Config { return s.conf() }

// Connected reports whether the peer has a connection.
func (p *Peer) Connected() bool { return p.current() != nil }

// Disable ends the peer's session and keeps it out until Enable.
func (p *Peer) Disable() {
	p.mu.Lock()
	p.disabled = true
	c := p.live
	p.mu.Unlock()
	if c != nil {
		c.end(ErrDisabled)
	}
}

// Enable lets a disabled peer in again.
func (p *Peer) Enable() {
	p.mu.Lock()
	p.disabled = false
	p.mu.Unlock()
}

// Drain pushes and acks what is due and ends every session, each as soon as it has nothing
// to say. The caller bounds the time by ending the context of Run.
func (s *Section) Drain() {
	s.closing.Store(true)
	s.changed()
}

// Idle reports whether no connection is left.
func (s *Section) Idle() bool { return len(*s.live.Load()) == 0 }

// Ticked is when the section last looked after what time alone makes due: a second ago at most,
// or something in it stands still.
func (s *Section) Ticked() time.Time { return s.start.Add(time.Duration(s.ticked.Load())) }

// Members are the names of the peers that lines name and whose shares a start waits for.
func (s *Section) Members() []string { return s.members() }
