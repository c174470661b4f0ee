package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tallystick/internal/publish"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// link gives each of our tables that the peer has announced a feed, and tells the log of
// those that it lacks. It does something only when tables or definitions have changed.
func (v *sink) link() {
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
