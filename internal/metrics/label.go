package metrics

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tallystick/internal/stick"
)

// label is a name as a label holds it: as it is, or escaped as the runtime CLI escapes it if there
// is anything in it that does not print, a backslash included. Two names never become one: one bad byte
// would cost the whole scrape, and so would two equal series.
func label(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return r == '\\' || !unicode.IsPrint(r) }) {
		return name
	}
	return string(stick.AppendEscaped(nil, []byte(name)))
}
