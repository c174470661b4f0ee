// Command tallystick sums the stick tables of HAProxy nodes and gives every node the
// sums. This package is the door: it reads the command line and calls the rooms in
// internal; nothing is decided here.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Exit statuses.
const (
	exitGood    = 0
	exitFailure = 1 // of the configuration, or while running
	exitUsage   = 2
)

func main() {
	p := program{serve: serve, commands: commands()}
	os.Exit(p.run(os.Args[1:], os.Stdout, os.Stderr))
}

// program is what the command line chooses from.
type program struct {
	serve    func(o Options, stdout, stderr io.Writer) int // the main job
	commands []command
}

// run does what args say (without the program's name) and returns the exit status.
func (p program) run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return p.runCommand(args[0], args[1:], stdout, stderr)
	}
	o, err := parse(args)
	if err != nil {
		return usage(stderr, err)
	}
	switch o.Show {
	case ShowHelp:
		p.printHelp(stdout)
	case ShowVersion:
		fmt.Fprintln(stdout, version())
	case ShowBuild:
		printBuild(stdout)
	default:
		return p.serve(o, stdout, stderr)
	}
	return exitGood
}

// usage complains about the command line.
func usage(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "tallystick: %v\nThe options are shown by: tallystick -h\n", err)
	return exitUsage
}
