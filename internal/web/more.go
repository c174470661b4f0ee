package web

import (
	"net/http"

	"tallystick/internal/history"
)

// History is tables over time.
type History struct {
	StepMS int64    `json:"step_ms" doc:"from one number to the next"`
	Until  *Stamp   `json:"until" doc:"when the last number ends"`
	Series []Series `json:"series"`
}

// Series is one table over time. What was not measured is null.
type Series struct {
	Section  string       `json:"section"`
	Table    string       `json:"table"`
	In       history.Line `json:"in" doc:"updates a second that came"`
	Out      history.Line `json:"out" doc:"updates a second that went to peers"`
	Entries  history.Line `json:"entries"`
	Bytes    history.Line `json:"bytes"`
	LagP99MS history.Line `json:"lag_p99_ms"`
}

// HistoryKeys is the largest keys of a column over time.
type HistoryKeys struct {
	StepMS  int64     `json:"step_ms"`
	Until   *Stamp    `json:"until"`
	Section string    `json:"section"`
	Table   string    `json:"table"`
	By      string    `json:"by"`
	Keys    []KeyLine `json:"keys" doc:"those that are or were among the largest; at first there are none"`
}

// KeyLine is one key over time.
type KeyLine struct {
	Key    Key          `json:"key"`
	Values history.Line `json:"values"`
}

func (s *Server) history(w http.ResponseWriter, r *http.Request) error {
	now := s.snaps.take()
	q := r.URL.Query()
	section, table := q.Get("section"), q.Get("table")
	if table != "" {
		v, t, err := now.table(section, table)
		if err != nil {
			return err
		}
		section, table = v.ID, t.Target
	} else if _, err := now.some(section); err != nil {
		return err
	}
	seconds := 600
	if q.Has("seconds") {
		var err error
		if seconds, err = s.count("seconds", q.Get("seconds"), history.Slots); err != nil {
			return err
		}
	}
	step, until, lines := s.tables.Read(s.Now(), section, table, seconds)
	v := History{StepMS: millis(step), Until: stamp(until), Series: []Series{}}
	for _, l := range lines {
		v.Series = append(v.Series, Series{l.Section, l.Table, l.In, l.Out, l.Entries, l.Bytes, l.P99s})
	}
	s.answer(w, r, http.StatusOK, v)
	return nil
}

func (s *Server) historyKeys(w http.ResponseWriter, r *http.Request) error {
	watch, n, err := s.watch(r, "n", 10, history.MaxKeys)
	if err != nil {
		return err
	}
	if _, err := s.tops.want(s.Now(), watch, n, false); err != nil {
		return err
	}
	_, table, err := s.snaps.take().table(watch.Section, watch.Table)
	if err != nil {
		return err
	}
	until, lines := s.keys.Read(s.Now(), watch, n)
	v := HistoryKeys{StepMS: millis(history.KeyStep), Until: stamp(until), Section: watch.Section, Table: watch.Table, By: watch.By, Keys: []KeyLine{}}
	for _, l := range lines {
		v.Keys = append(v.Keys, KeyLine{keyOf(table.Schema.KeyType, []byte(l.Key)), l.Values})
	}
	s.answer(w, r, http.StatusOK, v)
	return nil
}

// Lint is what is wrong in the cluster.
type Lint struct {
	Findings []Finding `json:"findings" doc:"the worst first"`
}

// Finding is one thing that is wrong.
type Finding struct {
	Rule     string  `json:"rule"`
	Severity string  `json:"severity" enum:"error,warning,notice"`
	Section  string  `json:"section" doc:"empty for the program as a whole"`
	Peer     *string `json:"peer"`
	Table    *string `json:"table"`
	Text     string  `json:"text" doc:"one sentence"`
	Fix      *string `json:"fix" doc:"the line to write"`
	Since    *Stamp  `json:"since"`
	Doc      string  `json:"doc" doc:"where the rule is explained"`
}

func (s *Server) lint(w http.ResponseWriter, r *http.Request) error {
	s.answer(w, r, http.StatusOK, s.lintOf())
	return nil
}

func (s *Server) lintOf() Lint {
	v := Lint{Findings: []Finding{}}
	for _, f := range s.Backend.Findings() {
		v.Findings = append(v.Findings, Finding{Rule: f.Rule, Severity: string(f.Severity), Section: f.Section, Peer: given(f.Peer), Table: given(f.Table),
			Text: f.Text, Fix: given(f.Fix), Since: stamp(f.Since), Doc: f.Doc()})
	}
	return v
}
