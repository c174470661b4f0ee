package cli

import (
	"fmt"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// disagreement tells what two members of a group see differently, the one that stands by
// first: "key 192.0.2.1 column http_req_cnt 50 against 100 since 12s (3 times)".
func (r *request) disagreement(t *view.Table, d *view.Disagreement) string {
	schema := d.Schema
	if schema == nil {
		schema = t.Schema
	}
	column := query.Cell{Column: stick.Column{Type: d.Column}, Element: d.Element}
	text := fmt.Sprintf("key %s column %s %d against %d since %s", stick.AppendKey(nil, schema.KeyType, d.Key), column.Name(),
		d.Has, d.LeaderHas, r.age(d.Since))
	switch d.Times {
	case 0:
		return text
	case 1:
		return text + " (once)"
	}
	return text + fmt.Sprintf(" (%d times)", d.Times)
}
