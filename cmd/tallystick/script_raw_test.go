package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tallystick/internal/wire"
)

// Commands that say what no HAProxy says:
//
//	hello ADDR TEXT [bytewise]
//	    says TEXT, in which \n and the like are bytes and <N> is the letter a N times, and
//	    waits until the other closes. What that one said is stdout
//	send ADDR NAME PIECE...
//	    opens a session as NAME, says the pieces and waits until the other closes. stdout is
//	    its status line and then the type of each error message. A piece is bytes in hex,
//	    "text" in double quotes, or "define TABLE TYPE COLUMNS", a whole sound message that
//	    defines table 1

func hello(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		usageError(ts, "hello ADDR TEXT [bytewise]")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	text = repetition.ReplaceAllStringFunc(text, func(s string) string {
		n, _ := strconv.Atoi(strings.Trim(s, "<>"))
		return strings.Repeat("a", n)
	})
	step := max(1, len(text))
	if len(args) == 3 {
		step = 1
	}
	c, err := dial(ts, args[0])
	ts.Check(err)
	defer c.Close()
	for len(text) > 0 {
		if _, err := io.WriteString(c, text[:min(step, len(text))]); err != nil {
			break // it has closed: what it said is read below
		}
		text = text[min(step, len(text)):]
		time.Sleep(time.Millisecond) // one packet each
	}
	answer, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, io.EOF) && strings.Contains(err.Error(), "timeout") {
		ts.Fatalf("not closed: %v", err)
	}
	fmt.Fprintf(ts.Stdout(), "%s", answer)
}

var repetition = regexp.MustCompile(`<\d+>`)

func send(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		usageError(ts, "send ADDR NAME PIECE...")
	}
	out := wire.Hello{Minor: 1, Called: "tallystick", Caller: args[1], PID: "1"}.Append(nil)
	for _, word := range args[2:] {
		b, err := piece(word)
		ts.Check(err)
		out = append(out, b...)
	}
	c, err := dial(ts, args[0])
	ts.Check(err)
	defer c.Close()
	_, err = c.Write(out)
	ts.Check(err)
	in, err := io.ReadAll(c)
	if err != nil && strings.Contains(err.Error(), "timeout") {
		ts.Fatalf("not closed: %v; it said % x", err, in)
	}
	code, n, err := wire.ParseStatus(in)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), code)
	for in = in[n:]; len(in) > 0; in = in[n:] {
		var m wire.Message
		m, n, err = wire.Next(in)
		ts.Check(err)
		if m.Class == wire.ClassError {
			fmt.Fprintf(ts.Stdout(), "error %d\n", m.Type)
		}
	}
}

// piece reads a word of send.
func piece(word string) ([]byte, error) {
	if strings.HasPrefix(word, `"`) {
		text, err := strconv.Unquote(word)
		return []byte(text), err
	}
	if words := strings.Fields(word); words[0] == "define" {
		s, err := parseTable(words[1:])
		if err != nil {
			return nil, err
		}
		return wire.AppendDefinition(nil, 1, s), nil
	}
	return hex.DecodeString(strings.ReplaceAll(word, " ", ""))
}
