package web

import (
	"net/http"

	"tallystick/internal/explain"
	"tallystick/internal/query"
	"tallystick/internal/stick"
)

// Explanation is why the sum of one key is what it is.
type Explanation struct {
	Section   string              `json:"section"`
	Table     string              `json:"table"`
	Key       Key                 `json:"key"`
	Found     bool                `json:"found" doc:"the table has the key; else there is nothing to explain"`
	Relayed   bool                `json:"relayed" doc:"it comes from above, nothing is added up"`
	Counts    bool                `json:"counts" doc:"something counts; else there is no sum, and nobody is told of it"`
	ExpiresMS *uint32             `json:"expires_ms"`
	Columns   []ExplainedColumn   `json:"columns"`
	Shares    []ExplainedShare    `json:"shares" doc:"in the order of the configuration"`
	Silent    []string            `json:"silent" doc:"members that feed the table and have not reported the key"`
	Receivers []ExplainedReceiver `json:"receivers"`
}

// ExplainedColumn is one number of the sum, and what it is made of.
type ExplainedColumn struct {
	Name     string        `json:"name" doc:"gpc1: the second element of gpc"`
	Element  *int          `json:"element" doc:"of an array, from 0"`
	PeriodMS *uint32       `json:"period_ms"`
	Sum      explain.Value `json:"sum"`
	Formula  string        `json:"formula"`
	Rule     string        `json:"rule" doc:"how such columns are united"`
	Parts    []Part        `json:"parts" doc:"one for each share"`
}

// Part is what one share has in a column.
type Part struct {
	Peer   string         `json:"peer"`
	Value  *explain.Value `json:"value" doc:"null: it has no such column"`
	Counts bool           `json:"counts"`
	Why    *string        `json:"why" doc:"why it does not count"`
	Rate   *Window        `json:"rate"`
}

// Window is the numbers behind a rate.
type Window struct {
	Curr  uint64 `json:"curr" doc:"events of the present window"`
	Prev  uint64 `json:"prev" doc:"and of the one before"`
	AgeMS int64  `json:"age_ms" doc:"since the present window began"`
}

// ExplainedShare is what one member has reported.
type ExplainedShare struct {
	Peer          string  `json:"peer"`
	Node          string  `json:"node"`
	Source        *string `json:"source" doc:"the table at the peer"`
	ReportedMSAgo *int64  `json:"reported_ms_ago" doc:"null where that cannot be known"`
	ExpiresMS     *uint32 `json:"expires_ms"`
	Expired       bool    `json:"expired"`
	Standby       bool    `json:"standby"`
	SetAside      *string `json:"set_aside"`
	Note          *string `json:"note"`
	Values        Values  `json:"values"`
}

// ExplainedReceiver is one peer that might read the sum.
type ExplainedReceiver struct {
	Peer       string  `json:"peer"`
	Role       string  `json:"role" enum:"node,up,down"`
	Pushed     bool    `json:"pushed" doc:"the newest sum was sent to it"`
	Acked      bool    `json:"acked"`
	Unknown    bool    `json:"unknown" doc:"neither can be told, since it is catching up"`
	ShouldRead *Values `json:"should_read" doc:"by column of its own definition; a column that it is not told is null; null: nothing"`
	Why        *string `json:"why" doc:"why it reads nothing, or something else"`
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) error {
	section, table, err := s.snaps.take().table(r.PathValue("section"), r.PathValue("name"))
	if err != nil {
		return err
	}
	key, err := parseKey(r.PathValue("key"), table.Schema)
	if err != nil {
		return err
	}
	x, found, err := explain.Ask(s.Backend, section, table, key)
	if err != nil {
		return err
	}
	v := Explanation{Section: section.ID, Table: table.Target, Key: keyOf(table.Schema.KeyType, key), Found: found, Relayed: table.Forwarded,
		Columns: []ExplainedColumn{}, Shares: []ExplainedShare{}, Silent: []string{}, Receivers: []ExplainedReceiver{}}
	if found {
		v.tell(x)
	}
	s.answer(w, r, http.StatusOK, v)
	return nil
}

// tell fills in what is known of a key that is there.
func (v *Explanation) tell(x *explain.Explanation) {
	v.Counts, v.ExpiresMS, v.Silent = x.Counts, x.Life, list(x.Silent)
	for i := range x.Columns {
		c := &x.Columns[i]
		column := ExplainedColumn{Name: c.Name, PeriodMS: given(c.Cell.Column.Period), Sum: c.Sum, Formula: c.Formula, Rule: c.Rule, Parts: []Part{}}
		if c.Cell.Column.Type.IsArray() {
			column.Element = &c.Element
		}
		for _, p := range c.Parts {
			part := Part{Peer: p.Label, Value: p.Value, Counts: p.Counts, Why: given(p.Why)}
			if p.Rate != nil {
				part.Rate = &Window{p.Rate.Curr, p.Rate.Prev, millis(p.Rate.Age)}
			}
			column.Parts = append(column.Parts, part)
		}
		v.Columns = append(v.Columns, column)
	}
	for i := range x.Shares {
		v.Shares = append(v.Shares, explainedShare(x.Schema, &x.Shares[i]))
	}
	for i := range x.Receivers {
		to := &x.Receivers[i]
		v.Receivers = append(v.Receivers, ExplainedReceiver{Peer: to.Peer, Role: to.Role, Pushed: to.Pushed, Acked: to.Acked, Unknown: to.Unknown,
			ShouldRead: shouldRead(to.Should), Why: given(to.Why)})
	}
}

func explainedShare(sum *stick.Schema, s *explain.Share) ExplainedShare {
	v := ExplainedShare{Peer: s.Label, Node: s.Peer, Source: given(s.Source), Expired: s.Expired, Standby: s.Standby, SetAside: given(s.SetAside), Note: given(s.Note)}
	schema := s.Schema
	if schema == nil {
		schema = sum
	}
	v.Values, v.ExpiresMS = Values(query.Data(s.Share, schema)), query.Life(s.Share)
	if s.Reported != nil {
		ms := millis(*s.Reported)
		v.ReportedMSAgo = &ms
	}
	return v
}

// shouldRead is an object of what a peer should read: elements of arrays are columns of their own.
func shouldRead(list []explain.Should) *Values {
	if list == nil {
		return nil
	}
	b := []byte{'{'}
	for i, c := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, query.Marshal(c.Name)...), ':')
		if c.Value == nil {
			b = append(b, "null"...)
		} else {
			b = append(b, query.Marshal(*c.Value)...)
		}
	}
	v := Values(append(b, '}'))
	return &v
}
