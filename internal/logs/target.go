package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// ParseFile reads the word of the option -l, [A:|W:]FILE: append or truncate.
func ParseFile(word string) (Line, error) {
	path, truncate := strings.CutPrefix(word, "W:")
	if !truncate {
		path = strings.TrimPrefix(word, "A:")
	}
	if path == "" {
		return Line{}, fmt.Errorf("'%s' names no log file", word)
	}
	return Line{Kind: File, Path: path, Truncate: truncate}, nil
}

// String is the target as the configuration has it.
func (l Line) String() string {
	switch l.Kind {
	case Stderr:
		return "stderr"
	case Stdout:
		return "stdout"
	case Syslog:
		return "unix@" + l.Path
	case UDP:
		return "udp@" + l.Path
	}
	return l.Path
}

// open opens the target of a line and starts its writer.
func (l *Logs) open(line Line) (*output, error) {
	o := &output{line: line}
	var sink io.WriteCloser
	var err error
	switch {
	case line.Kind == Stderr:
		sink = std{l.env.Stderr}
		if isJournal(l.env.Stderr, l.env.JournalStream) {
			o.prefix, o.bare = journalPrefix, true
		}
	case line.Kind == Stdout:
		sink = std{l.env.Stdout}
	case line.Kind == UDP:
		sink = &syslogConn{network: "udp", address: line.Path}
		o.prefix, o.bare = l.env.syslogPrefix(l.env.Host+" "), true
	case line.Kind == Syslog || isSocket(line.Path):
		sink = &syslogConn{network: "unixgram", address: line.Path}
		o.prefix, o.bare = l.env.syslogPrefix(""), true
	default:
		f := &logFile{path: line.Path}
		o.open = f.reopen
		sink, err = f.open(line.Truncate)
	}
	if err != nil {
		return nil, fmt.Errorf("log file %s: %w", line.Path, err)
	}
	o.start(sink)
	return o, nil
}

// logFile is a path and the file that it was when we opened it last.
type logFile struct {
	path string
	info fs.FileInfo
}

// open opens a log file that others than the owner's group need not read: it has the
// addresses of peers. Not to block means that a fifo without a reader is an error at
// once; it changes nothing for files.
func (l *logFile) open(truncate bool) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND | syscall.O_NONBLOCK
	if truncate {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(l.path, flags, 0o640)
	if err == nil {
		l.info, err = f.Stat()
	}
	var bad *fs.PathError
	if errors.As(err, &bad) {
		return nil, bad.Err // the caller names the path
	}
	return f, err
}

// reopen opens the file anew, never truncating. One that still has its name is left
// alone, and nil returned: what root has opened we may not open any more.
func (l *logFile) reopen() (io.WriteCloser, error) {
	if there, err := os.Stat(l.path); err == nil && os.SameFile(there, l.info) {
		return nil, nil
	}
	return l.open(false)
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeSocket != 0
}

// std is stdout or stderr, which we do not close.
type std struct{ io.Writer }

// Close leaves open what others write to as well.
func (std) Close() error { return nil }

// isJournal says whether w is the journal's socket: systemd puts its device and inode
// into the environment, and the environment outlives a redirection.
func isJournal(w io.Writer, stream string) bool {
	f, ok := w.(*os.File)
	if !ok || stream == "" {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}

// journalPrefix is the level in the form that sd-daemon(3) has, so that
// `journalctl -p warning` works.
func journalPrefix(b []byte, e *Event) []byte {
	return fmt.Appendf(b, "<%d>", severity(e.Level))
}

// facility is syslog's "daemon".
const facility = 3

// syslogPrefix makes the header of RFC 3164, local time without a year: what the
// daemons behind /dev/log expect. host is empty there, and ends in a blank elsewhere.
func (env Env) syslogPrefix(host string) func([]byte, *Event) []byte {
	return func(b []byte, e *Event) []byte {
		return fmt.Appendf(b, "<%d>%s %s%s[%d]: ",
			facility<<3|severity(e.Level), e.Time.Format(time.Stamp), host, env.Name, env.PID)
	}
}

// syslogConn is a datagram socket that is connected when there is something to say, and
// again when the other side has been restarted. So a syslog that is not there does not
// keep us from starting.
type syslogConn struct {
	network, address string
	conn             net.Conn
}

// writeTime bounds the wait for a syslog that does not read its unix socket.
const writeTime = time.Second

// Write sends one line as one datagram.
func (s *syslogConn) Write(line []byte) (int, error) {
	fresh := s.conn == nil
	err := s.send(line)
	if err != nil && !fresh { // it may have been restarted
		err = s.send(line)
	}
	if err != nil {
		return 0, err
	}
	return len(line), nil
}

func (s *syslogConn) send(line []byte) (err error) {
	if s.conn == nil {
		if s.conn, err = net.DialTimeout(s.network, s.address, writeTime); err != nil {
			return err
		}
	}
	s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err = s.conn.Write(line[:len(line)-1]); err != nil { // a datagram needs no newline
		s.Close()
	}
	return err
}

// Close closes the socket; Write opens it again.
func (s *syslogConn) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}
