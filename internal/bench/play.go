package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
	"tallystick/internal/stick"
)

// Options say what is played, and to whom.
type Options struct {
	Program string        // tallystick's own executable, started if there is no Target
	Target  string        // HOST:PORT of an aggregator that runs already
	Called  string        // its name as a peer
	Prefix  string        // of the names of the nodes: a number from 1 follows
	PID     int           // its process, if it is on this machine; 0: unknown
	HAProxy string        // an executable that absorbs the same stream; "": none
	Nodes   int           //
	Keys    int           //
	Rate    int           // reports a second, of all nodes together
	For     time.Duration //
	Schema  *stick.Schema // what is reported: see ParseTable
	Zipf    float64       // see load.Config
	Hot     int           // see load.Config
	JSON    bool          // Out gets one object, else text
	Out     io.Writer     // what was found
	Show    io.Writer     // what happens meanwhile, a line a second
}

// Report is what Play has found.
type Report struct {
	Nodes        int         `json:"nodes"`
	Keys         int         `json:"keys"`
	Due          uint64      `json:"due"` // reports that were due
	In           uint64      `json:"in"`  // reports that were sent
	Out          uint64      `json:"out"` // updates that came back while the load lasted
	Seconds      float64     `json:"seconds"`
	InRate       float64     `json:"in_per_second"`
	OutRate      float64     `json:"out_per_second"`
	CPU          float64     `json:"cpu_seconds,omitempty"` // of the target
	CPUPerIn     float64     `json:"cpu_ns_per_in,omitempty"`
	CPUPerMsg    float64     `json:"cpu_ns_per_message,omitempty"` // in and out
	Resident     int64       `json:"resident_bytes,omitempty"`
	Latency      Percentiles `json:"latency_seconds"`
	Probes       uint64      `json:"probes"`
	GeneratorLag float64     `json:"generator_late_seconds"`
	Behind       uint64      `json:"behind"` // reports that were not in all sums when the last was sent
	Lag          float64     `json:"lag_seconds"`
	Wrong        load.Wrong  `json:"wrong"`
	Lost         int64       `json:"sessions_lost"`
	Anchors      []Line      `json:"haproxy,omitempty"`
}

// Percentiles of what probes took from when they were due, in seconds.
type Percentiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
}

func percentiles(h *measure.Histogram) Percentiles {
	p := func(of float64) float64 { return h.Percentile(of).Seconds() }
	return Percentiles{p(50), p(90), p(99), p(99.9), h.Max().Seconds()}
}

// ErrWrong means that what came back was not the sum of what was reported.
var ErrWrong = errors.New("sums are wrong")

// Play plays nodes to an aggregator, checks what comes back and prints what it cost.
func Play(ctx context.Context, o Options) error {
	dir, err := os.MkdirTemp("", "tallystick-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := &Report{Nodes: o.Nodes, Keys: o.Keys}
	if err := o.play(ctx, dir, r); err != nil {
		return err
	}
	if o.HAProxy != "" {
		s := newSuite(ctx, TableOptions{Program: o.Program, HAProxy: o.HAProxy}, dir)
		s.keys, s.schema = o.Keys, o.Schema
		if r.Anchors, err = s.anchors(); err != nil {
			return err
		}
	}
	if o.JSON {
		err = printJSON(o.Out, r)
	} else {
		r.print(o.Out)
	}
	if r.Wrong.Any() {
		return fmt.Errorf("%w: %s", ErrWrong, &r.Wrong)
	}
	return err
}

// names are those of the nodes.
func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(prefix, i+1)
	}
	return list
}

// play is Play with one target.
func (o *Options) play(ctx context.Context, dir string, r *Report) error {
	nodes, pid := names(o.Prefix, o.Nodes), o.PID
	target, called := o.Target, o.Called
	if target == "" {
		s, err := startTallystick(ctx, o.Program, dir, nodes)
		if err != nil {
			return err
		}
		defer s.stop()
		target, called, pid = s.addr, s.called, s.pid()
	}
	f, err := load.Dial(ctx, load.Config{Target: target, Called: called, Names: nodes, Schema: o.Schema,
		Twin: o.Schema.Name + suffix, Keys: o.Keys, Zipf: o.Zipf, Hot: o.Hot})
	if err != nil {
		return err
	}
	defer f.Close()
	before, err := cpuOf(pid)
	if err != nil {
		return err
	}
	stop := show(o.Show, f)
	out, err := f.Run(ctx, load.Plan{Rate: o.Rate, For: o.For, Probe: probeInterval(o.For)})
	stop()
	if err != nil && ctx.Err() == nil && !errors.Is(err, load.ErrLost) {
		// A sum that never comes right is waited for in vain: tell which.
		if w := f.Verify(f.Reported()); w.Any() {
			return fmt.Errorf("%w: %s (%w)", ErrWrong, &w, err)
		}
	}
	if err != nil {
		return err
	}
	after, err := cpuOf(pid)
	if err != nil {
		return err
	}
	r.fill(out, after-before)
	if pid != 0 {
		m, err := measure.MemoryOf(pid)
		if err != nil {
			return err
		}
		r.Resident = m.Resident
	}
	r.Wrong, r.Lost = f.Verify(f.Reported()), f.Count().Lost
	return nil
}

// cpuOf is the processor time of the target, or nothing if its process is not known.
func cpuOf(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	return measure.CPU(pid)
}

// probeInterval makes enough probes of a short load for a percentile, and never so many that
// they are a load themselves.
func probeInterval(d time.Duration) time.Duration {
	return min(max(d/4000, time.Millisecond), 5*time.Millisecond).Round(time.Millisecond)
}

// fill takes over what a load has shown.
func (r *Report) fill(o *load.Outcome, cpu time.Duration) {
	r.Due, r.In, r.Out, r.Seconds = o.Due, o.Sent, o.Heard, o.Took.Seconds()
	r.InRate, r.OutRate = float64(r.In)/r.Seconds, float64(r.Out)/r.Seconds
	r.Latency, r.Probes = percentiles(&o.Latency), o.Probes
	r.Behind, r.Lag, r.GeneratorLag = o.Behind, o.Lag.Seconds(), o.Late.Seconds()
	if r.CPU = cpu.Seconds(); r.In > 0 {
		r.CPUPerIn = float64(cpu) / float64(r.In)
		r.CPUPerMsg = float64(cpu) / float64(o.Sent+o.Total)
	}
}

// show prints a line a second until it is told to stop.
func show(w io.Writer, f *load.Fleet) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for last, n := f.Count(), 1; ; n++ {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			c := f.Count()
			fmt.Fprintf(w, "%4d s  in %9d/s  out %9d/s  %6.1f MB/s  behind %8d\n",
				n, c.Reported-last.Reported, c.Heard-last.Heard, float64(c.Bytes-last.Bytes)/1e6, c.Behind)
			last = c
		}
	}()
	return func() { close(done); <-ended }
}

// print prints the report as text.
func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "in        %.0f updates/s, %d of %d that were due in %.1f s\n", r.InRate, r.In, r.Due, r.Seconds)
	fmt.Fprintf(w, "out       %.0f updates/s, %d messages\n", r.OutRate, r.Out)
	if r.CPU > 0 {
		fmt.Fprintf(w, "cpu       %.2f s, %.0f %% of a core; %.0f ns an update in, %.0f ns a message in or out\n",
			r.CPU, 100*r.CPU/r.Seconds, r.CPUPerIn, r.CPUPerMsg)
		fmt.Fprintf(w, "memory    %.1f MB resident, %.0f bytes a key\n", float64(r.Resident)/1e6, float64(r.Resident)/float64(r.Keys))
	}
	p := r.Latency
	fmt.Fprintf(w, "latency   p50 %s  p90 %s  p99 %s  p99.9 %s  max %s, from when each of %d probes was due (generator late by %s at most)\n",
		number(p.P50, "s"), number(p.P90, "s"), number(p.P99, "s"), number(p.P999, "s"), number(p.Max, "s"), r.Probes, number(r.GeneratorLag, "s"))
	fmt.Fprintf(w, "lag       %d reports were not in all sums when the last was sent; all were in %s later\n", r.Behind, number(r.Lag, "s"))
	fmt.Fprintf(w, "wrong     %s, every one of %d keys at %d nodes checked; %d sessions lost\n", &r.Wrong, r.Keys, r.Nodes, r.Lost)
	for i := range r.Anchors {
		if i == 0 {
			header(w)
		}
		r.Anchors[i].print(w)
	}
	r.printCapacity(w)
}

// printCapacity says what this machine has room for, as far as that follows from the load.
func (r *Report) printCapacity(w io.Writer) {
	if r.CPU == 0 || r.In == 0 {
		return
	}
	cores := float64(runtime.NumCPU())
	free := max(0, cores-r.CPU/r.Seconds)
	perKey := float64(r.Resident) / float64(r.Keys)
	fmt.Fprintf(w, "capacity  %d keys x %d nodes: %.0f bytes a key, %.0f MB free for %.1f million keys more; %.0f updates/s more on %d cores\n",
		r.Keys, r.Nodes, perKey, float64(measure.Available())/1e6, float64(measure.Available())/perKey/1e6, free*1e9/r.CPUPerIn, runtime.NumCPU())
}
