package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// printHelp prints what -h shows.
func (p program) printHelp(w io.Writer) {
	fmt.Fprint(w, "Usage: tallystick [-f FILE]... [OPTION]...\n")
	if len(p.commands) > 0 {
		fmt.Fprint(w, "       tallystick COMMAND [ARGUMENT]...\n")
	}
	fmt.Fprint(w, "\nSums the stick tables of HAProxy nodes and gives every node the sums.\n\n")
	for _, opt := range options() {
		printRow(w, strings.TrimSpace(opt.name+" "+opt.value), opt.help)
	}
	if len(p.commands) > 0 {
		fmt.Fprint(w, "\nCommands:\n")
		for _, c := range p.commands {
			printRow(w, c.name, c.help)
		}
	}
	fmt.Fprint(w, `
Signals: TERM and INT stop at once; USR1 finishes what is due, then stops;
HUP and USR2 read the configuration again and open log files anew.
Exit status: 0 good, 1 failure of the configuration or at run time, 2 usage.
`)
}

// printRow prints a word and what it means, whose further lines are indented alike.
func printRow(w io.Writer, word, help string) {
	fmt.Fprintf(w, "  %-16s %s\n", word, strings.ReplaceAll(help, "\n", "\n"+strings.Repeat(" ", 19)))
}

// version is one line: our name, the version and its date.
func version() string { return "tallystick " + versionNumber + " " + releaseDate }

// printBuild prints what a bug report needs.
func printBuild(w io.Writer) {
	fmt.Fprintln(w, version())
	fmt.Fprintln(w, "peers protocol: 2.0, 2.1")
	fmt.Fprintf(w, "built with: %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, s := range info.Settings {
		if s.Key == "CGO_ENABLED" || s.Key == "-tags" || s.Key == "-race" || strings.HasPrefix(s.Key, "vcs.") {
			fmt.Fprintf(w, "  %s: %s\n", s.Key, s.Value)
		}
	}
	for _, m := range info.Deps {
		fmt.Fprintf(w, "  %s %s\n", m.Path, m.Version)
	}
}
