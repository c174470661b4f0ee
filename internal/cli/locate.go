package cli

import (
	"slices"

	"tallystick/internal/query"
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
	if i := query.FindTable(s.Tables, wanted); i >= 0 {
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
