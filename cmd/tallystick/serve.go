package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"tallystick/internal/daemon"
	"tallystick/internal/proc"
)

// serve does the main job, in the background if o says so, and returns the exit status.
func serve(o Options, stdout, stderr io.Writer) int {
	d := daemon.Options{
		Files: o.Files, Debug: o.Debug, PidFile: o.PidFile, User: o.User, Group: o.Group, Log: o.Log, Name: o.Name,
		Version: versionNumber, Release: releaseDate, Stdout: stdout, Stderr: stderr,
	}
	if d.Name == "" {
		d.Name, _ = os.Hostname() // without one no name is as good as none
	}
	if !hasFile(o) {
		fmt.Fprintf(stderr, "tallystick: there is no %s; name another configuration with -f FILE\nThe options are shown by: tallystick -h\n", defaultFile)
		return exitFailure
	}
	if o.Check {
		return check(d, o.Verbose)
	}
	if d.Verdict = proc.Owed(); o.Daemon && d.Verdict == nil {
		code, err := proc.Daemonize(os.Args)
		if err != nil {
			fmt.Fprintf(stderr, "tallystick: %v\n", err)
		}
		return code
	}
	switch err := daemon.Run(d); {
	case err == nil:
		return exitGood
	case !errors.Is(err, daemon.ErrConfig): // those have been printed
		fmt.Fprintf(stderr, "[ALERT]    (%d) : %v\n", os.Getpid(), err)
	}
	return exitFailure
}

// hasFile reports whether the default configuration is there, or another one was named.
func hasFile(o Options) bool {
	_, err := os.Stat(defaultFile)
	return !errors.Is(err, fs.ErrNotExist) || !slices.Equal(o.Files, []string{defaultFile})
}

// check says whether the configuration is good, and nothing if it is, unless asked.
func check(o daemon.Options, verbose bool) int {
	if _, err := daemon.Load(o); err != nil {
		return exitFailure
	}
	if verbose {
		fmt.Fprintln(o.Stdout, "Configuration file is valid")
	}
	return exitGood
}
