package cli

import (
	"slices"
	"strings"

	"tallystick/internal/view"
)

// section finds the section id, which argument n names.
func (r *request) section(id string, n int) (*view.Section, error) {
	all := r.backend.Sections()
	var ids []string
	for i := range all {
		if all[i].ID == id {
			return &all[i], nil
		}
		ids = append(ids, all[i].ID)
	}
	return nil, refuse("No such aggregations section '%s' (word %d)%s",
		oneWord(id), r.position(n), nearest(id, ids))
}

// table finds the aggregate table that arguments n and n+1 name.
func (r *request) table(n int) (*view.Section, *view.Table, error) {
	if len(r.args) < n+2 {
		return nil, nil, r.usage()
	}
	s, err := r.section(r.args[n], n)
	if err != nil {
		return nil, nil, err
	}
	wanted := r.args[n+1]
	if i := indexTable(s.Tables, wanted); i >= 0 {
		return s, &s.Tables[i], nil
	}
	var targets []string
	for _, t := range s.Tables {
		if slices.Contains(t.Sources, wanted) || slices.Contains(t.Sources, "/"+wanted) {
			return nil, nil, refuse("No such table '%s' (word %d): it is a source; its sum is in '%s'",
				oneWord(wanted), r.position(n+1), oneWord(t.Target))
		}
		targets = append(targets, t.Target)
	}
	return nil, nil, refuse("No such table '%s' in '%s' (word %d)%s",
		oneWord(wanted), oneWord(s.ID), r.position(n+1), nearest(wanted, targets))
}

// indexTable finds a table by its wire name, or by that without the leading slash which
// the tables of HAProxy's peers sections have; or with one that it has not. The exact name
// goes first, since "/rates.agg" and "rates.agg" may both be there.
func indexTable(tables []view.Table, wanted string) int {
	bare := strings.TrimPrefix(wanted, "/")
	for _, name := range []string{wanted, "/" + bare, bare} {
		if i := slices.IndexFunc(tables, func(t view.Table) bool { return t.Target == name }); i >= 0 {
			return i
		}
	}
	return -1
}
