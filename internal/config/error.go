package config

import (
	"fmt"
	"strings"

	"tallystick/internal/words"
)

// Pos is a place in a configuration file.
type Pos = words.Pos

// Severity is how bad an Error is.
type Severity uint8

// The severities.
const (
	Alert   Severity = iota // the configuration cannot be used
	Warning                 // it can, but probably does not do what was meant
	Notice                  // something was accepted that does nothing here
)

// String is the word for programs.
func (s Severity) String() string { return [...]string{"error", "warning", "notice"}[s] }

// Label is the word that HAProxy prints.
func (s Severity) Label() string { return [...]string{"[ALERT]", "[WARNING]", "[NOTICE]"}[s] }

// Kind is what an Error is about.
type Kind uint8

// The kinds of errors.
const (
	Mistake Kind = iota // the line is wrong
	Foreign             // HAProxy knows the keyword, here it has no meaning
)

// Error is one complaint about the configuration. It prints as
//
//	[ALERT]    (4711) : config : parsing [tallystick.cfg:12] : unknown keyword 'no-assend' in 'aggregations' section; did you mean 'no-ascend' maybe ? (column 15)
type Error struct {
	Pos      Pos // zero if there is no file to point at
	Severity Severity
	Kind     Kind
	Word     string // what the column points at, as it was understood; may be empty
	Msg      string // the sentence, which names the word
	Hint     string // what would be accepted; may be empty
}

// Error is the complaint without severity and process id.
func (e Error) Error() string {
	var b strings.Builder
	if e.Pos.Line != 0 {
		fmt.Fprintf(&b, "parsing %s : ", e.Pos)
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	if e.Pos.Line != 0 {
		fmt.Fprintf(&b, " (column %d)", e.Pos.Column)
	}
	return b.String()
}

// Format is the line that HAProxy would print for the complaint: the severity in ten
// columns, the process id, the room, the complaint.
func (e Error) Format(pid int) string {
	return fmt.Sprintf("%-10s (%d) : config : %s", e.Severity.Label(), pid, e.Error())
}
