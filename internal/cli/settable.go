package cli

import (
	"strings"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// setTable: "set table ID NAME key K data.T V ...": an operator's contribution to a key.
func setTable(r *request) error {
	section, table, err := r.table(0)
	if err != nil {
		return err
	}
	if len(r.args) < 3 || r.args[2] != "key" {
		return r.usage()
	}
	if len(r.args) < 4 {
		return answer("Key value expected")
	}
	key, err := parseKey(r.args[3], table.Schema, r.position(3))
	if err != nil {
		return err
	}
	values, err := r.assignments(4, table.Schema)
	if err != nil {
		return err
	}
	return r.backend.Set(section.ID, table.Target, key, values)
}

// assignments reads "data.T V ..." from argument n on.
func (r *request) assignments(n int, schema *stick.Schema) (list []view.Assignment, err error) {
	for ; n < len(r.args); n += 2 {
		name, isData := strings.CutPrefix(r.args[n], "data.")
		if !isData || len(r.args) < n+2 {
			return nil, refuse(`"data.<type>" followed by a value expected (word %d)`, r.position(n))
		}
		c, err := r.column(n, name, schema)
		if err != nil {
			return nil, err
		}
		a := view.Assignment{Type: c.Column.Type, Element: c.Element}
		if c.IsText() {
			a.Text = r.args[n+1]
		} else if a.Value, err = r.storable(n+1, c.Column.Type.Kind()); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// storable reads argument n as a value that a column of that kind can hold, as Row.Values
// has it.
func (r *request) storable(n int, kind stick.Kind) (uint64, error) {
	least, most := query.Range(kind)
	v, ok := query.ParseNumber(r.args[n])
	if !ok || v.Compare(least) < 0 || v.Compare(most) > 0 {
		return 0, refuse("Require a valid integer value to store, from %s to %s, not '%s' (word %d)",
			least.AppendTo(nil), most.AppendTo(nil), oneWord(r.args[n]), r.position(n))
	}
	if v.Negative {
		return uint64(uint32(-int64(v.Size))), nil
	}
	return v.Size, nil
}
