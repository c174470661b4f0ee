package web

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

const (
	defaultEntries = 20
	// slice is how many rows are read at a time: a fraction of a millisecond in which one shard is held.
	slice = 256
	// scanWait is how long a request waits for others that read tables before it is refused.
	scanWait = 5 * time.Second
)

// asked is what the parameters of a request for entries say. All of it must hold.
type asked struct {
	key     []byte // as on the wire; nil: any
	filters []query.Filter
	by      *query.Cell // the largest in it; nil: in the order of the table
	limit   int
}

// badValue is a parameter that cannot be what it is.
func badValue(name, format string, args ...any) *trouble {
	p := problem(http.StatusBadRequest, "bad_"+name, format, args...)
	p.message = name + ": " + p.message
	return p
}

// ask reads the parameters of a request for entries.
func (s *Server) ask(values url.Values, schema *stick.Schema) (a asked, err error) {
	a.limit = defaultEntries
	for _, name := range []string{"limit", "top"} {
		if !values.Has(name) {
			continue
		}
		if a.limit, err = s.count(name, values.Get(name), s.Limits.Entries); err != nil {
			return a, err
		}
	}
	if values.Has("key") {
		if a.key, err = parseKey(values.Get("key"), schema); err != nil {
			return a, err
		}
	}
	if values.Has("top") || values.Has("by") {
		c, err := columnBy(values.Get("by"), schema)
		if err != nil {
			return a, err
		}
		a.by = &c
	}
	for _, text := range values["filter"] {
		f, err := parseFilter(text, schema)
		if err != nil {
			return a, err
		}
		if a.filters = append(a.filters, f); len(a.filters) > query.MaxFilters {
			return a, badValue("filter", "at most %d are possible", query.MaxFilters)
		}
	}
	return a, nil
}

// count reads a number from 1 to most.
func (s *Server) count(name, text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, badValue(name, "not a number from 1 to %d: %q", most, shorten(text))
	}
	if n > most {
		s.stats.tooMany.Add(1)
		return 0, badValue(name, "at most %d", most)
	}
	return n, nil
}

// parseKey reads a key as it is printed.
func parseKey(text string, schema *stick.Schema) ([]byte, error) {
	if schema.KeyType == stick.String {
		text = query.Unescape(text)
	}
	key, err := query.ParseKey(text, schema)
	if err != nil {
		return nil, badValue("key", "%s", err)
	}
	return key, nil
}

// columnBy finds the column whose numbers are compared; "" is the usual one.
func columnBy(name string, schema *stick.Schema) (query.Cell, error) {
	if name == "" {
		c, ok := usual(schema)
		if !ok {
			return c, badValue("by", "the table has no column with numbers")
		}
		return c, nil
	}
	return column("by", strings.TrimPrefix(name, "data."), schema)
}

// column finds a column with numbers.
func column(parameter, name string, schema *stick.Schema) (query.Cell, error) {
	cells := query.Cells(schema)
	c, _, found := query.FindCell(cells, name)
	switch {
	case found && !c.IsText():
		return c, nil
	case found:
		return c, badValue(parameter, "%q is no number", name)
	}
	var names []string
	for _, c := range cells {
		names = append(names, c.Name())
	}
	p := unknown("no_such_column", "column", shorten(name), names)
	p.status = http.StatusBadRequest
	return c, p
}

// parseFilter reads "data.http_req_rate gt 100".
func parseFilter(text string, schema *stick.Schema) (f query.Filter, err error) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return f, badValue("filter", "not of the form \"data.http_req_rate gt 100\": %q", shorten(text))
	}
	if f.Cell, err = column("filter", strings.TrimPrefix(words[0], "data."), schema); err != nil {
		return f, err
	}
	if f.Holds = query.Operator(words[1]); f.Holds == nil {
		return f, badValue("filter", "%q is none of eq, ne, le, ge, lt, gt", shorten(words[1]))
	}
	ok := false
	if f.Value, ok = query.ParseNumber(words[2]); !ok {
		return f, badValue("filter", "%q is no whole number", shorten(words[2]))
	}
	return f, nil
}

// find reads what is asked for: more if there is, or may be, more than the limit. Only a few requests
// read tables at once, each in slices between which others have the processor.
func (s *Server) find(ctx context.Context, section string, t *view.Table, a asked) (list []view.Entry, more bool, err error) {
	if a.key != nil {
		_, err = s.Backend.Get(section, t.Target, a.key, func(e *view.Entry) {
			if query.Matches(a.filters, e, t.Schema) {
				list = append(list, e.Clone())
			}
		})
		return list, false, err
	}
	if err = s.beginScan(ctx); err != nil {
		return nil, false, err
	}
	defer func() { <-s.scans }()
	d, err := s.Backend.Dump(section, t.Target)
	if err != nil {
		return nil, false, err
	}
	if a.by != nil {
		if list, more, err = s.largest(ctx, skim(d), t.Schema, a); err == nil {
			s.fill(section, t.Target, list)
		}
		return list, more, err
	}
	for rest := true; rest && len(list) <= a.limit; runtime.Gosched() {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		rest = d.Next(min(slice, 2*a.limit), func(e *view.Entry) {
			if len(list) <= a.limit && query.Matches(a.filters, e, t.Schema) {
				list = append(list, e.Clone())
			}
		})
	}
	if more = len(list) > a.limit; more {
		list = list[:a.limit]
	}
	return list, more, nil
}

// largest reads a whole table for its largest entries.
func (s *Server) largest(ctx context.Context, d view.Dump, schema *stick.Schema, a asked) (list []view.Entry, more bool, err error) {
	top, found := query.NewTop(*a.by, a.limit), 0
	for rest := true; rest; runtime.Gosched() {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		rest = d.Next(slice, func(e *view.Entry) {
			if query.Matches(a.filters, e, schema) {
				top.Add(e, schema)
				found++
			}
		})
	}
	return top.Sorted(), found > a.limit, nil
}

// skim leaves shares out of a reading, where that can be done.
func skim(d view.Dump) view.Dump {
	if s, ok := d.(view.Skimmer); ok {
		s.Skim()
	}
	return d
}

// fill reads entries again that came without their shares. One that has gone meanwhile stays as it is.
func (s *Server) fill(section, table string, list []view.Entry) {
	for i := range list {
		if list[i].Shares == nil {
			_, _ = s.Backend.Get(section, table, list[i].Key, func(e *view.Entry) { list[i] = e.Clone() })
		}
	}
}

// beginScan takes a place among those that read tables.
func (s *Server) beginScan(ctx context.Context) error {
	wait := time.NewTimer(scanWait)
	defer wait.Stop()
	select {
	case s.scans <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		s.stats.busy.Add(1)
		return problem(http.StatusServiceUnavailable, "busy", "others are reading tables: ask again in a moment")
	}
}

// Entries are some rows of a table.
type Entries struct {
	Section string   `json:"section"`
	Table   string   `json:"table"`
	Columns []Column `json:"columns"`
	By      *string  `json:"by" doc:"the column whose largest these are; null: in no order"`
	Entries []Entry  `json:"entries"`
	More    bool     `json:"more" doc:"there are more"`
}

func (s *Server) entries(w http.ResponseWriter, r *http.Request) error {
	now := s.snaps.take()
	section, table, err := now.table(r.PathValue("section"), r.PathValue("name"))
	if err != nil {
		return err
	}
	a, err := s.ask(r.URL.Query(), table.Schema)
	if err != nil {
		return err
	}
	found, more, err := s.find(r.Context(), section.ID, table, a)
	if err != nil {
		return err
	}
	v := entriesOf(section, table, a.by, found)
	v.More = more
	s.answer(w, r, http.StatusOK, v)
	return nil
}

func entriesOf(section *view.Section, table *view.Table, by *query.Cell, found []view.Entry) Entries {
	v := Entries{Section: section.ID, Table: table.Target, Columns: columnsOf(table.Schema), Entries: []Entry{}}
	if by != nil {
		v.By = given(by.Name())
	}
	for i := range found {
		v.Entries = append(v.Entries, entryOf(table, &found[i]))
	}
	return v
}

// columnNamed finds a column by its name, as Watch has it, in a table that may have changed since.
func columnNamed(name string, schema *stick.Schema) (query.Cell, bool) {
	cells := query.Cells(schema)
	i := slices.IndexFunc(cells, func(c query.Cell) bool { return c.Name() == name })
	if i < 0 {
		return query.Cell{}, false
	}
	return cells[i], true
}
