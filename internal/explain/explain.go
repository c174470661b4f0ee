// Package explain tells why the sum of one key is what it is: what each member has reported and
// how long ago, which of that counts and why the rest does not, how the sum was formed, who was
// told of it, and what each peer should read.
//
// It is pure: it is handed snapshots, makes a structure of them and formats no page. What it cannot
// know it leaves open rather than to guess. Names and reasons are as they came: whoever prints them escapes them. The runtime CLI and the HTTP API use it, so that both say the same.
package explain

import (
	"time"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// Explanation is one key of one table.
type Explanation struct {
	Section, Table string        // as in view.Section.ID and view.Table.Target
	Relayed        bool          // it comes from above: nothing is added up
	Schema         *stick.Schema // of key and sum
	Key            []byte        // as on the wire
	Life           *uint32       // ms that the sum has to live; nil: for ever, or nothing counts
	Counts         bool          // something counts: else there is no sum, and nobody is told of it

	Columns   []Column
	Shares    []Share    // in the order of the configuration
	Silent    []string   // members that feed the table and have not reported the key, or so long ago that it is forgotten
	Receivers []Receiver // in the order of the configuration
}

// Column is one number of the sum, and what it is made of.
type Column struct {
	query.Cell
	Name    string // gpc1: the second element of gpc
	Sum     Value
	Formula string // "75040 = 51107 + 0 + 0 + 23933"
	Rule    string // how such columns are united, in a sentence without its full stop
	Parts   []Part // one for each of Shares
}

// Part is what one share has in a column.
type Part struct {
	Label  string
	Value  *Value // what was reported; nil: its table has no such column
	Counts bool
	Why    string  // why it does not count; "" if it does
	Rate   *Window // of a rate
}

// Window is the three numbers behind a rate.
type Window struct {
	Curr, Prev uint64        // events of the present window and of the one before
	Age        time.Duration // since the present window began
}

// Share is what one member has reported.
type Share struct {
	*view.Share
	SetAside string // why nothing of it counts, though it was reported; "" if some does, or might
	// Reported is how long ago the member's own entry was last renewed, as far as it has told us; nil if that cannot
	// be known: entries without an end say nothing, and what has expired only says that it was longer ago than that.
	Reported *time.Duration
	Note     string // what else there is to know of it: the peer has no session, ...
}

// Receiver is one peer that might read the sum.
type Receiver struct {
	Peer, Role string
	Pushed     bool     // the newest sum was sent to it
	Acked      bool     // and it has said that it has it
	Unknown    bool     // neither can be told, since it is catching up
	Why        string   // why it reads nothing, or something else; "" if all is well
	Should     []Should // what it should read now, by column of its own definition; nil: nothing
}

// Should is what one column of a peer's table should show.
type Should struct {
	Name  string
	Value *Value // nil: it is not told
	Why   string // why it is not, or may show something else all the same
}

// Value is one value: a number, or a text.
type Value struct {
	Number query.Number
	Text   string
	IsText bool
}

// Append appends the value as shows print it: a number, or a text escaped, or "-" for no text.
func (v Value) Append(b []byte) []byte {
	switch {
	case !v.IsText:
		return v.Number.AppendTo(b)
	case v.Text == "":
		return append(b, '-')
	}
	return stick.AppendEscaped(b, []byte(v.Text))
}

// String is what Append appends.
func (v Value) String() string { return string(v.Append(nil)) }

// MarshalJSON writes a number or a string.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.IsText {
		return query.Marshal(v.Text), nil
	}
	return v.Number.AppendTo(nil), nil
}

// Ask explains a key. It reports false if the table has no such key. An error is view.ErrGone.
func Ask(v view.Viewer, s *view.Section, t *view.Table, key []byte) (*Explanation, bool, error) {
	var entry *view.Entry
	found, err := v.Get(s.ID, t.Target, key, func(e *view.Entry) {
		clone := e.Clone()
		entry = &clone
	})
	if err != nil || !found {
		return nil, false, err
	}
	reach, err := v.Trace(s.ID, t.Target, key)
	if err != nil {
		return nil, false, err
	}
	return Build(s, t, entry, reach), true, nil
}

// Build explains an entry. reach says how far its newest value has come; all are of about
// one moment.
func Build(s *view.Section, t *view.Table, e *view.Entry, reach []view.Reach) *Explanation {
	x := &Explanation{Section: s.ID, Table: t.Target, Relayed: t.Forwarded, Schema: e.Schema, Key: e.Key}
	for i := range e.Shares {
		share := &e.Shares[i]
		x.Counts = x.Counts || !share.Expired && !share.Standby
		x.Shares = append(x.Shares, shareOf(s, t, share))
	}
	if x.Counts && e.Sum.Life != stick.Forever {
		x.Life = &e.Sum.Life
	}
	x.Silent = silent(s, t, x)
	for i, c := range query.Cells(e.Schema) {
		x.Columns = append(x.Columns, columnOf(t, e, i, c))
	}
	x.receivers(s, t, e, reach)
	return x
}

func valueOf(c query.Cell, s *view.Share) Value {
	if c.IsText() {
		return Value{Text: s.Text, IsText: true}
	}
	return Value{Number: c.Number(s.Values)}
}
