package words

import (
	"encoding/hex"
	"fmt"
)

// Lexer cuts a file into statements, by the rules of HAProxy's section 2.2 (quoting and
// escaping). A fault in a line is reported and ends that line only. Not safe for concurrent use.
type Lexer struct {
	// Join has a line go on in the next one behind a '\' at its end, as hapee-stktagg has it. To
	// HAProxy such a backslash is a byte like any other.
	Join bool

	file   string
	src    string
	env    Lookup
	faults []Fault

	at    int  // offset of the next byte
	line  int  // number of its line, from 1
	start int  // offset of that line's first byte
	some  bool // there was a statement, and the end of the file has not been judged

	// The statement so far, and the word that is being read.
	words  []Word
	word   Word
	began  int  // offset of the word's first byte
	open   bool // there is a word, maybe an empty one ("")
	text   []byte
	quote  byte // '"' or '\'' inside quotes, else 0
	quoted Pos  // where the quote was opened
}

// New is a lexer of one file. env is asked when a variable is read, so that it may change from
// statement to statement.
func New(file, src string, env Lookup) *Lexer {
	return &Lexer{file: file, src: src, env: env, line: 1}
}

// Next reads up to the end of the next line that has words. ok is false at the end of the file.
func (l *Lexer) Next() (st Statement, ok bool) {
	for l.at < len(l.src) {
		whole := l.statement()
		if len(l.words) > 0 {
			l.some = true
			return Statement{Words: l.words, Broken: !whole}, true
		}
	}
	l.checkEnd()
	return Statement{}, false
}

// Faults are those of the lines that were read so far, in their order.
func (l *Lexer) Faults() []Fault { return l.faults }

// checkEnd warns of a last line without end: a copy that stopped half way reads just as
// well, with half a port number. HAProxy refuses it.
func (l *Lexer) checkEnd() {
	if !l.some || l.src[len(l.src)-1] == '\n' {
		return
	}
	l.some = false
	l.at--
	l.faults = append(l.faults, Fault{Pos: l.pos(), Warning: true, Msg: "missing LF on last line, file might have been truncated"})
	l.at++
}

// pos is the place of the next byte.
func (l *Lexer) pos() Pos { return Pos{File: l.file, Line: l.line, Column: l.at - l.start + 1} }

// fail reports a fault at p, and skips the rest of the statement.
func (l *Lexer) fail(p Pos, format string, args ...any) bool {
	l.faults = append(l.faults, Fault{Pos: p, Msg: fmt.Sprintf(format, args...)})
	l.close() // what there is of a broken word still tells what the line was about
	for l.at < len(l.src) {
		if l.src[l.at] == '\n' {
			continued := l.continues(l.at - 1)
			l.newline()
			if !continued {
				break
			}
			continue
		}
		l.at++
	}
	return false
}

// continues reports whether the line that ends behind offset i is continued.
func (l *Lexer) continues(i int) bool {
	if !l.Join {
		return false
	}
	if i >= l.start && l.src[i] == '\r' {
		i--
	}
	return i >= l.start && l.src[i] == '\\'
}

// newline steps over the end of a line.
func (l *Lexer) newline() {
	l.at++
	l.line++
	l.start = l.at
}

// statement reads up to the end of a line that is not continued. It reports whether the
// statement is whole.
func (l *Lexer) statement() bool {
	l.words, l.word, l.text, l.open, l.quote = nil, Word{}, nil, false, 0
	for l.at < len(l.src) {
		c := l.src[l.at]
		switch {
		case c == '\n':
			return l.end()
		case c == 0:
			return l.fail(l.pos(), "stray NUL character")
		case c == '\\' && l.quote != '\'':
			if !l.escape() {
				return false
			}
		case c == '$' && l.quote == '"':
			if !l.variable() {
				return false
			}
		case l.quote != 0 && c != l.quote:
			l.add(c, 1)
		case c == '"' || c == '\'':
			l.toggle(c)
		case isBlank(c):
			l.close()
			l.at++
		case c == '#':
			for l.at < len(l.src) && l.src[l.at] != '\n' {
				l.at++
			}
		default:
			l.add(c, 1)
		}
	}
	return l.end()
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// end ends the statement with its line, or with the file.
func (l *Lexer) end() bool {
	if l.quote != 0 {
		return l.fail(l.quoted, "unmatched quote")
	}
	l.close()
	if l.at < len(l.src) {
		l.newline()
	}
	return true
}

// begin makes sure that there is a word to add to.
func (l *Lexer) begin() {
	if !l.open {
		l.open = true
		l.text = l.text[:0]
		l.word, l.began = Word{Pos: l.pos(), Plain: true}, l.at
	}
}

// close ends the word, if there is one.
func (l *Lexer) close() {
	if l.open {
		l.word.Text, l.word.Len = string(l.text), l.at-l.began
		l.words = append(l.words, l.word)
		l.open = false
	}
}

// add puts a byte that took n bytes of the file into the word.
func (l *Lexer) add(c byte, n int) {
	l.begin()
	l.text = append(l.text, c)
	l.at += n
	if n != 1 {
		l.word.Plain = false
	}
}

// toggle opens or closes a quote. Quotes may start and end within a word.
func (l *Lexer) toggle(c byte) {
	l.begin()
	l.word.Plain = false
	l.quoted = l.pos()
	if l.quote == c {
		l.quote = 0
	} else {
		l.quote = c
	}
	l.at++
}

// escape resolves what begins with a backslash. One that means nothing is kept as it is.
func (l *Lexer) escape() bool {
	rest := l.src[l.at+1:]
	switch {
	case rest == "":
		l.add('\\', 1)
	case l.Join && rest[0] == '\n':
		l.join(1)
	case l.Join && len(rest) > 1 && rest[:2] == "\r\n":
		l.join(2)
	case rest[0] == 'x':
		c, err := hex.DecodeString(rest[1:min(3, len(rest))])
		switch {
		case err != nil || len(c) == 0:
			return l.fail(l.pos(), "truncated or invalid hexadecimal sequence")
		case c[0] == 0:
			return l.fail(l.pos(), "stray NUL character")
		}
		l.add(c[0], 4)
	default:
		if c, ok := escapes[rest[0]]; ok {
			l.add(c, 2)
		} else {
			l.add('\\', 1)
		}
	}
	return true
}

// join goes on with the next line, as if there were no end of this one.
func (l *Lexer) join(n int) {
	l.at += n
	l.newline()
	l.word.Plain = false
}

// escapes are the bytes that may stand behind a backslash, and what they then mean.
var escapes = map[byte]byte{
	' ': ' ', '\\': '\\', '#': '#', '"': '"', '\'': '\'', '$': '$',
	'n': '\n', 'r': '\r', 't': '\t',
}
