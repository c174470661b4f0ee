package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
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
	haproxy := f.String("haproxy", strings.Join(versions(cached()), ","), "haproxy executables, separated by commas; none: the nodes are played")
	fallback, _ := strconv.ParseFloat(os.Getenv("DEMO_SECONDS"), 64)
	seconds := f.Float64("seconds", fallback, "end by itself after that time, with status 0 only if every node read the right sum; the default is $DEMO_SECONDS, or until Ctrl-C")
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
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

// versions picks three that differ as much as possible: the first, the last and one between.
func versions(all []string) []string {
	if len(all) <= 3 {
		return all
	}
	return []string{all[0], all[len(all)/2], all[len(all)-1]}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
