package cli

import (
	"strconv"
	"strings"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// asked is what the words behind a table's name ask for. All of it must hold.
type asked struct {
	key     []byte // as on the wire; nil: any
	filters []query.Filter
	top     *query.Top // nil: in the order of the table
	json    bool
}

// matches reports whether the sum of an entry passes the filters.
func (q *asked) matches(e *view.Entry, read *stick.Schema) bool {
	return query.Matches(q.filters, e, read)
}

// query reads the arguments from n on.
func (r *request) query(n int, schema *stick.Schema) (*asked, error) {
	q := &asked{}
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

func (r *request) keyArgument(n int, schema *stick.Schema, q *asked) (used int, err error) {
	if len(r.args) < n+2 {
		return 0, answer("Key value expected")
	}
	q.key, err = parseKey(r.args[n+1], schema, r.position(n+1))
	return 2, err
}

func (r *request) filterArgument(n int, schema *stick.Schema, q *asked) (used int, err error) {
	number := len(q.filters) + 1
	if number > query.MaxFilters {
		return 0, refuse("Detected extra data in filter, word %d: at most %d filters are possible", r.position(n), query.MaxFilters)
	}
	bad := func(format string, args ...any) (int, error) {
		args = append([]any{number}, args...)
		return 0, refuse("Filter entry #%d: "+format, args...)
	}
	f := query.Filter{}
	column := strings.TrimPrefix(r.args[n], "data.")
	f.Cell, err = r.column(n, column, schema)
	if err != nil {
		return bad("%s", err)
	}
	if f.Cell.IsText() {
		return bad("'%s' is no number (word %d)", oneWord(column), r.position(n))
	}
	if len(r.args) < n+2 || query.Operator(r.args[n+1]) == nil {
		return bad(`Require and operator among "eq", "ne", "le", "ge", "lt", "gt" (word %d)`, r.position(n+1))
	}
	f.Holds = query.Operator(r.args[n+1])
	ok := len(r.args) > n+2
	if ok {
		f.Value, ok = query.ParseNumber(r.args[n+2])
	}
	if !ok {
		return bad("Require a valid integer value to compare against (word %d)", r.position(n+2))
	}
	q.filters = append(q.filters, f)
	return 3, nil
}

// column finds the cell that a word names, or says in HAProxy's words why not.
func (r *request) column(n int, name string, schema *stick.Schema) (query.Cell, error) {
	list := query.Cells(schema)
	c, known, found := query.FindCell(list, name)
	switch {
	case found:
		return c, nil
	case known:
		return c, refuse("Data type not stored in this table: '%s' (word %d); it has %s",
			oneWord(name), r.position(n), columnNames(schema))
	}
	names := make([]string, 0, len(list))
	for _, c := range list {
		names = append(names, c.Name())
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

// topArgument reads "top <n> by <data type>".
func (r *request) topArgument(n int, schema *stick.Schema, q *asked) (used int, err error) {
	if len(r.args) < n+4 || r.args[n+2] != "by" {
		return 0, refuse("Required arguments: top <n> by <store_data_type> (word %d)", r.position(n))
	}
	count, err := strconv.Atoi(r.args[n+1])
	if err != nil || count < 1 || count > query.MaxTop {
		return 0, refuse("Require a number from 1 to %d, not '%s' (word %d)", query.MaxTop, oneWord(r.args[n+1]), r.position(n+1))
	}
	name := r.args[n+3]
	if len(name) > 5 && name[:5] == "data." {
		name = name[5:]
	}
	c, err := r.column(n+3, name, schema)
	if err != nil {
		return 0, err
	}
	if c.IsText() {
		return 0, refuse("'%s' is no number (word %d)", oneWord(name), r.position(n+3))
	}
	q.top = query.NewTop(c, count)
	return 4, nil
}
