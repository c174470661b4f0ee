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

// Why a table is not taken although nothing is wrong with it.
var (
	errIgnored = errors.New("no rule takes it")
	errLooped  = errors.New("it has come from ourselves, over other aggregators")
)

// source is the visit as its session's Source: where the peer's reports go.
type source visit

// Define implements session.Source.
func (v *source) Define(now time.Time, s *stick.Schema) (session.Lane, error) {
	use, to := v.section.conf().Rules.Classify(v.peer.place().Role(), s.Name)
	h := heard{name: s.Name, use: use}
	(*visit)(v).watch()
	v.book.seen.announce(s, use)
	switch use {
	case topology.Source, topology.Relayed:
		if v.comesBack(now, use, s) {
			return 0, errLooped
		}
		l, err := v.define(s, key{to, use == topology.Relayed})
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
			if !v.peer.place().Member {
				v.log.Info("table from above is not handed on: no 'forward' of the section has its suffix", "table", s.Name)
				return
			}
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

// redefine looks again at every table of the peer, after the rules have changed. Of one that
// was not kept before a lesson must tell the rows.
func (v *visit) redefine(now time.Time) {
	clear(v.own)
	before := len(v.book.lanes)
	v.session.Redefine(now)
	if len(v.book.lanes) > before {
		v.session.Relearn(now)
	}
}

// comesBack reports whether a table is a sum of ours that has come round in a circle, by
// whatever names: it must not become a part of itself. One that did once in this session is
// not taken again in it, or rings would try again and again.
func (v *source) comesBack(now time.Time, use topology.Use, s *stick.Schema) bool {
	us := v.section.conf().Origin
	back := s.Path.Summed(us)
	if use == topology.Relayed {
		back = s.Path.Passed(us)
	}
	if !back && !v.looped[s.Name] {
		return false
	}
	if v.looped == nil {
		v.looped = map[string]bool{}
	}
	v.looped[s.Name] = true
	v.section.Counters.TablesLooped.Add(1)
	v.section.gossip.once("loop "+v.peer.Name+" "+s.Name, now, func() {
		v.log.Error("table not taken: it has come from ourselves, over other aggregators; look for a circle of 'up' and 'down' lines", "table", s.Name)
	})
	if l := v.book.lanes[s.Name]; l != nil {
		v.section.tables.drop(l)
		delete(v.book.lanes, s.Name)
		v.changed = true
	}
	return true
}

// define makes or changes the lane of a table that is kept.
func (v *source) define(s *stick.Schema, to key) (*lane, error) {
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
	v.checkShard(now, h, rows)
	if how&session.InLesson != 0 {
		v.checkCopies(now, h, rows)
	}
	since := now.Sub(v.section.epoch)
	h.lane.lane.Stamp(int64(since))
	a := h.lane.target.table.Apply(since.Milliseconds(), h.lane.lane, rows, table.How(how))
	v.section.Counters.Updates.Add(uint64(len(rows)))
	v.section.Counters.HeldBack.Add(uint64(a.Held))
	v.changed, v.applied = v.changed || a.Changed, true
	return a.Held
}

// ownRows takes rows of a table that we publish. In a lesson the peer hands back what it
// has learned from us. Outside of one it has counted in it, and what it shows is not the sum
// any more: that is said once, and the sum is pushed again, once a second at most.
func (v *source) ownRows(now time.Time, h *heard, rows []stick.Row, how session.How) {
	if how&session.InLesson != 0 {
		v.handed = true
		v.checkGauges(now, h, rows)
		if v.spared {
			v.handbacks.take(h.name, v.own[h.name], rows)
		}
		return
	}
	v.section.Counters.OwnRows.Add(uint64(len(rows)))
	if v.spared { // it is another aggregator's table: what it has is nothing to complain about
		return
	}
	if !v.peer.place().Declares { // its own sum, under a name that is one of ours as well
		v.section.gossip.once("same name "+v.peer.Name+h.name, now, func() {
			v.log.Warn("table not summed: an aggregator below us publishes it under the name that we give to sums; let each level have its own suffix behind 'to'", "table", h.name)
		})
		return
	}
	v.book.seen.tracked(now, h.name, rows)
	if v.strays == nil {
		v.strays = map[stray]struct{}{}
		// Lint warns of it, with the line to write: this is the key to look for.
		v.log.Debug("the peer counts in a table that we publish, so it does not show the sum: let its rules track the source table, and only read this one",
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
		v.section.tables.touch(s.table, []byte(s.key))
	}
	clear(v.strays)
	v.section.changed()
}

// Begin implements session.Source.
func (v *source) Begin(now time.Time) {
	v.began, v.handed = now, false
	v.book.seen.lesson()
	v.handbacks = handbacks{}
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
	v.handbacks.ended = true
	v.linked = 0
	v.book.seen.judge(v.hello.PID)
	v.book.seen.ends(v.session.Stats())
	if !complete {
		return
	}
	v.peer.stand(topology.Ready)
	missing, how := v.section.warmth.given(v.peer.Name, now, now.Sub(v.began), v.handed)
	v.section.dawned(now, missing, how)
}
