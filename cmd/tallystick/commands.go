package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// command is a job beside the main one: `tallystick NAME ARGS`. One file each.
type command struct {
	name string
	help string // for the list in the help, one line
	run  func(args []string, stdout, stderr io.Writer) int
}

// commands are all commands, in the order of the help.
func commands() []command {
	return []command{
		{"demo", "show three HAProxy nodes, traffic to them, and the sums that they read", runDemo},
		{"check", "hold configurations of nodes and ours against each other", runCheck},
		{"adopt", "propose what HAProxy configurations must change to have sums", runAdopt},
		{"cli", "say a command to a running tallystick, or hold a session with it", runCLI},
		{"top", "show sessions, tables, the largest keys and what is wrong, on the terminal", runTop},
		{"bench", "play nodes, check every sum, measure what it costs beside a HAProxy", runBench},
	}
}

// spoken are the words that commands of the runtime CLI begin with: who types one here means it there.
var spoken = []string{"show", "explain", "ban", "unban", "set", "clear", "disable", "enable", "reload"}

func (p program) runCommand(name string, args []string, stdout, stderr io.Writer) int {
	var names []string
	for _, c := range p.commands {
		if c.name == name {
			return c.run(args, stdout, stderr)
		}
		names = append(names, c.name)
	}
	complaint := fmt.Sprintf("unknown command '%s'", name)
	if isConfigFile(name) {
		complaint += maybe("-f " + name)
	} else if slices.Contains(spoken, name) {
		complaint += maybe(strings.Join(append([]string{"cli", name}, args...), " "))
	} else if near := nearest(name, names); near != "" {
		complaint += maybe(near)
	}
	return usage(stderr, errors.New(complaint))
}

// newFlags are the options of a command, which complain and help on stderr, under its usage.
func newFlags(name, usage string, stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("tallystick "+name, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "Usage: tallystick %s\n", usage)
		f.PrintDefaults()
	}
	return f
}

// parseFlags reads the options of a command. ok: go on. Else it has said why not, or, being
// asked for help, shown it on stdout, and code is the exit status.
func parseFlags(f *flag.FlagSet, args []string, stdout io.Writer) (code int, ok bool) {
	for _, word := range args {
		if word == "-h" || word == "-help" || word == "--help" {
			f.SetOutput(stdout)
		}
	}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitGood, false
	case err != nil:
		return exitUsage, false
	}
	return exitGood, true
}
