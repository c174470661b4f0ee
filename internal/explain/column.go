package explain

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// columnOf explains one number of the sum. i is its place among the cells of the sum.
func columnOf(t *view.Table, e *view.Entry, i int, c query.Cell) Column {
	x := Column{Cell: c, Name: c.Name(), Sum: valueOf(c, &e.Sum), Rule: ruleOf(t, c)}
	for j := range e.Shares {
		x.Parts = append(x.Parts, partOf(t, e, c, &e.Shares[j]))
	}
	decider := ""
	if i < len(e.Deciders) {
		decider = e.Deciders[i]
	}
	x.Formula = formula(&x, decider)
	return x
}

// partOf is what a share has in a column, and whether that counts.
func partOf(t *view.Table, e *view.Entry, c query.Cell, s *view.Share) Part {
	p := Part{Label: s.Label}
	own, has := c.In(s.In(e), e.Schema)
	if s.Own != nil {
		at := s.Own.Column(c.Column.Type)
		has = at >= 0 && c.Element < int(s.Own.Columns[at].Len)
	}
	if !has {
		p.Why = "has no such column"
		return p
	}
	if why, out := s.Aside[c.Column.Type]; out {
		p.Why = why
		return p
	}
	v := valueOf(own, s)
	p.Value = &v
	if c.Column.Period != 0 {
		age, curr, prev := own.Window(s.Values)
		p.Rate = &Window{Curr: curr, Prev: prev, Age: time.Duration(age) * time.Millisecond}
	}
	switch {
	case s.Expired:
		p.Why = "expired"
	case s.Standby:
		p.Why = "stands by: " + Leads(t, s.Group)
	default:
		p.Counts = true
	}
	return p
}

// Leads tells who counts in a table of the members of a group. Names are as they came.
func Leads(t *view.Table, group string) string {
	suffix := ""
	if group != "" {
		suffix = " group " + group
	}
	for _, l := range t.Leads {
		if l.Group != group {
			continue
		}
		if l.Peer == "" {
			return "nobody leads" + suffix
		}
		return l.Peer + " leads" + suffix
	}
	return "another leads" + suffix
}

// limit is where a sum of the column stops, since HAProxy's own counter would wrap there.
func limit(c query.Cell) uint64 {
	if c.Column.Type.Kind() == stick.Long {
		return math.MaxUint64
	}
	return math.MaxUint32
}

func isLatest(c query.Cell) bool {
	switch c.Column.Type {
	case stick.GPT0, stick.GPT, stick.ServerID, stick.ServerKey:
		return true
	}
	return false
}

// Added is the rule of counters.
const Added = "added up"

// ruleOf says how the column is united.
func ruleOf(t *view.Table, c query.Cell) string {
	switch {
	case t.Forwarded:
		return "relayed as it comes from above"
	case isLatest(c):
		return "whoever changed it last decides; after a lesson, where that is not known, a value that is not empty, then the share with the most life left, then the order of the configuration"
	case c.Column.Period != 0:
		return "curr and prev are added up, and the age is that of the windows, weighted by prev: so it reads the sum of the readings, but for rounding"
	case c.Column.Type == stick.ConnCur:
		return "added up; a member's part goes when its session has been lost for 10 s"
	}
	return Added
}

// formula is how the sum follows from its parts: those that do not count stand there as 0.
func formula(x *Column, decider string) string {
	if isLatest(x.Cell) {
		switch {
		case decider != "":
			return x.Sum.String() + " of " + decider
		case x.Sum.Number.Size != 0 || x.Sum.Text != "":
			return x.Sum.String() + ": whose it is is not known"
		}
		return x.Sum.String() + ": nobody has set it"
	}
	var terms []string
	var low, high uint64
	for _, p := range x.Parts {
		n := uint64(0)
		if p.Counts {
			n = p.Value.Number.Size
		}
		terms = append(terms, fmt.Sprint(n))
		var carry uint64
		low, carry = bits.Add64(low, n, 0)
		high += carry
	}
	if terms == nil {
		terms = []string{"0"}
	}
	sum, all, most := x.Sum.Number.Size, strings.Join(terms, " + "), limit(x.Cell)
	switch {
	case (high > 0 || low > most) && sum == most:
		return fmt.Sprintf("%d, at which HAProxy's counters end, of %s", sum, all)
	case high == 0 && low == sum:
		return fmt.Sprintf("%d = %s", sum, all)
	}
	return fmt.Sprintf("%d ~ %s", sum, all) // readings are rounded
}
