package query

import (
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// MaxFilters is how many data filters a question may have, as in HAProxy.
const MaxFilters = 4

// Filter is one "data.<type> <operator> <value>".
type Filter struct {
	Cell  Cell
	Holds func(order int) bool // of the cell's number to Value, as Operator gives it
	Value Number
}

// Operator is what must hold of the order of two numbers, or nil if there is no such word.
func Operator(word string) func(order int) bool {
	switch word {
	case "eq":
		return func(o int) bool { return o == 0 }
	case "ne":
		return func(o int) bool { return o != 0 }
	case "le":
		return func(o int) bool { return o <= 0 }
	case "ge":
		return func(o int) bool { return o >= 0 }
	case "lt":
		return func(o int) bool { return o < 0 }
	case "gt":
		return func(o int) bool { return o > 0 }
	}
	return nil
}

// Matches reports whether the sum of an entry passes all filters. If the table has another
// definition since the filters were read, which was against read, the cells are looked up again.
func Matches(filters []Filter, e *view.Entry, read *stick.Schema) bool {
	for _, f := range filters {
		c, ok := f.Cell.In(e.Schema, read)
		if !ok || !f.Holds(c.Number(e.Sum.Values).Compare(f.Value)) {
			return false
		}
	}
	return true
}

// In is the cell as schema has it, where c is the one of read.
func (c Cell) In(schema, read *stick.Schema) (Cell, bool) {
	if schema == read {
		return c, true
	}
	for _, o := range Cells(schema) {
		if o.Column.Type == c.Column.Type && o.Element == c.Element {
			return o, true
		}
	}
	return Cell{}, false
}
