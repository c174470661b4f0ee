package config

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one word of a line, with quotes and escapes resolved.
type word struct {
	text  string
	pos   Pos    // of its first byte in the file, which may be a quote
	plain bool   // it stands in the file exactly so: offsets in text are columns too
	unset string // an environment variable without value that was used in it; "" for none
}

// statement is one line, or several joined by '\' at their ends.
type statement struct {
	words  []word // at least one
	broken bool   // a mistake in its quoting was reported: what follows words is not known
}

// slice is the part text[i:j] as a word of its own, so that an error in a list can point
// at the element; an empty one is where its comma is.
func (w word) slice(i, j int) word {
	switch {
	case !w.plain:
	case i == j && i > 0:
		w.pos.Column += i - 1
	default:
		w.pos.Column += i
	}
	w.text = w.text[i:j]
	return w
}

// list cuts a word at its commas. An empty word is a list of one empty element.
func (w word) list() []word {
	var parts []word
	from := 0
	for {
		n := strings.IndexByte(w.text[from:], ',')
		if n < 0 {
			return append(parts, w.slice(from, len(w.text)))
		}
		parts = append(parts, w.slice(from, from+n))
		from += n + 1
	}
}

// String is the word as messages show it: in quotes, and with everything escaped that
// would not show, since such a byte is usually the mistake.
func (w word) String() string { return "'" + printable(w.text) + "'" }

// printable escapes what a terminal would not show as it is.
func printable(s string) string {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	if utf8.ValidString(s) && strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}
