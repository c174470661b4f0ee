package query

// Unescape undoes what stick.AppendKey does to strings: \xNN is the byte of that value. A backslash that
// begins nothing of that kind is itself, so a string without escapes is itself, too.
func Unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			high, ok1 := hexDigit(s[i+2])
			low, ok2 := hexDigit(s[i+3])
			if ok1 && ok2 {
				b = append(b, high<<4|low)
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func hexDigit(c byte) (v byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
