package logs

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// What is printable is strconv's judgement: letters, marks, numbers, signs and the
// ASCII blank. Not printable are control bytes, ESC and its 8-bit twin among them, line
// and paragraph separators, and the marks that turn the direction of text.

// appendPrintable appends s bare, with whatever is not printable escaped as in Go: \n,
// \x1b, \u202e. A backslash is doubled, so that nothing is ambiguous.
func appendPrintable(b []byte, s string) []byte {
	start := len(b)
	b = strconv.AppendQuote(b, s)
	// Take the quotes off, and those inside need no backslash then.
	inner, out := b[start+1:len(b)-1], start
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && inner[i+1] == '"' {
			i++
		} else if inner[i] == '\\' {
			b[out] = inner[i] // and the character after it, which may be a backslash
			out++
			i++
		}
		b[out] = inner[i]
		out++
	}
	return b[:out]
}

// appendWord appends s as one word of a line: bare if it can be, else quoted as in Go.
func appendWord(b []byte, s string) []byte {
	if isBare(s) {
		return append(b, s...)
	}
	return strconv.AppendQuote(b, s)
}

func isBare(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == '"' || r == '=' || r == '\\' || r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return s != ""
}

// appendJSONString appends s as a string of JSON. Unlike encoding/json it escapes all
// that is not printable, since terminals show these files, too. Bytes that are no UTF-8
// become U+FFFD: JSON has no other way.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case strconv.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = appendUnit(appendUnit(b, high), low)
		default:
			b = appendUnit(b, r)
		}
	}
	return append(b, '"')
}

// appendUnit appends \u and four hex digits.
func appendUnit(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
