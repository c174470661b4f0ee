package main

import (
	"errors"
	"fmt"
	"io"
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
		{"bench", "measure what an update costs, beside a HAProxy", runBench},
	}
}

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
	} else if near := nearest(name, names); near != "" {
		complaint += maybe(near)
	}
	return usage(stderr, errors.New(complaint))
}
