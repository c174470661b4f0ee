package cli

import (
	"strconv"
	"strings"

	"tallystick/internal/stick"
)

// cell is one number of a row: a column, or one element of an array column.
type cell struct {
	column  stick.Column
	element int
	at      int    // its first word in Row.Values; of text: nothing stands there
	title   string // what stands before the value in "show table": http_req_rate=(60000)
}

// cells lists the numbers of a schema in the order of its columns, arrays by element, and
// text columns among them.
func cells(s *stick.Schema) []cell {
	var list []cell
	at := 0
	for _, c := range s.Columns {
		n := max(1, int(c.Len))
		for e := range n {
			cell := cell{column: c, element: e, at: at + e*c.Words()/n}
			cell.title = cell.name()
			if c.Period != 0 {
				cell.title += "=(" + strconv.FormatUint(uint64(c.Period), 10) + ")"
			}
			list = append(list, cell)
		}
		at += c.Words()
	}
	return list
}

// isText reports whether the cell has a text for a value, and no number.
func (c cell) isText() bool { return c.column.Type.Kind() == stick.Text }

// number reads the value of the cell: a rate by its formula. Values that a row does not
// have are 0.
func (c cell) number(values []uint64) number {
	kind := c.column.Type.Kind()
	need := 1
	if kind == stick.Rate {
		need = 3
	}
	if len(values) < c.at+need {
		return number{}
	}
	switch v := values[c.at:]; kind {
	case stick.Rate:
		return number{size: stick.Reading(v[0], v[1], v[2], uint64(c.column.Period))}
	case stick.Signed:
		return signed(int64(stick.Int32(v[0])))
	default:
		return number{size: v[0]}
	}
}

// name is what HAProxy prints for the cell: gpc0, gpc1, ... and gpc0_rate for elements.
func (c cell) name() string {
	if !c.column.Type.IsArray() {
		return c.column.Type.String()
	}
	base, rate, isRate := strings.Cut(c.column.Type.String(), "_")
	if isRate {
		rate = "_" + rate
	}
	return base + strconv.Itoa(c.element) + rate
}

// findCell finds the cell that a client calls name: the column's own name, an element as
// HAProxy's filters have it, gpc[1] (gpc is gpc[0]), or as a line of "show table" has it,
// gpc1. known: there is such a data type at all; an element beyond the array is known.
func findCell(list []cell, name string) (c cell, known, found bool) {
	t, element, known := parseColumn(name)
	if known {
		for _, c := range list {
			if c.column.Type == t && c.element == element {
				return c, true, true
			}
		}
	}
	for _, c := range list {
		if c.name() == name {
			return c, true, true
		}
	}
	return cell{}, known, false
}

// parseColumn cuts gpc[1] into its type and element.
func parseColumn(name string) (t stick.DataType, element int, ok bool) {
	base, index, isElement := strings.Cut(name, "[")
	t, ok = stick.ParseDataType(base)
	if !ok || !isElement {
		return t, 0, ok
	}
	index, closed := strings.CutSuffix(index, "]")
	element, err := strconv.Atoi(index)
	return t, element, closed && err == nil && t.IsArray() && element >= 0
}
