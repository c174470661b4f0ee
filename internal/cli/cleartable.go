package cli

import (
	"bytes"

	"tallystick/internal/view"
)

// clearTable: "clear table ID NAME [key K | data.T OP V ...]". Shares are forgotten until
// their next update: what the nodes hold is theirs. Bans are not forgotten, and the answer says so.
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
		if _, err = r.backend.Clear(section.ID, table.Target, q.key); err != nil {
			return err
		}
		stay, _ := r.banned(section.ID, table.Target, q.key)
		r.stay(stay)
		return nil
	}
	return r.clearMatching(section.ID, table, q)
}

// clearMatching clears the keys that a query finds, each when the chunk with it has been
// read: clearing is no part of reading.
func (r *request) clearMatching(section string, table *view.Table, q *asked) (err error) {
	var keys [][]byte
	_, banned := r.banned(section, table.Target, nil)
	stay := 0
	clearRead := func() bool {
		for _, k := range keys {
			if _, err = r.backend.Clear(section, table.Target, k); err != nil {
				return false
			}
			stay += banned[string(k)]
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
	r.stay(stay)
	return err
}
