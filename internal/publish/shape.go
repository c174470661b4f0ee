package publish

import (
	"slices"

	"tallystick/internal/stick"
)

// shape maps a row of our table to a row of the peer's: only columns that both have, of
// the same type and period, and no more elements of an array than both have. HAProxy
// takes any subset of its columns and leaves the others alone.
type shape struct {
	from, to *stick.Schema
	spans    []span // where each column of to is found in a row of from
	same     bool   // the values of a row need no copying
	bytes    int    // of a message, about
	omitted  []stick.Column
	values   []uint64
	out      stick.Row
}

type span struct{ at, words int }

// newShape compiles the way from our schema to the peer's.
func newShape(from, to *stick.Schema) shape {
	s := shape{from: from}
	common := *to
	common.Columns = nil
	for _, want := range to.Columns {
		at, c, ok := find(from, want)
		if !ok {
			s.omitted = append(s.omitted, want)
			continue
		}
		c.Len = min(c.Len, want.Len)
		common.Columns = append(common.Columns, c)
		s.spans = append(s.spans, span{at, c.Words()})
	}
	s.to = &common
	s.bytes = 24 + 3*common.Words() // head and key; values of a few bytes each
	s.same = slices.Equal(common.Columns, from.Columns)
	return s
}

// find returns where the column of want's type and period begins in a row of s.
func find(s *stick.Schema, want stick.Column) (at int, c stick.Column, ok bool) {
	for _, c := range s.Columns {
		if c.Type == want.Type {
			return at, c, c.Period == want.Period
		}
		at += c.Words()
	}
	return 0, stick.Column{}, false
}

// row maps one row. The result is valid until the next call.
func (s *shape) row(r *stick.Row) *stick.Row {
	if s.same {
		return r
	}
	s.values = s.values[:0]
	for _, p := range s.spans {
		s.values = append(s.values, r.Values[p.at:p.at+p.words]...)
	}
	s.out = *r
	s.out.Values = s.values
	return &s.out
}
