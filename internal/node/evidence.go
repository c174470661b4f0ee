package node

import (
	"bytes"
	"time"

	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// evidence is what a peer's announcements and rows show of how it is configured, beside what
// becomes of them: for observers. It is bounded, and belongs to whoever holds the book.
type evidence struct {
	announced map[string]*Announced // in the present or last session, by wire name
	stranger  *Stray
	copied    *Copied
	copier    string // the process that copied is of
	compared  comparison
	partials  uint64 // sessions in a row in which the peer had not all to tell, to the last
}

// Announced is a table that a peer has announced, and what was seen of it.
type Announced struct {
	Name   string
	Use    topology.Use
	Schema *stick.Schema

	Tracked    uint64    // of an Own table: rows that the peer has pushed outside of lessons
	TrackedAt  time.Time // the last of them
	TrackedKey []byte

	// Of an Own table with conn_cur, in the last lesson in which anything could be seen of it: rows in which the peer
	// has 0 though it has acked more, and those in which it has something.
	GaugesLost, GaugesKept int
	gauges                 int // looked at in the present lesson
}

// Stray is that a peer sends keys of another shard.
type Stray struct {
	Rows  uint64 // seen in this session
	At    time.Time
	Table string
	Key   []byte
	Type  stick.KeyType
	Of    int
}

// Long is that keys are too long for a peer's table.
type Long struct {
	Keys uint64    // since our start
	Key  []byte    // the last of them
	At   time.Time // when that was
}

// maxAnnounced is how many of a peer's tables are remembered: as many as it may have
// sources, a twin for each of them, and some that nobody takes.
const maxAnnounced = 3 * maxPeerTables

// begin forgets what holds for a session.
func (e *evidence) begin() { e.announced, e.stranger = nil, nil }

// announce remembers a table.
func (e *evidence) announce(s *stick.Schema, use topology.Use) {
	a := e.announced[s.Name]
	if a == nil {
		if len(e.announced) >= maxAnnounced {
			return
		}
		if e.announced == nil {
			e.announced = map[string]*Announced{}
		}
		a = &Announced{Name: s.Name}
		e.announced[s.Name] = a
	}
	a.Schema, a.Use = s, use
}

// tracked remembers that the peer has counted in a table of ours.
func (e *evidence) tracked(now time.Time, name string, rows []stick.Row) {
	if a := e.announced[name]; a != nil {
		a.Tracked += uint64(len(rows))
		a.TrackedAt, a.TrackedKey = now, bytes.Clone(rows[len(rows)-1].Key)
	}
}

// stray remembers a key of another shard.
func (e *evidence) stray(now time.Time, name string, t stick.KeyType, key []byte, of int) {
	if e.stranger == nil {
		e.stranger = &Stray{}
	}
	x := e.stranger
	x.Rows++
	x.At, x.Table, x.Type, x.Key, x.Of = now, name, t, bytes.Clone(key), of
}

// lesson begins to look at what comes in another lesson.
func (e *evidence) lesson() {
	for _, a := range e.announced {
		a.gauges = 0
	}
	if e.compared.over { // what waits for others goes on waiting
		e.compared = comparison{waiting: e.compared.waiting}
	}
}

// ends notes how a lesson has ended. After three that were not all nobody asks again: a node that
// has just been started cold may end so once.
func (e *evidence) ends(s session.Stats) {
	switch {
	case s.FinishedIn > 0:
		e.partials = 0
	case s.PartialsIn == mostPartials:
		e.partials++
	}
}

// mostPartials is how often a session asks for a lesson in vain.
const mostPartials = 3

// snapshot copies what observers may keep.
func (e *evidence) snapshot(v *Inside) {
	for _, a := range e.announced {
		v.Announced = append(v.Announced, *a)
	}
	if e.stranger != nil {
		x := *e.stranger
		v.Stray = &x
	}
	v.Copied, v.Partials = e.copied, e.partials // what copied points to is never changed
}
