package wire

import (
	"bytes"
	"strconv"
)

// Hello is what the connecting side says first.
type Hello struct {
	Minor  int    // 0 or 1: the protocol is 2.Minor; a side that says 0 is sent no timed updates
	Called string // name of the peer that is called
	Caller string // name of the peer that calls
	PID    string // process of the caller; changes at each restart and reload; "" if not said
}

const greeting = "HAProxyS "

// Append appends the hello. The number at its end is 1, as in every HAProxy that runs as
// one process.
func (h Hello) Append(b []byte) []byte {
	b = strconv.AppendInt(append(b, greeting+"2."...), int64(h.Minor), 10)
	b = append(append(append(b, '\n'), h.Called...), '\n')
	b = append(append(append(b, h.Caller...), ' '), h.PID...)
	return append(b, " 1\n"...)
}

// ParseHello reads the hello at the front of b and tells its length. A carriage return
// before the end of a line is ignored, and so is what follows the PID, as by HAProxy.
//
// ErrShort: it is not all there. *Error: no more bytes would make it one.
func ParseHello(b []byte) (h Hello, n int, err error) {
	line, n, err := nextLine(b, 0)
	if h.Minor, err = parseGreeting(line, err); err != nil {
		return Hello{}, 0, err
	}
	at := n
	if line, n, err = nextLine(b, at); err == nil {
		err = checkName(line, at)
	}
	if err != nil {
		return Hello{}, 0, err
	}
	h.Called = string(line)
	at = n
	if line, n, err = nextLine(b, at); err != nil {
		return Hello{}, 0, err
	}
	name, rest, ok := bytes.Cut(line, []byte{' '})
	if err := checkName(name, at); err != nil {
		return Hello{}, 0, err
	}
	if !ok {
		return Hello{}, 0, &Error{Offset: at + len(line), What: "no space follows the name of the caller"}
	}
	pid, _, _ := bytes.Cut(rest, []byte{' '})
	h.Caller, h.PID = string(name), string(pid)
	return h, n, nil
}

// parseGreeting reads the minor version out of line 1. short is how its reading ended:
// when it is not nil, line is what is there of it, and is refused as soon as it cannot
// become a greeting any more.
func parseGreeting(line []byte, short error) (minor int, err error) {
	same := 0
	for same < min(len(line), len(greeting)) && line[same] == greeting[same] {
		same++
	}
	if same < len(greeting) && (same < len(line) || short == nil) {
		return 0, &Error{Offset: same, What: "hello does not start with 'HAProxyS '"}
	}
	if short != nil {
		return 0, short
	}
	switch string(line[len(greeting):]) {
	case "2.0":
		return 0, nil
	case "2.1":
		return 1, nil
	}
	return 0, &Error{Offset: len(greeting), What: "version of the protocol is neither 2.0 nor 2.1"}
}

// nextLine returns the line that begins at byte at of b, without its end, and where the
// next one begins. If it has no end, what is there of it comes with the error.
func nextLine(b []byte, at int) (line []byte, next int, err error) {
	inside := b[:min(len(b), MaxHello)]
	i := bytes.IndexByte(inside[at:], '\n')
	switch {
	case i >= 0:
		return bytes.TrimSuffix(b[at:at+i], []byte{'\r'}), at + i + 1, nil
	case len(b) >= MaxHello:
		return inside[at:], 0, &Error{Offset: MaxHello, What: "hello is longer than 512 bytes"}
	}
	return inside[at:], 0, ErrShort
}

// checkName refuses what no peer line of a configuration can hold: a name that is empty
// or has control bytes.
func checkName(name []byte, at int) error {
	if len(name) == 0 {
		return &Error{Offset: at, What: "name of a peer is empty"}
	}
	for i, c := range name {
		if c < ' ' || c == 0x7f {
			return &Error{Offset: at + i, What: "control byte in the name of a peer"}
		}
	}
	return nil
}
