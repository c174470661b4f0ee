package web

import (
	"math"
	"net/http"
	"slices"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// Tables are the tables of all sections, or of one.
type Tables struct {
	Tables []Table `json:"tables"`
}

// Table is one table that we publish: a sum, or one that comes from above and is relayed.
type Table struct {
	Section       string     `json:"section"`
	Name          string     `json:"name" doc:"as on the wire, with the slash if it has one; %2F in paths"`
	Relayed       bool       `json:"relayed" doc:"it comes from above, nothing is added up"`
	Type          string     `json:"type" enum:"integer,ip,ipv6,string,binary" doc:"of its keys"`
	KeyLength     int        `json:"key_length" doc:"of a key in bytes; of strings the longest"`
	ExpireMS      *uint32    `json:"expire_ms" doc:"null: entries live for ever"`
	Columns       []Column   `json:"columns"`
	Sources       []string   `json:"sources" doc:"names of the tables that feed it"`
	Entries       int64      `json:"entries"`
	Contributions int64      `json:"contributions" doc:"shares of all entries"`
	Bytes         int64      `json:"bytes" doc:"of memory"`
	Changes       uint64     `json:"changes" doc:"since it came to be"`
	RateIn        *float64   `json:"rate_in" doc:"updates a second that came lately; null if that has not been measured yet"`
	RateOut       *float64   `json:"rate_out" doc:"that went to peers"`
	LagMS         *Lag       `json:"lag_ms" doc:"from a change until receivers were told; null if that is not known"`
	Receivers     []Receiver `json:"receivers"`
	Notes         []string   `json:"notes" doc:"what members disagree about, a sentence each"`
	Leads         []Lead     `json:"leads" doc:"who counts of the replicas that feed it"`
}

// Column is one column of a table.
type Column struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind" enum:"counter,gauge,rate,tag,text"`
	Elements *int    `json:"elements" doc:"of an array"`
	PeriodMS *uint32 `json:"period_ms" doc:"of a rate"`
}

// Lag is how late receivers are told, in ms.
type Lag struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Receiver is how far a peer is in hearing a table.
type Receiver struct {
	Peer    string  `json:"peer"`
	Pushed  uint32  `json:"pushed" doc:"id of the last change sent"`
	Acked   uint32  `json:"acked" doc:"id of the last change that it has acked"`
	Behind  uint32  `json:"behind" doc:"changes that it has not been sent, at most"`
	Unacked uint32  `json:"unacked" doc:"changes that it was sent and has not acked"`
	NotTo   *string `json:"not_to" doc:"why nothing is sent"`
}

// Lead is who counts of a group.
type Lead struct {
	Group string  `json:"group"`
	Peer  *string `json:"peer" doc:"null: nobody yet"`
}

func (s *Server) tablesOf(now *snapshot, sections []view.Section) Tables {
	v := Tables{Tables: []Table{}}
	for i := range sections {
		for j := range sections[i].Tables {
			v.Tables = append(v.Tables, s.tableOf(now, &sections[i], &sections[i].Tables[j]))
		}
	}
	return v
}

func (s *Server) listTables(w http.ResponseWriter, r *http.Request) error {
	now := s.snaps.take()
	sections, err := now.some(r.FormValue("section"))
	if err != nil {
		return err
	}
	s.answer(w, r, http.StatusOK, s.tablesOf(now, sections))
	return nil
}

func (s *Server) oneTable(w http.ResponseWriter, r *http.Request) error {
	now := s.snaps.take()
	section, table, err := now.table(r.PathValue("section"), r.PathValue("name"))
	if err != nil {
		return err
	}
	s.answer(w, r, http.StatusOK, s.tableOf(now, section, table))
	return nil
}

func (s *Server) tableOf(now *snapshot, section *view.Section, t *view.Table) Table {
	v := Table{Section: section.ID, Name: t.Target, Relayed: t.Forwarded, Type: t.Schema.KeyType.String(), KeyLength: keyLength(t.Schema), ExpireMS: given(t.Schema.Expire),
		Columns: columnsOf(t.Schema), Sources: list(t.Sources), Entries: t.Rows, Contributions: t.Shares, Bytes: t.Bytes, Changes: t.Changes,
		Receivers: []Receiver{}, Notes: list(t.Notes), Leads: []Lead{}}
	if in, out, ok := s.tables.Rates(now.at, section.ID, t.Target); ok {
		in, out = rounded(in), rounded(out)
		v.RateIn, v.RateOut = &in, &out
	}
	if t.Lag != nil {
		v.LagMS = &Lag{rounded(t.Lag.P50.Seconds() * 1000), rounded(t.Lag.P99.Seconds() * 1000)}
	}
	for i := range t.Receivers {
		to := &t.Receivers[i]
		v.Receivers = append(v.Receivers, Receiver{to.Peer, to.Pushed, to.Acked, t.Behind(to), to.Unacked(), given(to.NotTo)})
	}
	for _, l := range t.Leads {
		v.Leads = append(v.Leads, Lead{l.Group, given(l.Peer)})
	}
	return v
}

// keyLength is how many bytes a key has, at most.
func keyLength(s *stick.Schema) int {
	if n := s.KeyType.Width(s.KeyLen); n >= 0 {
		return n
	}
	return int(min(max(s.KeyLen, 1)-1, math.MaxInt32)) // on the wire it is one more
}

func columnsOf(schema *stick.Schema) []Column {
	columns := []Column{}
	for _, c := range schema.Columns {
		v := Column{Name: c.Type.String(), Kind: kindOf(c.Type), PeriodMS: given(c.Period)}
		if c.Type.IsArray() {
			v.Elements = given(int(c.Len))
		}
		columns = append(columns, v)
	}
	return columns
}

// kindOf is what the numbers of a column are.
func kindOf(t stick.DataType) string {
	switch {
	case t.Kind() == stick.Text:
		return "text"
	case t.Kind() == stick.Rate:
		return "rate"
	case t.Counts():
		return "counter"
	case t == stick.ConnCur:
		return "gauge"
	}
	return "tag"
}

// usual is the column by which keys are compared if nobody says which: the first rate, else the first
// counter or gauge.
func usual(schema *stick.Schema) (query.Cell, bool) {
	cells := query.Cells(schema)
	for _, kind := range []string{"rate", "counter", "gauge"} {
		if i := slices.IndexFunc(cells, func(c query.Cell) bool { return kindOf(c.Column.Type) == kind }); i >= 0 {
			return cells[i], true
		}
	}
	return query.Cell{}, false
}

// some are the sections that a request is about: that of an id, or all.
func (s *snapshot) some(id string) ([]view.Section, error) {
	if id == "" {
		return s.sections, nil
	}
	v, err := s.section(id)
	if err != nil {
		return nil, err
	}
	return []view.Section{*v}, nil
}

func (s *snapshot) section(id string) (*view.Section, error) {
	var ids []string
	for i := range s.sections {
		if s.sections[i].ID == id {
			return &s.sections[i], nil
		}
		ids = append(ids, s.sections[i].ID)
	}
	return nil, unknown("no_such_section", "section", id, ids)
}

// table finds a table by its name, with or without the slash.
func (s *snapshot) table(id, name string) (*view.Section, *view.Table, error) {
	v, err := s.section(id)
	if err != nil {
		return nil, nil, err
	}
	if i := query.FindTable(v.Tables, name); i >= 0 {
		return v, &v.Tables[i], nil
	}
	var names []string
	for i := range v.Tables {
		t := &v.Tables[i]
		if slices.Contains(t.Sources, name) || slices.Contains(t.Sources, "/"+name) {
			p := problem(http.StatusNotFound, "no_such_table", "%q is a source; its sum is in %q", name, t.Target)
			p.near = t.Target
			return nil, nil, p
		}
		names = append(names, t.Target)
	}
	return nil, nil, unknown("no_such_table", "table", name, names)
}
