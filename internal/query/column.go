package query

import (
	"strconv"
	"strings"

	"tallystick/internal/stick"
)

// Cell is one number of a row: a column, or one element of an array column.
type Cell struct {
	Column  stick.Column
	Element int    // of an array, from 0; else 0
	Title   string // what stands before the value in "show table": http_req_rate=(60000)
	at      int    // its first word in Row.Values; of text: nothing stands there
}

// Cells lists the numbers of a schema in the order of its columns, arrays by element, and
// text columns among them.
func Cells(s *stick.Schema) []Cell {
	var list []Cell
	at := 0
	for _, c := range s.Columns {
		n := max(1, int(c.Len))
		for e := range n {
			cell := Cell{Column: c, Element: e, at: at + e*c.Words()/n}
			cell.Title = cell.Name()
			if c.Period != 0 {
				cell.Title += "=(" + strconv.FormatUint(uint64(c.Period), 10) + ")"
			}
			list = append(list, cell)
		}
		at += c.Words()
	}
	return list
}

// IsText reports whether the cell has a text for a value, and no number.
func (c Cell) IsText() bool { return c.Column.Type.Kind() == stick.Text }

// Number reads the value of the cell: a rate by its formula. Values that a row does not
// have are 0.
func (c Cell) Number(values []uint64) Number {
	kind := c.Column.Type.Kind()
	need := 1
	if kind == stick.Rate {
		need = 3
	}
	if len(values) < c.at+need {
		return Number{}
	}
	switch v := values[c.at:]; kind {
	case stick.Rate:
		return Number{Size: stick.Reading(v[0], v[1], v[2], uint64(c.Column.Period))}
	case stick.Signed:
		return Signed(int64(stick.Int32(v[0])))
	default:
		return Number{Size: v[0]}
	}
}

// Name is what HAProxy prints for the cell: gpc0, gpc1, ... and gpc0_rate for elements.
func (c Cell) Name() string {
	if !c.Column.Type.IsArray() {
		return c.Column.Type.String()
	}
	base, rate, isRate := strings.Cut(c.Column.Type.String(), "_")
	if isRate {
		rate = "_" + rate
	}
	return base + strconv.Itoa(c.Element) + rate
}

// FindCell finds the cell that a client calls name: the column's own name, an element as
// HAProxy's filters have it, gpc[1] (gpc is gpc[0]), or gpc(1), or as a line of "show table" has it,
// gpc1. known: there is such a data type at all; an element beyond the array is known.
func FindCell(list []Cell, name string) (c Cell, known, found bool) {
	t, element, known := parseColumn(name)
	if known {
		for _, c := range list {
			if c.Column.Type == t && c.Element == element {
				return c, true, true
			}
		}
	}
	for _, c := range list {
		if c.Name() == name {
			return c, true, true
		}
	}
	return Cell{}, known, false
}

// parseColumn cuts gpc[1], or gpc(1), into its type and element.
func parseColumn(name string) (t stick.DataType, element int, ok bool) {
	if base, index, round := strings.Cut(name, "("); round && strings.HasSuffix(index, ")") {
		name = base + "[" + strings.TrimSuffix(index, ")") + "]"
	}
	base, index, isElement := strings.Cut(name, "[")
	t, ok = stick.ParseDataType(base)
	if !ok || !isElement {
		return t, 0, ok
	}
	index, closed := strings.CutSuffix(index, "]")
	element, err := strconv.Atoi(index)
	return t, element, closed && err == nil && t.IsArray() && element >= 0
}
