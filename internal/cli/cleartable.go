package cli

import (
	"bytes"

	"tallystick/internal/view"
)

// clearTable: "clear table ID NAME [key K | data.T OP V ...]". Shares are forgotten until
// their next update: what the nodes hold is theirs.
func clearTable(r *request) error {
	section, table, err := r.table(0)
	if err != nil {
		return err
	}
	q, err := r.query(2, table.Schema)
	if err != nil {
		return err
	}
	switch {
	case q.top != nil || q.json:
		return refuse("'clear table' expects no 'top' and no 'json'; usage: %s", r.command.usage())
	case len(q.filters) == 0: // one key, or all
		_, err = r.backend.Clear(section.ID, table.Target, q.key)
		return err
	}
	return r.clearMatching(section.ID, table, q)
}

// clearMatching clears the keys that a query finds, each when the chunk with it has been
// read: clearing is no part of reading.
func (r *request) clearMatching(section string, table *view.Table, q *asked) (err error) {
	var keys [][]byte
	clearRead := func() bool {
		for _, k := range keys {
			if _, err = r.backend.Clear(section, table.Target, k); err != nil {
				return false
			}
		}
		keys = keys[:0]
		return true
	}
	scanErr := r.scan(section, table.Target, q.key, func(e *view.Entry) {
		if q.matches(e, table.Schema) {
			keys = append(keys, bytes.Clone(e.Key))
		}
	}, clearRead)
	if scanErr != nil {
		return scanErr
	}
	return err
}
