package query

import (
	"slices"
	"strings"

	"tallystick/internal/view"
)

// FindTable finds a table by its wire name, or by that without the leading slash which
// the tables of HAProxy's peers sections have; or with one that it has not. The exact name
// goes first, since "/rates.agg" and "rates.agg" may both be there. It returns the index, or -1.
func FindTable(tables []view.Table, wanted string) int {
	bare := strings.TrimPrefix(wanted, "/")
	for _, name := range []string{wanted, "/" + bare, bare} {
		if i := slices.IndexFunc(tables, func(t view.Table) bool { return t.Target == name }); i >= 0 {
			return i
		}
	}
	return -1
}
