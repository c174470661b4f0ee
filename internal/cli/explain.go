package cli

import (
	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// explain: "explain ID NAME KEY" tells column by column whose shares a sum is made of.
func explain(r *request) error {
	section, table, err := r.table(0)
	if err != nil {
		return err
	}
	if len(r.args) < 3 {
		return answer("Key value expected")
	}
	key, err := parseKey(r.args[2], table.Schema, r.position(2))
	if err != nil {
		return err
	}
	found, err := r.backend.Get(section.ID, table.Target, key, func(e *view.Entry) { r.explainEntry(table, e) })
	if err == nil && !found {
		return refuse("No such key '%s' in '%s'", oneWord(r.args[2]), oneWord(table.Target))
	}
	return err
}

func (r *request) explainEntry(t *view.Table, e *view.Entry) {
	r.printf("key=%s\n", stick.AppendKey(nil, e.Schema.KeyType, e.Key))
	for _, c := range query.Cells(e.Schema) {
		r.printf("  %s=%s of\n", c.Title, appendValue(nil, c, &e.Sum))
		for i := range e.Shares {
			s := &e.Shares[i]
			own, ok := c.In(s.In(e), e.Schema)
			switch {
			case !ok:
				r.printf("    %s: has no such column\n", oneWord(s.Label))
			case s.Expired:
				r.printf("    %s: expired\n", oneWord(s.Label))
			case s.Standby:
				r.printf("    %s: %s, stands by: %s\n", oneWord(s.Label), appendValue(nil, own, s), whoLeads(t, s.Group))
			default:
				r.printf("    %s: %s\n", oneWord(s.Label), appendValue(nil, own, s))
			}
		}
	}
}
