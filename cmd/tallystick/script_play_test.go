package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// play does what a page tells its reader to do: "play FILE SOCKET" runs every line of its code that begins with
// tallystick, where the page's own haproxy.cfg and tallystick.cfg are, if it shows them. The line that
// serves is left out, since what it starts is running: at SOCKET. Each line must succeed.
func play(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		usageError(ts, "play FILE SOCKET")
	}
	text, err := os.ReadFile(filepath.Join(docs, "..", args[0]))
	ts.Check(err)
	ts.Setenv("TALLYSTICK_SOCKET", ts.MkAbs(args[1]))
	n := 0
	for _, code := range codeOf(string(text)) {
		switch {
		case strings.Contains(code, "\n    localpeer "):
			ts.Check(os.WriteFile(ts.MkAbs("haproxy.cfg"), []byte(code), 0o666))
		case strings.HasPrefix(code, "global\n    stats socket "):
			ts.Check(os.WriteFile(ts.MkAbs("tallystick.cfg"), []byte(code), 0o666))
		}
		for line := range strings.Lines(code) {
			line, _, _ = strings.Cut(line, " #") // what it is for
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "tallystick" || words[1] == "-f" {
				continue
			}
			if err := ts.Exec(words[0], words[1:]...); err != nil {
				ts.Fatalf("%s: %s: %v", args[0], strings.Join(words, " "), err)
			}
			n++
		}
	}
	if n == 0 {
		ts.Fatalf("%s has no lines of tallystick: this looks in the wrong place", args[0])
	}
}

// codeOf are the parts of a page that are set in, without their margin. Empty lines belong to them.
func codeOf(page string) (list []string) {
	code := ""
	for line := range strings.Lines(page + "\nend\n") {
		rest, isCode := strings.CutPrefix(line, "    ")
		switch {
		case isCode:
			code += rest
		case code != "" && strings.TrimSpace(line) == "":
			code += "\n"
		case code != "":
			list = append(list, code)
			code = ""
		}
	}
	return list
}
