package cli

import "tallystick/internal/stick"

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

// oneLine escapes a sentence of others so that it stays on its line.
func oneLine(s string) string { return stick.OneLine(s) }
