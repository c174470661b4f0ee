package node

import (
	"fmt"
	"maps"
	"slices"

	"tallystick/internal/publish"
	"tallystick/internal/stick"
)

// link gives each of our tables that the peer shall hear a feed: to a node those that it has
// announced, in its own definition, to another aggregator all, in ours. It tells the log of
// those that a node lacks. It does something only when tables or definitions have changed.
func (v *sink) link() {
	version := v.section.tables.version.Load()
	if v.linked == version {
		return
	}
	v.linked = version
	v.pace.forget() // it counts changes of these tables
	v.unlink()
	place := v.peer.place()
	if place.Spared != v.spared {
		(*visit)(v).spare(place.Spared)
	}
	for _, t := range v.section.tables.all() {
		switch s := v.own[t.name]; {
		case !place.Hears(t.relayed):
		case !place.Declares:
			v.feed(t).Offer(t.name, v.section.tables.path(t))
		case s == nil:
			v.reportMissing(t)
		default:
			f := v.feed(t)
			f.Announce(s)
			v.reportShape(t, f, s)
		}
	}
	for _, f := range v.book.order {
		f.Withhold(v.spared)
	}
	// In a lesson sums come before what came from above.
	slices.SortStableFunc(v.book.order, func(a, b *feed) int { return asInt(a.target.relayed) - asInt(b.target.relayed) })
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// feed finds or makes the feed of a table.
func (v *sink) feed(t *target) *feed {
	f := v.book.feeds[t.id]
	if f == nil {
		f = &feed{Feed: publish.NewFeed(t.id, t.table), target: t}
		f.Share(t.press)
		f.Start()
		v.book.feeds[t.id] = f
		v.book.order = append(v.book.order, f)
	}
	return f
}

// unlink closes the feeds of tables that are gone, that are others under the same name, or
// that the peer shall not hear any more.
func (v *sink) unlink() {
	v.book.order = slices.DeleteFunc(v.book.order, func(f *feed) bool {
		gone := !v.section.tables.has(f.ID()) || !v.peer.place().Hears(f.target.relayed)
		if gone {
			f.Close()
			maps.DeleteFunc(v.book.feeds, func(_ uint32, o *feed) bool { return o == f })
		}
		return gone
	})
}

// reportMissing says which table a node lacks, and the line that adds it. Sums that go up
// need not be on the nodes: what comes down again is for them.
func (v *sink) reportMissing(t *target) {
	if !v.finished || t.table.Schema() == nil || !t.relayed && v.section.goesUp() {
		return
	}
	section, line := t.line()
	v.report(t, "it has no such table and cannot read the sum", func() {
		v.log.Debug("the peer has no such table and cannot read the sum: add the line to its configuration, with a size for the keys of all nodes",
			"table", t.name, "to", section, "line", line)
	})
}

// goesUp reports whether our sums go to somebody who makes more of them.
func (s *Section) goesUp() bool {
	for _, p := range s.roster.all() {
		if place := p.place(); !place.Declares && !place.Member && place.Sums {
			return true
		}
	}
	return false
}

// line is what the configuration of a node must have for the table, and in which section.
func (t *target) line() (section, line string) { return schemaOf(t).Declare(t.name, "SIZE") }

// reportShape says what keeps the peer from reading a table, or columns of it.
func (v *sink) reportShape(t *target, f *feed, s *stick.Schema) {
	switch omitted := f.Omitted(); {
	case f.Refused() != "" && t.table.Schema() != nil:
		v.report(t, f.Refused(), func() {
			_, line := t.line()
			v.log.Debug("the peer's table cannot take the sum: give it the type of its sources", "table", t.name, "why", f.Refused(), "line", line)
		})
	case len(omitted) > 0 && v.finished:
		v.report(t, fmt.Sprintf("columns %v are not pushed to it, since no source has them so", omitted), func() {
			v.log.Debug("the peer's table stores what its sources do not, or with another period: those columns are not pushed; give it the same 'store'",
				"table", t.name, "columns", omitted, "peer_has", s.String(), "source_has", schemaOf(t).String())
		})
	case v.finished && v.book.said[t.name] != "":
		delete(v.book.said, t.name)
		v.log.Debug("the peer's table takes the whole sum now", "table", t.name)
	}
}

// report notes why a table does not reach the peer, for shows, and says it unless that was the last that was
// said of the two. It is said when debugging only: lint finds the same in shows and tells the log once, when it
// has stood for some seconds, with the line to write. Two lines for one mistake are one too many.
func (v *sink) report(t *target, why string, say func()) {
	if v.book.said[t.name] != why {
		v.book.said[t.name] = why
		say()
	}
}
