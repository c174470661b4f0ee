package cli

import (
	"fmt"
	"io"
	"time"

	"tallystick/internal/stick"
)

// spillAt is how much of an answer is gathered before it is written: large enough that a
// dump is not made of small writes, small enough that a client costs little.
const spillAt = 32 << 10

// deadliner is what output needs of a connection.
type deadliner interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// output gathers an answer and writes it in pieces, each within a deadline. After a failed
// write it takes everything and writes nothing; alive tells. The zero value does not work.
// It belongs to the goroutine of one client.
type output struct {
	conn    deadliner
	timeout time.Duration // for each piece
	buf     []byte
	err     error
}

// spill writes what has been gathered if that is enough, and reports whether the client is
// still there: whoever gives a long answer asks after each part of it.
func (o *output) spill() (alive bool) {
	if len(o.buf) < spillAt {
		return o.err == nil
	}
	return o.flush()
}

// flush writes what has been gathered.
func (o *output) flush() (alive bool) {
	if o.err == nil && len(o.buf) > 0 {
		// The deadline is of the wall clock, as net has it: a fake clock would never reach it.
		o.err = o.conn.SetWriteDeadline(time.Now().Add(o.timeout))
		if o.err == nil {
			_, o.err = o.conn.Write(o.buf)
		}
	}
	o.buf = o.buf[:0]
	return o.err == nil
}

// printf gathers text. Names, keys and texts of others go through oneWord or oneLine first.
func (o *output) printf(format string, args ...any) {
	o.buf = fmt.Appendf(o.buf, format, args...)
}

// endLine makes sure that what was gathered ends a line. It may look at what was not yet
// written only, so it is for answers that are not spilled within a line.
func (o *output) endLine() {
	if n := len(o.buf); n > 0 && o.buf[n-1] != '\n' {
		o.buf = append(o.buf, '\n')
	}
}

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
