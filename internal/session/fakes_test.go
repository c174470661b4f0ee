package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// fakeSource writes down what it is told.
type fakeSource struct {
	say     func(format string, args ...any)
	refused []string // tables that are not wanted
	hold    int      // rows that are held back where they may be
	tables  []*stick.Schema
}

func (f *fakeSource) Define(_ time.Time, s *stick.Schema) (Lane, error) {
	if slices.Contains(f.refused, s.Name) {
		f.say("source: define %s: refused", s.Name)
		return 0, errors.New("not wanted")
	}
	f.say("source: define %s %v", s.Name, s)
	f.tables = append(f.tables, s)
	return Lane(len(f.tables) - 1), nil
}

func (f *fakeSource) Apply(_ time.Time, l Lane, rows []stick.Row, how How) (held int) {
	s := f.tables[l]
	var b strings.Builder
	fmt.Fprintf(&b, "source: apply %s", s.Name)
	if how&InLesson != 0 {
		b.WriteString(" in-lesson")
	}
	if how&Guarded != 0 {
		b.WriteString(" guarded")
		held, f.hold = min(f.hold, len(rows)), 0
	}
	for i := range rows {
		b.WriteString(" " + showRow(s, &rows[i]))
	}
	if held > 0 {
		fmt.Fprintf(&b, " held %d", held)
	}
	f.say("%s", b.String())
	return held
}

func (f *fakeSource) Begin(time.Time) { f.say("source: begin") }

func (f *fakeSource) End(_ time.Time, drop, complete bool) {
	b := "source: end"
	if drop {
		b += " drop"
	}
	if complete {
		b += " complete"
	}
	f.say("%s", b)
}

// fakeSink gives the rows that a script has put into it.
type fakeSink struct {
	say      func(format string, args ...any)
	changes  []message // are pushed in turn
	lesson   []message // are taught
	restores []message // are taught first if that is wanted
	finished bool      // the answer is FINISHED
	teaching []message // what is left of the lesson
	restored bool
	ids      map[uint32]uint32
}

// message is one row of one table, or without a key the table alone.
type message struct {
	table  uint32
	schema *stick.Schema
	row    stick.Row
}

func (f *fakeSink) Pull(_ time.Time, b *wire.Batch) bool {
	from := &f.changes
	if len(f.teaching) > 0 {
		from = &f.teaching
	}
	if len(*from) == 0 {
		return false
	}
	b.Table, b.Schema = (*from)[0].table, (*from)[0].schema
	if b.Define = (*from)[0].row.Key == nil; b.Define {
		*from = (*from)[1:]
		return true
	}
	for len(*from) > 0 && (*from)[0].table == b.Table && (*from)[0].schema == b.Schema && len(b.Buf) < b.Limit {
		f.ids[b.Table]++
		timed := b.Timed && b.Schema.Expire != 0
		b.Buf = wire.AppendUpdate(b.Buf, f.ids[b.Table], timed, b.Schema, &(*from)[0].row, b.Dict)
		*from = (*from)[1:]
	}
	return true
}

func (f *fakeSink) Teach(_ time.Time, restore bool) {
	f.teaching, f.restored = nil, restore && len(f.restores) > 0
	if restore {
		f.say("sink: teach, restore")
		f.teaching = slices.Clone(f.restores)
	} else {
		f.say("sink: teach")
	}
	f.teaching = append(f.teaching, f.lesson...)
}

func (f *fakeSink) Taught(time.Time) (done, restored, finished bool) {
	return len(f.teaching) == 0, f.restored, f.finished
}

func (f *fakeSink) Acked(table, id uint32) { f.say("sink: acked %d %d", table, id) }
func (f *fakeSink) Confirmed()             { f.say("sink: confirmed") }
func (f *fakeSink) Resume()                { f.say("sink: resume") }
