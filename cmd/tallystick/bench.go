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

	"tallystick/internal/bench"
)

// runBench measures what an update costs, beside a HAProxy if one is named.
func runBench(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("tallystick bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	keys := f.String("keys", "10000,1000000,10000000", "sizes of the table, separated by commas")
	members := f.String("members", "2,16", "peers that feed each key")
	path := f.Int("path", 1_000_000, "keys of the stream over TCP; 0 leaves it out")
	haproxy := f.String("haproxy", comparable(cached()), "a haproxy to compare with")
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
	}
	sizes, err1 := numbers(*keys)
	counts, err2 := numbers(*members)
	if err1 != nil || err2 != nil || f.NArg() > 0 {
		fmt.Fprintln(stderr, "tallystick bench: -keys and -members take numbers separated by commas, and nothing else follows")
		return exitUsage
	}
	self, err := os.Executable()
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		err = bench.Run(ctx, bench.Options{Program: self, HAProxy: *haproxy, Keys: sizes, Members: counts, Path: *path, Out: stdout})
	}
	if err != nil {
		fmt.Fprintf(stderr, "tallystick bench: %v\n", err)
		return exitFailure
	}
	return exitGood
}

// comparable is the HAProxy that others' figures are told of: 2.6.
func comparable(found []string) string {
	for _, path := range found {
		if strings.Contains(path, "haproxy-2.6") {
			return path
		}
	}
	return ""
}

func numbers(s string) (list []int, err error) {
	for _, word := range strings.Split(s, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("'%s' is no number above 0", word)
		}
		list = append(list, n)
	}
	return list, nil
}
