package bench

import (
	"fmt"
	"runtime"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
)

// ours starts tallystick with peers of these names.
func (s *suite) ours(peers []string, lines ...string) (*subject, error) {
	return startTallystick(s.ctx, s.o.Program, s.dir, peers, lines...)
}

// play starts our program as the aggregator of some nodes and plays them, as change has it, if it
// is not nil. end closes both.
func (s *suite) play(nodes []string, change func(*load.Config)) (t *subject, f *load.Fleet, end func(), err error) {
	if t, err = s.ours(nodes); err != nil {
		return nil, nil, nil, err
	}
	c := s.config(t, nodes)
	if change != nil {
		change(&c)
	}
	if f, err = load.Dial(s.ctx, c); err != nil {
		t.stop()
		return nil, nil, nil, err
	}
	return t, f, func() { f.Close(); t.stop() }, nil
}

// absorb: what an update of an existing key costs when nobody wants the sum.
func (s *suite) absorb() ([]Line, error) {
	a, err := s.theirs()
	if err != nil {
		return nil, err
	}
	t, f, end, err := s.play([]string{"g1"}, func(c *load.Config) { c.Twin = "" })
	if err != nil {
		return nil, err
	}
	defer end()
	fresh, err := s.perUpdate(t, f, 1, s.keys)
	if err != nil {
		return nil, err
	}
	again, err := s.perUpdate(t, f, 5, s.keys)
	if err != nil {
		return nil, err
	}
	existing := Line{What: "CPU per absorbed update of an existing key", Value: again.Seconds(), Unit: "s"}
	created := Line{What: "CPU per absorbed update of a new key", Value: fresh.Seconds(), Unit: "s"}
	if a != nil {
		existing = s.against(existing, "absorbing the same stream", a.again.Seconds(), 1.0/4)
		created.Anchor, created.Of = a.fresh.Seconds(), a.name+" absorbing the same stream"
	} else {
		existing = s.against(existing, "", 0, 0)
	}
	return []Line{existing, created}, nil
}

// learn: what a lesson of all keys costs the pupil.
func (s *suite) learn() ([]Line, error) {
	a, err := s.theirs()
	if err != nil {
		return nil, err
	}
	var costs []int64
	for range 3 {
		t, err := s.ours([]string{"g1"})
		if err != nil {
			return nil, err
		}
		cost, err := s.lesson(t, "g1", false)
		t.stop()
		if err != nil {
			return nil, err
		}
		costs = append(costs, int64(cost))
	}
	l := Line{What: fmt.Sprintf("CPU to learn %d new entries of one node", s.keys), Value: time.Duration(measure.Median(costs...)).Seconds(), Unit: "s"}
	anchor := 0.0
	if a != nil {
		anchor = a.learn.Seconds()
		l.Note = "keys at random, as clients come; in their own order that HAProxy needs " + number(a.sorted.Seconds(), "s")
	}
	return []Line{s.against(l, "learning them", anchor, 1/4.5)}, nil
}

// busy is what four nodes with a load of a million updates a second have shown.
type busy struct {
	of           *subject
	idle, loaded *load.Outcome // of probes alone, and at the rate that is kept
	full         *load.Outcome // at the rate that is wanted
	cost         time.Duration // of the load at the rate that is kept
	held         bool          // there was such a rate
	resident     int64         // at its end
	live         int64         // of that, in use
	wanted, rate int
}

// rates are tried in this order, in parts of what is wanted, until one is kept.
var rates = []float64{0.8, 0.5, 0.3, 0.15, 0.05}

// four plays four nodes, once.
func (s *suite) four() (*busy, error) {
	if s.busy != nil {
		return s.busy, nil
	}
	t, f, end, err := s.play(names("lb", 4), func(c *load.Config) { c.Lesson = true })
	if err != nil {
		return nil, err
	}
	defer end()
	if err := f.Settle(s.ctx); err != nil {
		return nil, err
	}
	b := &busy{of: t, wanted: s.rate(1_000_000)}
	b.rate = b.wanted
	if b.idle, err = f.Run(s.ctx, load.Plan{For: s.seconds(3), Probe: 2 * time.Millisecond}); err != nil {
		return nil, err
	}
	b.cost, err = t.cost(func() error {
		b.full, err = f.Run(s.ctx, load.Plan{Rate: b.wanted, For: s.seconds(6), Probe: 2 * time.Millisecond})
		return err
	})
	if err != nil {
		return nil, err
	}
	if b.resident, err = t.resident(); err != nil {
		return nil, err
	}
	b.live = readCollections(t.said()).live
	if b.loaded, b.held = b.full, kept(b.full); !b.held {
		if err := s.findRate(f, b); err != nil {
			return nil, err
		}
	}
	s.check(f, f)
	s.busy = b
	return b, nil
}

// findRate finds the highest rate that this machine holds, and measures there. A short trial
// is not believed: the measurement itself must have been held, or figures would be those of a
// queue, and of a coalescing that makes messages cheap.
func (s *suite) findRate(f *load.Fleet, b *busy) (err error) {
	run := func(t *subject, d time.Duration) (o *load.Outcome, cost time.Duration, err error) {
		cost, err = t.cost(func() error {
			o, err = f.Run(s.ctx, load.Plan{Rate: b.rate, For: d, Probe: 2 * time.Millisecond})
			return err
		})
		return o, cost, err
	}
	for _, part := range rates {
		b.rate = int(part * float64(b.wanted))
		if err := s.quiet(f); err != nil {
			return err
		}
		trial, _, err := run(b.of, s.seconds(1.5))
		if err != nil {
			return err
		}
		if !kept(trial) {
			continue
		}
		if err := s.quiet(f); err != nil {
			return err
		}
		if b.loaded, b.cost, err = run(b.of, s.seconds(5)); err != nil {
			return err
		}
		if b.held = kept(b.loaded); b.held {
			return nil
		}
	}
	return nil
}

// quiet waits until next to nothing comes any more. When a load has ended the rates of its keys
// decay for two periods, and each is told again: a load that begins meanwhile has that to carry,
// too, and is not the one that is meant.
func (s *suite) quiet(f *load.Fleet) error {
	const look, few = time.Second, 1000 // updates in that time, at all nodes
	last := f.Count().Heard
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); {
		if err := s.pause(look); err != nil {
			return err
		}
		heard := f.Count().Heard
		if heard-last < few {
			return nil
		}
		last = heard
	}
	return nil // what is measured then says itself whether it was held
}

// kept reports whether a rate was held: all was sent in time, and next to nothing waited in
// between for the end.
func kept(o *load.Outcome) bool { return o.Kept() > 0.99 && o.Lag < 100*time.Millisecond }

// move: what a message costs when every node hears every sum.
func (s *suite) move() ([]Line, error) {
	a, err := s.theirs()
	if err != nil {
		return nil, err
	}
	b, err := s.four()
	if err != nil {
		return nil, err
	}
	in, messages := float64(b.loaded.Sent), float64(b.loaded.Sent+b.loaded.Total)
	message := Line{What: "CPU per message, in and out, 4 nodes", Value: b.cost.Seconds() / messages, Unit: "s",
		Note: fmt.Sprintf("at %d/s in, %.2f out for each; %d/s wanted: %.0f/s in, %.2f out for each, all in %v after the end",
			b.rate, float64(b.loaded.Total)/in, b.wanted, float64(b.full.Sent)/b.full.Took.Seconds(),
			float64(b.full.Total)/float64(b.full.Sent), b.full.Lag.Round(time.Millisecond))}
	anchor := 0.0
	if a != nil {
		anchor = a.again.Seconds()
	}
	message = s.against(message, "absorbing an update", anchor, 0.15)
	input := Line{What: "cores for 1 M/s in, each sum to 4 nodes", Value: b.cost.Seconds() / in * 1e6, Goal: 1,
		Note: "from what an input costs at the rate that is held"}
	if !b.held {
		message.Lacks, input.Lacks = notHeld, notHeld
	}
	return []Line{message, input}, nil
}

// notHeld is why a load cannot be judged.
const notHeld = "no rate was held"

// loaded: how long an update takes while a million others do.
func (s *suite) loaded() ([]Line, error) {
	b, err := s.four()
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("at %d/s in; generator late by %v at most", b.rate, b.loaded.Late.Round(10*time.Microsecond))
	if b.rate < b.wanted {
		note = fmt.Sprintf("NB: %d/s in are not held on %d cores that the generator shares; measured at %d/s; generator late by %v at most",
			b.wanted, runtime.NumCPU(), b.rate, b.loaded.Late.Round(10*time.Microsecond))
	}
	lacks := ""
	if !b.held {
		lacks = notHeld
	}
	return []Line{
		{What: "probe latency under load, p50", Value: b.loaded.Latency.Percentile(50).Seconds(), Unit: "s",
			Anchor: b.idle.Latency.Percentile(50).Seconds(), Of: "our own when idle"},
		{What: "probe latency under load, p99", Value: b.loaded.Latency.Percentile(99).Seconds(), Unit: "s",
			Anchor: b.idle.Latency.Percentile(99).Seconds(), Goal: 0.004, Lacks: lacks},
		{What: "probe latency under load, p99.9", Value: b.loaded.Latency.Percentile(99.9).Seconds(), Unit: "s",
			Anchor: b.idle.Latency.Percentile(99.9).Seconds(), Goal: 0.008, Lacks: lacks, Note: note},
	}, nil
}

// hot: a key that changes all the time is one message a window.
func (s *suite) hot() ([]Line, error) {
	const keys, window = 100, 0.005 // push-interval, as it is by default
	nodes := names("lb", 4)
	t, f, end, err := s.play(nodes, func(c *load.Config) { c.Keys = keys })
	if err != nil {
		return nil, err
	}
	defer end()
	var o *load.Outcome
	cost, err := t.cost(func() error {
		o, err = f.Run(s.ctx, load.Plan{Rate: s.rate(200_000), For: s.seconds(4)})
		return err
	})
	if err != nil {
		return nil, err
	}
	s.check(f, f)
	perNode := float64(o.Heard) / float64(len(nodes)) / o.Took.Seconds()
	return []Line{
		{What: "messages to a node, 100 hot keys, 200 k/s in", Value: perNode, Unit: "/s", Goal: 1.1 * keys / window,
			Note: fmt.Sprintf("%.0f/s in, coalesced %.1f times", float64(o.Sent)/o.Took.Seconds(), float64(o.Sent)*4/float64(max(1, o.Heard)))},
		{What: "CPU per input of a hot key", Value: cost.Seconds() / float64(o.Sent), Unit: "s"},
	}, nil
}

// nodes: what an input costs as more nodes hear of it.
func (s *suite) nodes() ([]Line, error) {
	costs, messages := map[int]float64{}, map[int]float64{}
	for _, n := range []int{2, 64} {
		o, cost, err := s.hearing(n)
		if err != nil {
			return nil, err
		}
		costs[n], messages[n] = cost.Seconds()/float64(o.Sent), cost.Seconds()/float64(o.Sent+o.Total)
	}
	return []Line{
		{What: "CPU per input, 64 nodes hear each sum, 50 k/s", Value: costs[64], Unit: "s", Anchor: costs[2], Of: "our own with 2 nodes", Goal: 3 * costs[2]},
		{What: "CPU per message, in and out, 64 nodes", Value: messages[64], Unit: "s", Anchor: messages[2], Of: "our own with 2 nodes", Goal: messages[2]},
	}, nil
}

// hearing plays a number of nodes that report 50 000 times a second together, and all hear each sum.
func (s *suite) hearing(n int) (o *load.Outcome, cost time.Duration, err error) {
	t, f, end, err := s.play(names("lb", n), func(c *load.Config) { c.Keys, c.Owned, c.Lesson = s.keys/10, true, true })
	if err != nil {
		return nil, 0, err
	}
	defer end()
	if err := f.Settle(s.ctx); err != nil {
		return nil, 0, err
	}
	cost, err = t.cost(func() error {
		o, err = f.Run(s.ctx, load.Plan{Rate: s.rate(50_000), For: s.seconds(5)})
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	s.check(f, f)
	return o, cost, nil
}

// growth: what an input costs as the table grows.
func (s *suite) growth() ([]Line, error) {
	costs := []float64{}
	for _, size := range []struct{ keys, rounds, each int }{{s.keys / 100, 5, 50}, {s.keys, 5, 1}, {s.keys * 10, 3, 1}} {
		cost, err := s.absorbing(size.keys, size.rounds, size.each)
		if err != nil {
			return nil, err
		}
		costs = append(costs, cost)
	}
	const known = "HAProxy 2.6 needs 1.9 times as much at 5 M keys as at 1 M"
	return []Line{
		{What: fmt.Sprintf("CPU per update, %d keys", s.keys), Value: costs[1], Unit: "s", Anchor: costs[0], Of: fmt.Sprintf("our own with %d keys", s.keys/100)},
		{What: fmt.Sprintf("CPU per update, %d keys", 10*s.keys), Value: costs[2], Unit: "s", Anchor: costs[0], Of: fmt.Sprintf("our own with %d keys", s.keys/100),
			Goal: 1.5 * costs[0], Note: known},
	}, nil
}

// absorbing is what an update of one of so many keys costs: the median of rounds, of which each
// reports every key so many times.
func (s *suite) absorbing(keys, rounds, each int) (float64, error) {
	t, err := s.ours([]string{"g1"})
	if err != nil {
		return 0, err
	}
	defer t.stop()
	c := s.config(t, []string{"g1"})
	c.Keys, c.Twin, c.Lesson = keys, "", true
	f, err := load.Dial(s.ctx, c)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var costs []float64
	for range rounds {
		cost, err := t.cost(func() error {
			for range each {
				if err := f.Push(s.ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		costs = append(costs, cost.Seconds()/float64(keys*each))
	}
	return measure.Median(costs...), nil
}
