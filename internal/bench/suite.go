package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
	"tallystick/internal/stick"
)

// TableOptions say which figures are measured.
type TableOptions struct {
	Program string        // tallystick's own executable
	HAProxy string        // the one that figures are held against; "": lines without an anchor say so
	Only    []string      // names of figures; none: all
	Stall   time.Duration // how long a node reads nothing
	Scale   int           // keys and times are divided by it, for a first look; 1: as the goals want it
	JSON    bool
	Out     io.Writer
	Show    io.Writer // what is being measured
}

// figure is one row of the table of goals.
type figure struct {
	name string
	run  func(*suite) ([]Line, error)
}

// figures are all of them, in the order in which they are measured: what shares an anchor
// stands together.
func figures() []figure {
	return []figure{
		{"absorb", (*suite).absorb}, {"learn", (*suite).learn}, {"teach", (*suite).teach},
		{"move", (*suite).move}, {"loaded", (*suite).loaded}, {"latency", (*suite).latency},
		{"memory", (*suite).memory}, {"idle", (*suite).idle}, {"live", (*suite).live},
		{"nodes", (*suite).nodes}, {"keys", (*suite).growth}, {"hot", (*suite).hot},
		{"stops", (*suite).stops}, {"stalled", (*suite).stalled},
	}
}

// FigureNames are what Only may have.
func FigureNames() (list []string) {
	for _, f := range figures() {
		list = append(list, f.name)
	}
	return list
}

// ErrMissed means that a figure does not reach its goal.
var ErrMissed = errors.New("goals are missed")

// suite is one run of the table. Measurements that several figures need are made once.
type suite struct {
	ctx    context.Context
	o      TableOptions
	dir    string
	keys   int // of the standard table: a million
	schema *stick.Schema

	anchor *anchor    // nil: not measured yet
	busy   *busy      //
	wide   *wideWorld //
	wrong  load.Wrong // of all runs
	lost   int64
}

// newSuite makes a suite of the standard table.
func newSuite(ctx context.Context, o TableOptions, dir string) *suite {
	o.Scale = max(1, o.Scale)
	return &suite{ctx: ctx, o: o, dir: dir, schema: standard(), keys: 1_000_000 / o.Scale}
}

// Table measures the figures and prints each as soon as it is there. The error is ErrMissed
// if a goal is missed, ErrWrong if a sum was wrong.
func Table(ctx context.Context, o TableOptions) error {
	dir, err := os.MkdirTemp("", "tallystick-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := newSuite(ctx, o, dir)
	var lines []Line
	if !o.JSON {
		header(o.Out)
	}
	for _, f := range figures() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, f.name) {
			continue
		}
		fmt.Fprintf(o.Show, "measuring %s\n", f.name)
		got, err := f.run(s)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		for i := range got {
			got[i].Figure = f.name
			if !o.JSON {
				got[i].print(o.Out)
			}
		}
		lines = append(lines, got...)
	}
	return s.conclude(lines)
}

// conclude says what became of all of them together.
func (s *suite) conclude(lines []Line) error {
	var missed, unjudged []string
	for i := range lines {
		if lines[i].Missed() {
			missed = append(missed, lines[i].Figure)
		}
		if lines[i].Lacks != "" {
			unjudged = append(unjudged, lines[i].Figure)
		}
	}
	missed, unjudged = slices.Compact(missed), slices.Compact(unjudged)
	if s.o.JSON {
		err := printJSON(s.o.Out, struct {
			Lines  []Line     `json:"lines"`
			Missed []string   `json:"missed"`
			Open   []string   `json:"not_judged"`
			Wrong  load.Wrong `json:"wrong"`
			Lost   int64      `json:"sessions_lost"`
		}{lines, missed, unjudged, s.wrong, s.lost})
		if err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.o.Out, "wrong sums, every key of every run checked: %s; sessions lost: %d\n", &s.wrong, s.lost)
		if len(unjudged) > 0 {
			fmt.Fprintf(s.o.Out, "not all could be judged: %s\n", strings.Join(unjudged, ", "))
		}
	}
	switch {
	case s.wrong.Any() || s.lost > 0:
		return fmt.Errorf("%w: %s; %d sessions lost", ErrWrong, &s.wrong, s.lost)
	case len(missed) > 0:
		return fmt.Errorf("%w: %s", ErrMissed, strings.Join(missed, ", "))
	}
	return nil
}

// seconds is a time of the table, made shorter by the scale.
func (s *suite) seconds(n float64) time.Duration {
	return time.Duration(max(n/float64(s.o.Scale), 0.3) * float64(time.Second))
}

// rate is a rate of the table, made lower by the scale.
func (s *suite) rate(n int) int { return max(1000, n/s.o.Scale) }

// config is a fleet of nodes that report the standard table to a subject and hear its sums.
func (s *suite) config(of *subject, nodes []string) load.Config {
	return load.Config{Target: of.addr, Called: of.called, Names: nodes, Schema: s.schema, Twin: tableName + suffix, Keys: s.keys}
}

// check verifies all sums of a fleet, against what reporter has reported, and closes it.
func (s *suite) check(f, reporter *load.Fleet) {
	w := f.Verify(reporter.Reported())
	s.wrong.Add("", w)
	s.lost += f.Count().Lost
	f.Close()
}

// perUpdate measures rounds in which every node reports each key once: processor time of the
// subject an update, the median.
func (s *suite) perUpdate(of *subject, f *load.Fleet, rounds, updates int) (time.Duration, error) {
	var costs []int64
	for range rounds {
		d, err := of.cost(func() error { return f.Push(s.ctx) })
		if err != nil {
			return 0, err
		}
		costs = append(costs, int64(d)/int64(updates))
	}
	return time.Duration(measure.Median(costs...)), nil
}

// pause lets processes come to rest.
func (s *suite) pause(d time.Duration) error {
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-time.After(d):
		return nil
	}
}
