package top

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Source answers the paths of the HTTP API, such as "topology" or "tables?section=data", from wherever it
// reaches the program. What it returns is JSON.
type Source interface {
	Get(path string) ([]byte, error)
}

// sample is the program at one moment: the fields of the API that are shown.
type sample struct {
	Info struct {
		Version  string    `json:"version"`
		Host     string    `json:"host"`
		Started  time.Time `json:"started"`
		UptimeMS int64     `json:"uptime_ms"`
		RSS      float64   `json:"rss_bytes"`
		Ready    bool      `json:"ready"`
		Stopping bool      `json:"stopping"`
		Reload   *reload   `json:"reload"`
	}
	Sections []section
	Tables   []table
	Findings []finding
	Top      *keys // nil: no table is there to be looked into
}

type reload struct {
	Good    bool   `json:"good"`
	Message string `json:"message"`
}

type section struct {
	ID         string `json:"id"`
	Observe    bool   `json:"observe"`
	Warm       bool   `json:"warm"`
	WarmLeftMS int64  `json:"warm_left_ms"`
	Heard      int    `json:"warm_heard"`
	Expected   int    `json:"warm_expected"`
	Peers      []peer `json:"peers"`
}

type peer struct {
	Section   string    `json:"section"`
	Name      string    `json:"name"`
	Role      string    `json:"role"`
	Group     string    `json:"group"`
	State     string    `json:"state"` // "up", "learning", "connecting", "down", "disabled", "never"
	Since     time.Time `json:"since"`
	Remote    string    `json:"remote"`
	Addr      string    `json:"addr"`
	RateIn    *float64  `json:"updates_in_rate"` // nil: not measured yet
	RateOut   *float64  `json:"updates_out_rate"`
	AcksLate  int64     `json:"acks_behind"`
	Protocols int64     `json:"protocol_errors"`
}

type table struct {
	Section   string     `json:"section"`
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Relayed   bool       `json:"relayed"`
	Columns   []column   `json:"columns"`
	Entries   int64      `json:"entries"`
	Bytes     float64    `json:"bytes"`
	RateIn    *float64   `json:"rate_in"`
	RateOut   *float64   `json:"rate_out"`
	Lag       *quantiles `json:"lag_ms"`
	Receivers []struct {
		Peer  string  `json:"peer"`
		NotTo *string `json:"not_to"`
	} `json:"receivers"`
}

type column struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"` // "counter", "gauge", "rate", "tag", "text"
	PeriodMS int64  `json:"period_ms"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

type finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Section  string `json:"section"`
	Peer     string `json:"peer"`
	Table    string `json:"table"`
	Text     string `json:"text"`
	Fix      string `json:"fix"`
}

// keys are the largest of one table by one column.
type keys struct {
	table   *table
	by      string
	Entries []entry `json:"entries"`
}

type entry struct {
	Key struct {
		Text string `json:"text"`
	} `json:"key"`
	Sum    map[string]json.RawMessage `json:"sum"`
	Shares []struct {
		Peer   string                     `json:"peer"`
		Values map[string]json.RawMessage `json:"values"`
		Counts bool                       `json:"counts"`
	} `json:"shares"`
}

// now is the time of the program's own clock: that of the one who looks may be wrong.
func (s *sample) now() time.Time {
	return s.Info.Started.Add(time.Duration(s.Info.UptimeMS) * time.Millisecond)
}

// rate is what was measured, and below 0 if nothing was.
func rate(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

// number reads a column's value; of an array the sum of its elements, and 0 of a text.
func number(values map[string]json.RawMessage, name string) float64 {
	var one float64
	if json.Unmarshal(values[name], &one) == nil {
		return one
	}
	var many []float64
	if json.Unmarshal(values[name], &many) != nil {
		return 0
	}
	total := 0.0
	for _, v := range many {
		total += v
	}
	return total
}

// read asks for everything that v shows.
func read(from Source, v *choice, rows int) (*sample, error) {
	s := &sample{}
	topology := struct {
		Sections *[]section `json:"sections"`
	}{&s.Sections}
	tables := struct {
		Tables *[]table `json:"tables"`
	}{&s.Tables}
	lint := struct {
		Findings *[]finding `json:"findings"`
	}{&s.Findings}
	for _, q := range []struct {
		path string
		into any
	}{{"info", &s.Info}, {"topology", &topology}, {"tables", &tables}, {"lint", &lint}} {
		if err := get(from, q.path, q.into); err != nil {
			return nil, err
		}
	}
	t, by := v.resolve(s.Tables)
	if t == nil || by == "" || rows <= 0 {
		return s, nil
	}
	s.Top = &keys{table: t, by: by}
	path := fmt.Sprintf("tables/%s/%s/entries?%s", url.PathEscape(t.Section), url.PathEscape(t.Name),
		url.Values{"top": {strconv.Itoa(rows)}, "by": {by}}.Encode())
	return s, get(from, path, s.Top)
}

func get(from Source, path string, into any) error {
	text, err := from.Get(path)
	if err != nil {
		return err
	}
	var refused struct {
		Error *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &refused) == nil && refused.Error != nil {
		return fmt.Errorf("%s: %s", path, refused.Error.Message)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w: %.100q", path, err, text)
	}
	return nil
}

// choice is what the operator has chosen to look at. It survives that tables come and go.
type choice struct {
	section, table string            // "": the first one
	by             map[string]string // by section and table; missing: the first column worth it
}

// resolve finds the chosen table and column among those that are there: else the first table that has
// entries, else the first; a rate before a counter before anything else.
func (c *choice) resolve(tables []table) (t *table, by string) {
	for i := range tables {
		switch at := &tables[i]; {
		case at.Section == c.section && at.Name == c.table:
			return at, c.column(at)
		case t == nil || t.Entries == 0 && at.Entries > 0:
			t = at
		}
	}
	if t == nil {
		return nil, ""
	}
	return t, c.column(t)
}

func (c *choice) column(t *table) string {
	ranked := t.ranked()
	if by := c.by[t.Section+" "+t.Name]; slices.Contains(ranked, by) {
		return by
	}
	if len(ranked) == 0 {
		return ""
	}
	return ranked[0]
}

// ranked are the columns by which keys can be sorted, those first that tell most.
func (t *table) ranked() []string {
	var names []string
	for _, kind := range []string{"rate", "gauge", "counter", "tag"} {
		for _, c := range t.Columns {
			if c.Kind == kind {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// move chooses the table that stands n behind the present one, going round.
func (c *choice) move(tables []table, n int) {
	if len(tables) == 0 {
		return
	}
	now, _ := c.resolve(tables)
	at := slices.IndexFunc(tables, func(t table) bool { return t.Section == now.Section && t.Name == now.Name })
	next := &tables[((at+n)%len(tables)+len(tables))%len(tables)]
	c.section, c.table = next.Section, next.Name
}

// turn sorts by the next column.
func (c *choice) turn(tables []table) {
	t, by := c.resolve(tables)
	if t == nil {
		return
	}
	ranked := t.ranked()
	if len(ranked) == 0 {
		return
	}
	if c.by == nil {
		c.by = map[string]string{}
	}
	c.section, c.table = t.Section, t.Name
	c.by[t.Section+" "+t.Name] = ranked[(slices.Index(ranked, by)+1)%len(ranked)]
}
