package words

import "strings"

// variable resolves $VAR, ${VAR}, ${VAR-default} and ${VAR[*]}, which mean something only
// inside double quotes. A variable that is not set is empty, or its default; with [*]
// each blank of the value ends a word.
func (l *Lexer) variable() bool {
	at := l.pos()
	l.begin()
	l.word.Plain = false
	l.at++
	brace := l.at < len(l.src) && l.src[l.at] == '{'
	if brace {
		l.at++
	}
	name := l.name()
	if name == "" {
		return l.fail(at, "forbidden first char in environment variable name")
	}
	value, ok := l.env(name)
	words := false
	if brace {
		if words = strings.HasPrefix(l.src[l.at:], "[*]"); words {
			l.at += len("[*]")
		}
		fallback, given, closed := l.fallback()
		if !closed {
			return l.fail(at, "unmatched brace in environment variable name")
		}
		if !ok && given {
			value, ok = fallback, true
		}
	}
	if !ok {
		l.word.Unset = name
	}
	l.expand(value, words)
	return true
}

// name reads as much as can be the name of a variable.
func (l *Lexer) name() string {
	from := l.at
	for l.at < len(l.src) {
		c := l.src[l.at]
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (l.at == from || c < '0' || c > '9') {
			break
		}
		l.at++
	}
	return l.src[from:l.at]
}

// fallback reads "-default}" or "}". The default is taken as it stands: it cannot be
// quoted, escaped or computed.
func (l *Lexer) fallback() (text string, given, closed bool) {
	rest := l.src[l.at:]
	if line, _, ok := strings.Cut(rest, "\n"); ok {
		rest = line
	}
	text, _, closed = strings.Cut(rest, "}")
	if !closed || text != "" && text[0] != '-' {
		return "", false, false
	}
	l.at += len(text) + 1
	if text == "" {
		return "", false, true
	}
	return text[1:], true, true
}

// expand puts a value into the word, or with words set as many words as it has.
func (l *Lexer) expand(value string, words bool) {
	if !words {
		l.text = append(l.text, value...)
		return
	}
	first := l.word
	for i, v := range strings.FieldsFunc(value, func(r rune) bool { return r < 128 && isBlank(byte(r)) }) {
		if i > 0 {
			l.close()
			l.open, l.word, l.text = true, first, l.text[:0]
		}
		l.text = append(l.text, v...)
	}
}
