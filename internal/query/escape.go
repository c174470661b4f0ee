package query

import "strconv"

// Unescape undoes what stick.AppendKey does to strings: \xNN is the byte of that value. A backslash that
// begins nothing of that kind is itself, so a string without escapes is itself, too.
func Unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if c, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
