package cli

import (
	"fmt"

	"tallystick/internal/stick"
)

// oneWord escapes a name that may have come from outside so that it is one word of one line:
// what stick.AppendEscaped escapes, and commas, since show stat separates by them.
func oneWord(s string) string {
	b := stick.AppendEscaped(nil, []byte(s))
	out := b[:0:0]
	for _, c := range b {
		if c == ',' {
			out = append(out, `\x2c`...)
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}

// oneLine escapes a sentence so that it stays on its line: control characters and whatever is
// not ASCII as \xNN. A terminal is not moved by it either.
func oneLine(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			b = fmt.Appendf(b, `\x%02x`, c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}
