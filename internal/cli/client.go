package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// client is one connection and what it has chosen. It belongs to its goroutine.
type client struct {
	server  *Server
	conn    net.Conn
	end     <-chan struct{} // closed when the server ends
	in      *bufio.Reader
	out     output
	level   Level
	mode    mode
	timed   bool // the prompt shows the uptime
	leaving bool // quit was said
	ended   bool // the client has closed its side: nothing can follow
}

func newClient(s *Server, conn net.Conn, level Level, end <-chan struct{}) *client {
	return &client{
		server: s, conn: conn, level: level, end: end,
		in:  bufio.NewReaderSize(conn, maxLine),
		out: output{conn: conn, timeout: s.config.Timeout},
	}
}

// serve answers line after line: one, unless prompt keeps the session open.
func (c *client) serve() {
	for !c.leaving {
		line, err := c.read()
		if err != nil {
			c.giveUp(err)
			return
		}
		for _, words := range splitLine(line) {
			c.execute(words)
			if c.leaving || c.out.err != nil {
				break
			}
		}
		c.prompt()
		if !c.out.flush() {
			c.giveUp(c.out.err)
			return
		}
		if c.mode == single || c.ended {
			break
		}
	}
	c.out.flush()
	c.close()
}

// isOver reports whether the server ends. Who works without writing has to ask: a table may
// be read for long without a row that passes a filter.
func (c *client) isOver() bool {
	select {
	case <-c.end:
		return true
	default:
		return false
	}
}

// read waits for the next line and returns it without its end. What a client wrote before
// it closed its side is a line too, as "printf 'show info' | socat" ends without a newline.
func (c *client) read() ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.out.timeout)); err != nil {
		return nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err == io.EOF && len(line) > 0 {
		c.ended = true
		err = nil
	}
	return bytes.TrimRight(line, "\r\n"), err
}

// giveUp tells the client and the counters why it goes, where that is its fault.
func (c *client) giveUp(err error) {
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		c.server.stats.tooLong.Add(1)
		c.out.printf("The command line is too big: a line has at most %d bytes, its end included\n\n", maxLine)
		c.out.flush()
		c.close()
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.server.stats.timeouts.Add(1)
	}
}

// close ends the answer so that the client gets all of it. Closing with unread input would
// reset the connection, and take from the client what it has not read yet: so our side is
// closed first, and its own is awaited, for a second and a few lines at most.
func (c *client) close() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, io.LimitReader(c.in, 4*maxLine))
}

// hideKey replaces the key among the words of a command. Of one that was refused nothing behind it is left: it may
// be a piece of a key that was not escaped.
func (c *command) hideKey(words []string, refused bool) (shown []string, key string) {
	at := slices.Index(strings.Fields(c.args), "<key>")
	if at >= 0 {
		at += len(strings.Fields(c.words))
	} else if at = slices.Index(words, "key"); at >= 0 {
		at++
	}
	if at < 0 || at >= len(words) {
		return words, ""
	}
	key, words = words[at], slices.Clone(words)
	words[at] = "..."
	if refused {
		words = words[:at+1]
	}
	return words, key
}

// note logs what an operator did or was kept from, and who it was. Keys are not for logs:
// they are addresses and cookies of users.
func (c *client) note(cmd *command, words []string, err error) {
	if err == errDenied {
		c.server.stats.denied.Add(1)
	}
	if cmd.level == LevelUser && err != errDenied {
		return
	}
	words, key := cmd.hideKey(words, err != nil)
	attrs := []any{"command", oneLine(strings.Join(words, " ")), "by", who(c.conn)}
	if err != nil {
		why := strings.TrimSpace(answerOf(err))
		if at := strings.LastIndexByte(why, '\n'); at >= 0 {
			why = why[at+1:] // a reload's: the log has every complaint already, each on its line
		}
		c.server.config.Log.Warn("runtime command refused", append(attrs, slog.String("why", strings.ReplaceAll(why, "'"+oneWord(key)+"'", "'...'")))...)
		return
	}
	c.server.config.Log.Info("runtime command", attrs...)
}
