package metrics

import "tallystick/internal/view"

// tableKey is what tells tables apart in labels.
type tableKey struct{ name, keyType string }

// tables shows the tables of a section. A sum and a table from above may have one name, if the
// configuration is so unwise: then they are shown as one, since two equal series would cost the scrape.
func (s *scrape) tables(id string, v *view.Section) {
	all := map[tableKey]*view.Table{}
	for i := range v.Tables {
		t := &v.Tables[i]
		k := tableKey{label(t.Target), t.Schema.KeyType.String()}
		if other := all[k]; other != nil {
			t = merged(other, t)
		}
		all[k] = t
	}
	for k, t := range all {
		s.table(t, id, k.name, k.keyType)
	}
}

// table shows one table. labels are those of all its series.
func (s *scrape) table(t *view.Table, labels ...string) {
	missing := len(t.Missing)
	for _, r := range t.Receivers {
		if r.NotTo != "" {
			missing++
		}
	}
	s.emit("table_entries", float64(t.Rows), labels...)
	s.emit("table_contributions", float64(t.Shares), labels...)
	s.emit("table_contributions_expired_total", float64(t.Ended), labels...)
	s.emit("table_entries_expired_total", float64(t.Gone), labels...)
	s.emit("table_bytes", float64(t.Bytes), labels...)
	s.emit("table_changes_total", float64(t.Changes), labels...)
	s.emit("table_sums_pushed_total", float64(t.Told), labels...)
	s.emit("table_disagreements", float64(t.Disagree), labels...)
	s.emit("table_receivers_missing", float64(missing), labels...)
}

// merged is two tables as one, as far as it is shown.
func merged(a, b *view.Table) *view.Table {
	c := *a
	c.Rows, c.Shares, c.Bytes, c.Changes = a.Rows+b.Rows, a.Shares+b.Shares, a.Bytes+b.Bytes, a.Changes+b.Changes
	c.Ended, c.Gone, c.Told, c.Disagree = a.Ended+b.Ended, a.Gone+b.Gone, a.Told+b.Told, a.Disagree+b.Disagree
	c.Missing = append(append([]string{}, a.Missing...), b.Missing...)
	c.Receivers = append(append([]view.Receiver{}, a.Receivers...), b.Receivers...)
	return &c
}
