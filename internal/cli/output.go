package cli

import (
	"fmt"
	"net"
	"time"
)

// spillAt is how much of an answer is gathered before it is written: large enough that a
// dump is not made of small writes, small enough that a client costs little.
const spillAt = 32 << 10

// output gathers an answer and writes it in pieces, each within a deadline. After a failed
// write it takes everything and writes nothing; spill and flush tell. It belongs to the
// goroutine of one client.
type output struct {
	conn    net.Conn
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

// flush writes what has been gathered, with a new deadline for each piece of it: a client
// may be slow, if only it reads.
func (o *output) flush() (alive bool) {
	for rest := o.buf; o.err == nil && len(rest) > 0; {
		piece := rest[:min(len(rest), spillAt)]
		rest = rest[len(piece):]
		if o.err = o.conn.SetWriteDeadline(time.Now().Add(o.timeout)); o.err == nil {
			_, o.err = o.conn.Write(piece)
		}
	}
	o.buf = o.buf[:0]
	return o.err == nil
}

// printf gathers text. Names, keys and texts of others go through oneWord or oneLine first.
func (o *output) printf(format string, args ...any) {
	o.buf = fmt.Appendf(o.buf, format, args...)
}
