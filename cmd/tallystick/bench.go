package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tallystick/internal/bench"
)

// runBench plays nodes to an aggregator, or measures all figures, or single steps.
func runBench(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("tallystick bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	o := benchFlags(f)
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
	}
	if err := o.resolve(f); err != nil {
		fmt.Fprintf(stderr, "tallystick bench: %v\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case o.steps:
		err = bench.Steps(ctx, o.sizes, stdout)
	case o.table:
		o.figures.Out, o.figures.Show = stdout, stderr
		err = bench.Table(ctx, o.figures)
	default:
		o.play.Out, o.play.Show = stdout, stderr
		err = bench.Play(ctx, o.play)
	}
	if err != nil {
		fmt.Fprintf(stderr, "tallystick bench: %v\n", err)
		return exitFailure
	}
	return exitGood
}

// benchOptions is what the command line of bench says.
type benchOptions struct {
	play         bench.Options
	figures      bench.TableOptions
	sizes        bench.Sizes
	table, steps bool

	keys, members, typ, store, only string
	haproxy                         optional
}

// benchFlags declares the options, in the order of the manual.
func benchFlags(f *flag.FlagSet) *benchOptions {
	o := &benchOptions{}
	f.StringVar(&o.play.Target, "target", "", "address HOST:PORT of an aggregator that runs; without it our own is started")
	f.StringVar(&o.play.Called, "called", "tallystick", "the target's name as a peer")
	f.StringVar(&o.play.Prefix, "prefix", "lb", "nodes are called that with a number behind, from 1")
	f.IntVar(&o.play.PID, "pid", 0, "process of the target, if it is on this machine: its processor time and memory are told")
	f.IntVar(&o.play.Nodes, "peers", 4, "nodes that are played")
	f.StringVar(&o.keys, "keys", "", "keys; with -steps sizes separated by commas (default 100000; with -steps 10000,1000000,10000000)")
	f.IntVar(&o.play.Rate, "rate", 100_000, "updates a second of all nodes together")
	f.DurationVar(&o.play.For, "duration", 10*time.Second, "how long")
	f.StringVar(&o.typ, "type", "ip", "type of the keys: ip, ipv6, integer or string")
	f.StringVar(&o.store, "store", "conn_cnt,http_req_cnt,http_req_rate(10s),bytes_out_rate(10s)", "what a table stores")
	f.Float64Var(&o.play.Zipf, "zipf", 0, "above 1: some keys are reported more often than others, with this exponent")
	f.IntVar(&o.play.Hot, "hot", 0, "only so many of the keys are reported; 0: all")
	f.Var(&o.haproxy, "haproxy", "measure a HAProxy on the same stream, too: alone the one that setup has fetched, or -haproxy=PROGRAM")
	f.BoolVar(&o.play.JSON, "json", false, "print one JSON object")
	f.BoolVar(&o.table, "table", false, "measure all figures beside their anchors and goals")
	f.StringVar(&o.only, "only", "", "with -table: only these, separated by commas: "+strings.Join(bench.FigureNames(), ","))
	f.DurationVar(&o.figures.Stall, "stall", 0, "with -table: how long a node reads nothing (default 30s)")
	f.IntVar(&o.figures.Scale, "scale", 1, "with -table: divides keys, rates and times, for a first look; goals hold at 1")
	f.BoolVar(&o.steps, "steps", false, "measure each step of an update's way alone")
	f.StringVar(&o.members, "members", "2,16", "with -steps: peers that feed each key")
	return o
}

// optional is the value of an option that may stand alone.
type optional struct {
	given bool
	value string
}

// String implements flag.Value.
func (o *optional) String() string { return o.value }

// Set implements flag.Value.
func (o *optional) Set(s string) error {
	if o.given = s != "false"; s != "true" && o.given {
		o.value = s
	}
	return nil
}

// IsBoolFlag lets the option stand alone.
func (o *optional) IsBoolFlag() bool { return true }

// resolve checks what the options say and puts it where it belongs.
func (o *benchOptions) resolve(f *flag.FlagSet) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program := o.haproxy.value
	if program == "" && (o.haproxy.given || o.table) {
		if program = comparable(cached()); program == "" && o.haproxy.given {
			return errors.New("-haproxy: none was fetched (make setup); name one, as in -haproxy=/usr/sbin/haproxy")
		}
	}
	o.play.Program, o.figures.Program = self, self
	o.play.HAProxy, o.figures.HAProxy = program, program
	o.figures.JSON = o.play.JSON
	if o.only != "" {
		o.figures.Only = strings.Split(o.only, ",")
	}
	for _, name := range o.figures.Only {
		if !slices.Contains(bench.FigureNames(), name) {
			return fmt.Errorf("-only: '%s' is no figure; there are %s", name, strings.Join(bench.FigureNames(), ", "))
		}
	}
	switch {
	case f.NArg() > 0:
		return fmt.Errorf("unexpected argument '%s'", f.Arg(0))
	case o.steps && o.table:
		return errors.New("-steps and -table are two jobs: choose one")
	case (o.only != "" || o.figures.Stall != 0 || o.figures.Scale != 1) && !o.table:
		return errors.New("-only, -stall and -scale go with -table")
	case o.play.Rate < 1 || o.play.For < 100*time.Millisecond || o.figures.Scale < 1:
		return errors.New("-rate and -scale are at least 1, -duration 100ms")
	}
	if o.play.Schema, err = bench.ParseTable(o.typ, o.store); err != nil {
		return err
	}
	return o.resolveSizes()
}

// resolveSizes reads the numbers that may be lists.
func (o *benchOptions) resolveSizes() (err error) {
	keys := o.keys
	if keys == "" && o.steps {
		keys = "10000,1000000,10000000"
	} else if keys == "" {
		keys = "100000"
	}
	if o.sizes.Keys, err = numbers(keys); err != nil {
		return fmt.Errorf("-keys: %w", err)
	}
	if o.sizes.Members, err = numbers(o.members); err != nil {
		return fmt.Errorf("-members: %w", err)
	}
	if len(o.sizes.Keys) > 1 && !o.steps {
		return errors.New("-keys: only -steps takes several sizes")
	}
	o.play.Keys = o.sizes.Keys[0]
	return nil
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
