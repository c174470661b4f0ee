package main

import (
	"fmt"
	"io"
	"os"

	"tallystick/internal/proc"
)

// serve does the main job, in the background if o says so, and returns the exit status.
func serve(o Options, _, stderr io.Writer) int {
	verdict := proc.Owed()
	if o.Daemon && !o.Check && verdict == nil {
		code, err := proc.Daemonize(os.Args)
		if err != nil {
			fmt.Fprintf(stderr, "tallystick: %v\n", err)
		}
		return code
	}
	fmt.Fprintln(stderr, "tallystick: this build can read its command line, no more")
	return exitFailure
}
