package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tallystick/internal/publish"
	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
	"tallystick/internal/wire"
)

// sink is the visit as its session's Sink: what the peer shall hear.
type sink visit

// restoring is one source table on its way back to a node that has lost its memory.
type restoring struct {
	id     uint32
	rows   *table.Restorer
	schema *stick.Schema // the node's own definition, without conn_cur
	next   uint32
}

// Pull implements session.Sink: first what is taught back, then sums, table by table.
func (v *sink) Pull(now time.Time, b *wire.Batch) bool {
	for len(v.restore) > 0 {
		if n := v.restore[0].pull(v.section.ms(now), b); n > 0 {
			v.given += n
			return true
		}
		v.restore = v.restore[1:]
	}
	v.link(now)
	if !v.section.warmth.warm.Load() || v.pausing(now) {
		return false
	}
	ms := v.section.ms(now)
	for range v.book.order {
		v.turn = (v.turn + 1) % len(v.book.order)
		f := v.book.order[v.turn]
		for f.Due() { // more than once only if no row of a batch can be sent
			n := f.Pull(ms, b)
			v.count(f, n)
			if n > 0 {
				return true
			}
		}
	}
	v.pause(now)
	return false
}

// pausing reports whether the peer has been told so much in this push interval that it
// shall wait for the next: a key that changes a thousand times is then one message. The
// first changes after a quiet time go out at once.
func (v *sink) pausing(now time.Time) bool {
	if now.Sub(v.window) >= v.section.PushInterval || v.section.closing.Load() {
		v.window, v.pushed, v.paused = now, 0, time.Time{}
	}
	return !v.paused.IsZero()
}

// pause begins to coalesce once everything is pushed and it was much.
func (v *sink) pause(now time.Time) {
	if v.pushed >= pushBurst {
		v.paused = v.window.Add(v.section.PushInterval)
	}
}

func (v *sink) count(f *publish.Feed, n int) {
	v.pushed += n
	if f.TooLong == 0 {
		return
	}
	v.section.Counters.TooLongKeys.Add(f.TooLong)
	f.TooLong = 0
	v.section.gossip.once(fmt.Sprintf("long %s %p", v.peer.Name, f), time.Now(), func() {
		v.log.Warn("a key is too long for the peer's table and is not sent to it, since HAProxy would cut it and merge keys: give the table the same 'len' on all nodes",
			"table", v.nameOf(f), "key", string(stick.AppendEscaped(nil, f.LongKey)))
	})
}

// nameOf is the name of the table that f publishes.
func (v *sink) nameOf(f *publish.Feed) string {
	for name, other := range v.book.feeds {
		if other == f {
			return name
		}
	}
	return ""
}

// link gives each of our tables that the peer has announced a feed, and tells the log of
// those that it lacks. It does something only when tables or definitions have changed.
func (v *sink) link(now time.Time) {
	version := v.section.tables.version.Load()
	if v.linked == version {
		return
	}
	v.linked = version
	if !v.section.Rules.Publishes(v.peer.Role) {
		return
	}
	v.unlink()
	for _, t := range v.section.tables.all() {
		s := v.own[t.name]
		if s == nil {
			v.reportMissing(t)
			continue
		}
		f := v.book.feeds[t.name]
		if f == nil {
			f = publish.NewFeed(t.id, t.table)
			f.Start()
			v.book.feeds[t.name] = f
			v.book.order = append(v.book.order, f)
		}
		f.Announce(s)
		v.reportShape(t, f, s)
	}
}

// unlink closes the feeds of tables that are gone, or that are others under the same name.
func (v *sink) unlink() {
	v.book.order = slices.DeleteFunc(v.book.order, func(f *publish.Feed) bool {
		gone := !v.section.tables.has(f.ID())
		if gone {
			f.Close()
			maps.DeleteFunc(v.book.feeds, func(_ string, o *publish.Feed) bool { return o == f })
		}
		return gone
	})
}

// reportMissing says which table a node lacks, and the line that adds it.
func (v *sink) reportMissing(t *target) {
	if !v.finished || v.peer.Role != topology.Node || t.table.Schema() == nil {
		return
	}
	section, line := t.line()
	v.report(t, "it has no such table and cannot read the sum", func() {
		v.log.Warn("the peer has no such table and cannot read the sum: add the line to its configuration, with a size for the keys of all nodes",
			"table", t.name, "to", section, "line", line)
	})
}

// line is what the configuration of a node must have for the table, and in which section.
func (t *target) line() (section, line string) {
	if name, ok := strings.CutPrefix(t.name, "/"); ok {
		return "peers", fmt.Sprintf("table %s %v size SIZE", name, schemaOf(t))
	}
	return "backend " + t.name, fmt.Sprintf("stick-table %v size SIZE peers SECTION", schemaOf(t))
}

// reportShape says what keeps the peer from reading a table, or columns of it.
func (v *sink) reportShape(t *target, f *publish.Feed, s *stick.Schema) {
	switch omitted := f.Omitted(); {
	case f.Refused() != "" && t.table.Schema() != nil:
		v.report(t, f.Refused(), func() {
			_, line := t.line()
			v.log.Warn("the peer's table cannot take the sum: give it the type of its sources", "table", t.name, "why", f.Refused(), "line", line)
		})
	case len(omitted) > 0 && v.finished:
		v.report(t, fmt.Sprintf("columns %v are not pushed to it, since no source has them so", omitted), func() {
			v.log.Warn("the peer's table stores what its sources do not, or with another period: those columns are not pushed; give it the same 'store'",
				"table", t.name, "columns", omitted, "peer_has", s.String(), "source_has", schemaOf(t).String())
		})
	case v.finished && v.book.said[t.name] != "":
		delete(v.book.said, t.name)
		v.log.Info("the peer's table takes the whole sum now", "table", t.name)
	}
}

// report says why a table does not reach the peer, unless that was the last that was said of
// the two: a node that reloads each hour and lacks twenty tables shall not fill the log.
func (v *sink) report(t *target, why string, say func()) {
	if v.book.said[t.name] != why {
		v.book.said[t.name] = why
		say()
	}
}

// Teach implements session.Sink.
func (v *sink) Teach(now time.Time, restore bool) {
	v.restore, v.given = nil, 0
	if restore {
		v.startRestore()
	}
	v.linked = 0
	v.link(now)
	for _, f := range v.book.order {
		f.Teach()
	}
	v.paused = time.Time{}
}

// startRestore prepares the peer's own last contributions, in the definitions that it has
// announced in this session.
func (v *sink) startRestore() {
	names := make([]string, 0, len(v.book.lanes))
	for name, l := range v.book.lanes {
		if l.visited {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		l := v.book.lanes[name]
		r := l.target.table.Restore(l.lane)
		s := *r.Schema()
		s.Name = name
		v.restore = append(v.restore, restoring{id: restoreTables + uint32(i), rows: r, schema: &s, next: 1})
	}
}

// pull fills b with the next rows that are taught back and returns how many.
func (r *restoring) pull(now int64, b *wire.Batch) (n int) {
	rows := table.Rows{Max: 256}
	n = r.rows.Read(now, &rows)
	if n == 0 {
		return 0
	}
	b.Table, b.Schema = r.id, r.schema
	for i := range rows.Rows {
		b.Buf = wire.AppendUpdate(b.Buf, r.next, b.Timed && r.schema.Expire != 0, r.schema, &rows.Rows[i], b.Dict)
		r.next++
	}
	return n
}

// Taught implements session.Sink.
func (v *sink) Taught(now time.Time) (done, restored, finished bool) {
	if len(v.restore) > 0 {
		return false, v.given > 0, false
	}
	if v.section.warmth.warm.Load() {
		for _, f := range v.book.order {
			if !f.Taught() {
				return false, v.given > 0, false
			}
		}
	}
	if v.given > 0 {
		v.log.Info("peer has lost its memory and was taught its own values back", "rows", v.given)
	}
	v.log.Debug("the peer was told all that we have", "restored", v.given, "complete", v.knowsAll())
	return true, v.given > 0, v.knowsAll()
}

// knowsAll reports whether the peer may take our lesson for complete: every member has been
// heard since our start, and what we have of the peer itself is not nothing.
func (v *sink) knowsAll() bool {
	if len(v.section.warmth.missing()) > 0 {
		return false
	}
	if v.peer.Role == topology.Up {
		return true
	}
	for _, l := range v.book.lanes {
		if l.lane.Contributions() > 0 {
			return true
		}
	}
	return false
}

// Acked implements session.Sink.
func (v *sink) Acked(table, id uint32) {
	for _, f := range v.book.order {
		if f.ID() == table {
			f.Acked(id)
		}
	}
}

// Confirmed implements session.Sink.
func (v *sink) Confirmed() {
	v.section.Counters.Taught.Add(1)
	if v.given > 0 {
		v.section.Counters.Restored.Add(1)
	}
	for _, f := range v.book.order {
		f.Confirmed()
	}
}

// Resume implements session.Sink.
func (v *sink) Resume() {
	for _, f := range v.book.order {
		f.Resume()
	}
}
