package node

import (
	"errors"
	"fmt"
	"time"

	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// errIgnored: no rule of the section takes the table.
var errIgnored = errors.New("no rule takes it")

// source is the visit as its session's Source: where the peer's reports go.
type source visit

// Define implements session.Source.
func (v *source) Define(now time.Time, s *stick.Schema) (session.Lane, error) {
	use, to := v.section.Rules.Classify(v.peer.Role, s.Name)
	h := heard{name: s.Name, use: use}
	switch use {
	case topology.Source:
		l, err := v.define(s, to)
		if err != nil {
			v.section.Counters.TablesRefused.Add(1)
			v.section.gossip.once("tables "+v.peer.Name, now, func() { v.log.Warn("table not taken", "table", s.Name, "why", err) })
			return 0, err
		}
		h.lane = l
	case topology.Own:
		v.own[s.Name] = s
		v.linked = 0 // look at the feeds anew
	default:
		v.section.gossip.once("ignored "+v.peer.Name+" "+s.Name, now, func() {
			v.log.Info("table is not summed: no 'from' of the section takes its name", "table", s.Name)
		})
		return 0, errIgnored
	}
	i, known := v.byName[s.Name]
	if !known {
		i = session.Lane(len(v.heard))
		v.heard = append(v.heard, h)
		v.byName[s.Name] = i
	}
	v.heard[i] = h
	return i, nil
}

// define makes or changes the lane of a source table.
func (v *source) define(s *stick.Schema, to string) (*lane, error) {
	l := v.book.lanes[s.Name]
	if l == nil {
		if err := v.room(); err != nil {
			return nil, err
		}
		t, err := v.section.tables.get(to)
		if err != nil {
			return nil, err
		}
		l = &lane{name: s.Name, target: t}
	}
	if err := v.section.tables.define(v.peer, l, v.label(l), s); err != nil {
		return nil, err
	}
	v.book.lanes[s.Name] = l
	v.section.tables.setUp(l, true)
	l.visited = true
	return l, nil
}

// room reports whether the peer may have one more source table. Those that it has not
// announced again in this session are still kept, until its lesson is FINISHED, but not for
// any number of new names.
func (v *source) room() error {
	announced := 0
	for _, l := range v.book.lanes {
		if l.visited {
			announced++
		}
	}
	if announced >= maxPeerTables || len(v.book.lanes) >= 2*maxPeerTables {
		return fmt.Errorf("the peer has announced %d tables already, more than %d are not taken", len(v.book.lanes), maxPeerTables)
	}
	return nil
}

// label is what logs and shows call a lane: the peer's name, and the table's where the peer
// has two that feed the same sum.
func (v *source) label(l *lane) string {
	for name, other := range v.book.lanes {
		if other.target == l.target && name != l.name && other.lane != nil && other.lane.Label() == v.peer.Name {
			v.section.gossip.once("two "+v.peer.Name+" "+l.name, time.Now(), func() {
				v.log.Info("two tables of a peer have one sum: both count", "tables", []string{name, l.name}, "sum", l.target.name)
			})
			return v.peer.Name + "(" + l.name + ")"
		}
	}
	return v.peer.Name
}

// Apply implements session.Source.
func (v *source) Apply(now time.Time, i session.Lane, rows []stick.Row, how session.How) (held int) {
	h := &v.heard[i]
	if h.use == topology.Own {
		v.ownRows(now, h, rows, how)
		return 0
	}
	a := h.lane.target.table.Apply(v.section.ms(now), h.lane.lane, rows, table.How(how))
	v.section.Counters.Updates.Add(uint64(len(rows)))
	v.section.Counters.HeldBack.Add(uint64(a.Held))
	v.changed = v.changed || a.Changed
	return a.Held
}

// ownRows takes rows of a table that we publish. In a lesson the peer hands back what it
// has learned from us. Outside of one it has counted in it, and what it shows is not the sum
// any more: that is said once, and the sum is pushed again, once a second at most.
func (v *source) ownRows(now time.Time, h *heard, rows []stick.Row, how session.How) {
	if how&session.InLesson != 0 {
		return
	}
	v.section.Counters.OwnRows.Add(uint64(len(rows)))
	if v.strays == nil {
		v.strays = map[stray]struct{}{}
		v.log.Warn("the peer counts in a table that we publish, so it does not show the sum: let its rules track the source table, and only read this one",
			"table", h.name, "key", string(stick.AppendKey(nil, v.own[h.name].KeyType, rows[0].Key)))
	}
	for _, r := range rows {
		if len(v.strays) < maxStrays {
			v.strays[stray{h.name, string(r.Key)}] = struct{}{}
		}
	}
}

// stray is a key that the peer has changed in a table of ours.
type stray struct{ table, key string }

// maxStrays bounds the keys that are pushed again in one second. Others are pushed with
// their next change, or when they come again.
const maxStrays = 1000

// correct pushes again what the peer has changed in tables of ours.
func (v *visit) correct(now time.Time) {
	if len(v.strays) == 0 || now.Before(v.corrected.Add(time.Second)) {
		return
	}
	v.corrected = now
	for s := range v.strays {
		if t := v.section.tables.find(s.table); t != nil {
			t.table.Touch([]byte(s.key))
		}
	}
	clear(v.strays)
	v.section.changed()
}

// Begin implements session.Source.
func (v *source) Begin(now time.Time) {
	for _, l := range v.book.lanes {
		l.target.table.Begin(l.lane)
	}
}

// End implements session.Source.
func (v *source) End(now time.Time, drop, complete bool) {
	v.section.Counters.Lessons.Add(1)
	v.log.Debug("the peer has told us all that it has", "complete", complete, "drops_the_rest", drop)
	for name, l := range v.book.lanes {
		if drop && !l.visited { // the table is gone from the peer's configuration
			v.section.tables.drop(l)
			delete(v.book.lanes, name)
			v.log.Info("table is gone from the peer", "table", name)
			continue
		}
		l.target.table.End(l.lane, drop)
	}
	v.changed = true
	v.finished = true
	v.linked = 0
	if !complete {
		return
	}
	if v.section.warmth.given(v.peer.Name) {
		v.log.Info("every member has been heard: sums are published from now on", "after", now.Sub(v.section.start).Round(time.Millisecond))
	}
}
