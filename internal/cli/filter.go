package cli

import (
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// maxFilters is how many data filters a command may have, as in HAProxy.
const maxFilters = 4

// query is what the words behind a table's name ask for. All of it must hold.
type query struct {
	key     []byte // as on the wire; nil: any
	filters []filter
	top     *top // nil: in the order of the table
	json    bool
}

// filter is one "data.<type> <operator> <value>".
type filter struct {
	cell  cell
	holds func(order int) bool
	value number
}

// query reads the arguments from n on.
func (r *request) query(n int, schema *stick.Schema) (*query, error) {
	q := &query{}
	for n < len(r.args) {
		used, err := 0, error(nil)
		switch word := r.args[n]; {
		case word == "key" && q.key == nil:
			used, err = r.keyArgument(n, schema, q)
		case strings.HasPrefix(word, "data."):
			used, err = r.filterArgument(n, schema, q)
		case word == "top" && q.top == nil:
			used, err = r.topArgument(n, schema, q)
		case word == "json" && !q.json:
			used, q.json = 1, true
		default:
			err = refuse(`Optional argument only supports "data.<store_data_type>" <operator> <value>, key <key>, top <n> by <store_data_type> and json, each of the last three once; not '%s' (word %d)`,
				oneWord(word), r.position(n))
		}
		if err != nil {
			return nil, err
		}
		n += used
	}
	return q, nil
}

func (r *request) keyArgument(n int, schema *stick.Schema, q *query) (used int, err error) {
	if len(r.args) < n+2 {
		return 0, answer("Key value expected")
	}
	q.key, err = parseKey(r.args[n+1], schema, r.position(n+1))
	if q.key == nil {
		q.key = []byte{} // the empty string is a key
	}
	return 2, err
}

func (r *request) filterArgument(n int, schema *stick.Schema, q *query) (used int, err error) {
	number := len(q.filters) + 1
	if number > maxFilters {
		return 0, refuse("Detected extra data in filter, word %d: at most %d filters are possible", r.position(n), maxFilters)
	}
	bad := func(format string, args ...any) (int, error) {
		args = append([]any{number}, args...)
		return 0, refuse("Filter entry #%d: "+format, args...)
	}
	f := filter{}
	column := strings.TrimPrefix(r.args[n], "data.")
	f.cell, err = r.column(n, column, schema)
	if err != nil {
		return bad("%s", err)
	}
	if f.cell.isText() {
		return bad("'%s' is no number (word %d)", oneWord(column), r.position(n))
	}
	if len(r.args) < n+2 || operator(r.args[n+1]) == nil {
		return bad(`Require and operator among "eq", "ne", "le", "ge", "lt", "gt" (word %d)`, r.position(n+1))
	}
	f.holds = operator(r.args[n+1])
	ok := len(r.args) > n+2
	if ok {
		f.value, ok = parseNumber(r.args[n+2])
	}
	if !ok {
		return bad("Require a valid integer value to compare against (word %d)", r.position(n+2))
	}
	q.filters = append(q.filters, f)
	return 3, nil
}

// column finds the cell that a word names, or says in HAProxy's words why not.
func (r *request) column(n int, name string, schema *stick.Schema) (cell, error) {
	list := cells(schema)
	c, known, found := findCell(list, name)
	switch {
	case found:
		return c, nil
	case known:
		return c, refuse("Data type not stored in this table: '%s' (word %d); it has %s",
			oneWord(name), r.position(n), columnNames(schema))
	}
	names := make([]string, 0, len(list))
	for _, c := range list {
		names = append(names, c.name())
	}
	return c, refuse("Unknown data type '%s' (word %d)%s", oneWord(name), r.position(n), nearest(name, names))
}

func columnNames(schema *stick.Schema) string {
	var names []string
	for _, c := range schema.Columns {
		names = append(names, c.String())
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ",")
}

// operator is what must hold of the order of two numbers, or nil if there is no such word.
func operator(word string) func(order int) bool {
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

// matches reports whether the sum of an entry passes the filters. If the table has another
// definition since the command was read, the cells are looked up again.
func (q *query) matches(e *view.Entry, read *stick.Schema) bool {
	for _, f := range q.filters {
		c, ok := f.cell.in(e.Schema, read)
		if !ok || !f.holds(c.number(e.Sum.Values).compare(f.value)) {
			return false
		}
	}
	return true
}

// in is the cell as schema has it, where c is the one of read.
func (c cell) in(schema, read *stick.Schema) (cell, bool) {
	if schema == read {
		return c, true
	}
	for _, o := range cells(schema) {
		if o.column.Type == c.column.Type && o.element == c.element {
			return o, true
		}
	}
	return cell{}, false
}
