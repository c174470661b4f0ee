// Package demo shows tallystick at work: three HAProxy nodes of different versions, traffic
// to all of them, and on the terminal what each node has counted and what each reads as
// the sum. Where HAProxy cannot be had it plays the nodes itself, over the same protocol.
//
// It runs the real program as a process, with the files of examples/demo, and everything
// that it starts ends with it. It must never reach into the program's rooms: it sees what
// an operator sees.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Options say what to show and for how long.
type Options struct {
	Program string        // tallystick's own executable
	Config  string        // directory with haproxy.cfg and tallystick.cfg
	HAProxy []string      // haproxy executables, one a node; none: the nodes are played
	For     time.Duration // 0: until ctx ends
	Out     io.Writer
	Plain   bool // no cursor movements: a page below the other
}

// node is a load balancer, real or played.
type node interface {
	name() string
	version() string
	// request lets a client make one request and reports whether it was denied.
	request(ctx context.Context, client string) (denied bool, err error)
	// read returns what the node has counted itself and what it reads as the sum, by client.
	read(ctx context.Context) (own, sum map[string]count, err error)
	// stop ends what start began.
	stop()
}

// count is what a table holds of one client.
type count struct{ requests, rate int }

// Where the aggregator is asked, as examples/demo/tallystick.cfg has it.
const (
	webAddress = "127.0.77.1:8404" // of the http line
	cliAddress = "127.0.77.1:8405" // of the stats socket that needs no path
)

// addresses of the three nodes, as examples/demo/tallystick.cfg has them.
var addresses = []string{"127.0.77.11", "127.0.77.12", "127.0.77.13"}

const (
	refresh = 500 * time.Millisecond
	quiet   = 2 * time.Second // without traffic at the end, before sums are compared
)

// Run shows the demo until ctx or the time of the options ends. It fails if a node does not
// read the right sum at the end.
func Run(ctx context.Context, o Options) error {
	dir, err := os.MkdirTemp("", "tallystick-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	aggregator, err := startAggregator(ctx, o, dir)
	if err != nil {
		return err
	}
	defer aggregator.stop()
	nodes, err := startNodes(ctx, o, dir)
	defer func() {
		for _, n := range nodes {
			n.stop()
		}
	}()
	if err != nil {
		return err
	}
	return show(ctx, o, nodes, aggregator)
}

// show lets clients make requests, and prints, until the time is over; then it stops the
// traffic and compares.
func show(ctx context.Context, o Options, nodes []node, aggregator *process) error {
	traffic := newTraffic(nodes)
	tctx, stopTraffic := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); traffic.run(tctx) }()
	defer func() { stopTraffic(); <-done }()

	s := &screen{out: o.Out, plain: o.Plain, nodes: nodes, traffic: traffic}
	var end <-chan time.Time
	if o.For > 0 {
		end = time.After(max(o.For-quiet, time.Second))
	}
	every := refresh
	if o.Plain {
		every *= 4 // pages pile up where none can be drawn over the last
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-ctx.Done():
			return nil // an operator has seen enough
		case err := <-aggregator.died:
			return fmt.Errorf("tallystick ended: %v\n%s", err, aggregator.tail())
		case <-end:
			running = false
		case <-tick.C:
			if err := s.draw(ctx); err != nil {
				return err
			}
		}
	}
	stopTraffic()
	<-done
	return settle(ctx, s)
}

// settle waits until every node reads the sum of what all nodes have counted.
func settle(ctx context.Context, s *screen) error {
	var wrong error
	for until := time.Now().Add(quiet + 8*time.Second); time.Now().Before(until); {
		if err := s.draw(ctx); err != nil {
			return err
		}
		if wrong = s.compare(); wrong == nil {
			fmt.Fprintln(s.out, "\nEvery node reads the right sum.")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(refresh):
		}
	}
	return wrong
}

// startNodes starts real nodes where there is a HAProxy for each, else it plays them.
func startNodes(ctx context.Context, o Options, dir string) (nodes []node, err error) {
	if len(o.HAProxy) == 0 {
		fmt.Fprintln(o.Out, "HAProxy is not to be had here: the demo plays the nodes itself, over the same protocol.")
	}
	for i, addr := range addresses {
		name := fmt.Sprintf("lb%d", i+1)
		var n node
		if len(o.HAProxy) > 0 {
			n, err = startHAProxy(ctx, name, addr, o.HAProxy[i%len(o.HAProxy)], filepath.Join(o.Config, "haproxy.cfg"), dir)
		} else {
			n = play(name, "127.0.77.1:10000", 1000+i)
		}
		if err != nil {
			return nodes, fmt.Errorf("start %s: %w", name, err)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

var errNotYet = errors.New("not ready yet")
