package web

import (
	"encoding/json"
	"math"
	"time"

	"tallystick/internal/explain"
	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// Stamp is a moment of the wall clock, as RFC 3339 has it, with milliseconds, in UTC:
// 2026-01-31T12:00:00.000Z. It is a string, since there are thousands of them in a state, and what writes
// itself as JSON is read again by package json.
type Stamp string

// stamp is nil for never.
func stamp(t time.Time) *Stamp {
	if t.IsZero() {
		return nil
	}
	s := Stamp(t.UTC().AppendFormat(make([]byte, 0, 24), "2006-01-02T15:04:05.000Z"))
	return &s
}

// given is nil for the zero value: what is not there is null, and not 0 or "".
func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// list is never null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// millis is a time in ms.
func millis(d time.Duration) int64 { return d.Milliseconds() }

// rounded has three digits behind the point: what is measured is not known better.
func rounded(v float64) float64 { return math.Round(v*1000) / 1000 }

// Key is a key of a table.
type Key struct {
	Text string  `json:"text" doc:"as HAProxy prints it; what is not harmless in one line is escaped as \\xNN. This is how a key is given in a path, or behind key="`
	Hex  *string `json:"hex" doc:"its bytes as hex digits, if it is binary, or a string that is escaped in text"`
}

func keyOf(t stick.KeyType, key []byte) Key {
	text := string(stick.AppendKey(nil, t, key))
	k := Key{Text: text}
	if t == stick.Binary || t == stick.String && text != string(key) {
		hex := string(stick.AppendKey(nil, stick.Binary, key))
		k.Hex = &hex
	}
	return k
}

// Values are values by column.
type Values json.RawMessage

// MarshalJSON writes what is there.
func (v Values) MarshalJSON() ([]byte, error) { return v, nil }

// Entry is one row of a table.
type Entry struct {
	Key       Key     `json:"key"`
	Sum       Values  `json:"sum"`
	ExpiresMS *uint32 `json:"expires_ms" doc:"what is left of its life; null for ever, or if nothing counts"`
	Shares    []Share `json:"shares" doc:"what each member has reported, in the order of the configuration"`
}

// Share is what one member contributes to a sum.
type Share struct {
	Peer      string  `json:"peer" doc:"lb1, or lb1(web.v2) where a peer feeds the table from two of its own"`
	Node      string  `json:"node" doc:"the peer's name in /peers; empty for what an operator has set by hand"`
	Group     *string `json:"group" doc:"the group of replicas that it is in"`
	Values    Values  `json:"values"`
	ExpiresMS *uint32 `json:"expires_ms" doc:"what is left of its life; null for ever, or if it is over"`
	Counts    bool    `json:"counts" doc:"it is in the sum"`
	Why       *string `json:"why" doc:"why it does not count"`
}

func entryOf(t *view.Table, e *view.Entry) Entry {
	v := Entry{Key: keyOf(e.Schema.KeyType, e.Key), Sum: Values(query.Data(&e.Sum, e.Schema)), ExpiresMS: query.Life(&e.Sum), Shares: []Share{}}
	for i := range e.Shares {
		s := &e.Shares[i]
		share := Share{Peer: s.Label, Node: s.Peer, Group: given(s.Group), Values: Values(query.Data(s, s.In(e))), ExpiresMS: query.Life(s)}
		switch {
		case s.Expired:
			share.Why = given("expired")
		case s.Standby:
			share.Why = given("stands by: " + explain.Leads(t, s.Group))
		default:
			share.Counts = true
		}
		v.Shares = append(v.Shares, share)
	}
	return v
}
