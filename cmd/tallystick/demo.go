package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"tallystick/internal/demo"
)

// runDemo shows three nodes, traffic and the sums, until Ctrl-C.
func runDemo(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("tallystick demo", flag.ContinueOnError)
	f.SetOutput(stderr)
	config := f.String("config", "examples/demo", "folder with haproxy.cfg and tallystick.cfg")
	haproxy := f.String("haproxy", "", "haproxy executables, separated by commas; none: the nodes are played")
	seconds := f.Float64("seconds", 0, "end by itself after that time, with status 0 only if every node read the right sum")
	if f.Parse(args) != nil {
		return exitUsage
	}
	self, err := os.Executable()
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		o := demo.Options{Program: self, Config: *config, For: time.Duration(*seconds * float64(time.Second)), Out: stdout, Plain: !isTerminal(os.Stdout)}
		if *haproxy != "" {
			o.HAProxy = strings.Split(*haproxy, ",")
		}
		err = demo.Run(ctx, o)
	}
	if err != nil {
		fmt.Fprintf(stderr, "tallystick demo: %v\n", err)
		return exitFailure
	}
	return exitGood
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
