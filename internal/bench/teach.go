package bench

import (
	"fmt"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
)

// place is where the keys of nodes that watch begin, behind all others: they share the table
// with those and hear of them, and look at their own.
const place = 12_000_000

// crowd is a tallystick with a full table and two nodes that watch it with probes.
type crowd struct {
	*subject
	feeder  *load.Fleet // has reported all keys, and hears nothing
	watcher *load.Fleet
}

// gather starts a crowd. life is that of the feeder's entries, if not the table's.
func (s *suite) gather(fill bool) (*crowd, error) {
	t, err := s.ours(append(names("lb", 2), "feeder", "p1", "p2", "p3", "p4"))
	if err != nil {
		return nil, err
	}
	c := &crowd{subject: t}
	if fill {
		if err := s.feed(c, 0); err != nil {
			c.close(s)
			return nil, err
		}
	}
	w := s.config(t, names("lb", 2))
	w.First, w.Keys, w.Others, w.Lesson = place, 10_000, true, true
	if c.watcher, err = load.Dial(s.ctx, w); err == nil {
		err = c.watcher.Settle(s.ctx)
	}
	if err != nil {
		c.close(s)
		return nil, err
	}
	return c, nil
}

// feed has the feeder report all keys in a lesson.
func (s *suite) feed(c *crowd, life time.Duration) (err error) {
	f := s.config(c.subject, []string{"feeder"})
	f.Twin, f.Lesson, f.Life = "", true, life
	c.feeder, err = load.Dial(s.ctx, f)
	return err
}

func (c *crowd) close(s *suite) {
	if c.watcher != nil {
		s.check(c.watcher, c.watcher)
	}
	if c.feeder != nil {
		s.lost += c.feeder.Count().Lost
		c.feeder.Close()
	}
	c.stop()
}

// watch runs probes, and some load, while f happens. The probes go on for d at least.
func (s *suite) watch(c *crowd, d time.Duration, f func() error) (*load.Outcome, error) {
	var o *load.Outcome
	ended := make(chan error, 1)
	go func() {
		var err error
		o, err = c.watcher.Run(s.ctx, load.Plan{Rate: s.rate(5_000), For: d, Probe: time.Millisecond})
		ended <- err
	}()
	if err := s.pause(d / 10); err != nil {
		return nil, err
	}
	err := f()
	if e := <-ended; err == nil {
		err = e
	}
	return o, err
}

// join has a node join that asks for a lesson at once, and checks what it is taught.
func (s *suite) join(c *crowd, name string) error {
	p := s.config(c.subject, []string{name})
	p.Ask, p.Others = true, true
	f, err := load.Dial(s.ctx, p)
	if err != nil {
		return err
	}
	// Dial has waited for the end of the lesson, in which all sums are. The sums of the watchers' keys are not looked at: only the feeder's are in its range.
	s.check(f, c.feeder)
	return nil
}

// teach: what a node costs that comes and has everything to learn, and what the others notice.
func (s *suite) teach() ([]Line, error) {
	a, err := s.theirs()
	if err != nil {
		return nil, err
	}
	c, err := s.gather(true)
	if err != nil {
		return nil, err
	}
	defer c.close(s)
	var costs []int64
	for i := range 3 {
		cost, err := c.cost(func() error { return s.join(c, fmt.Sprint("p", i+1)) })
		if err != nil {
			return nil, err
		}
		costs = append(costs, int64(cost))
	}
	quiet, err := s.watch(c, s.seconds(3), func() error { return nil })
	if err != nil {
		return nil, err
	}
	noisy, err := s.watch(c, s.seconds(3), func() error { return s.join(c, "p4") })
	if err != nil {
		return nil, err
	}
	anchor := 0.0
	if a != nil {
		anchor = a.teach.Seconds()
	}
	before := quiet.Latency.Percentile(99).Seconds()
	return []Line{
		s.against(Line{What: fmt.Sprintf("CPU to teach %d sums to one node", s.keys), Value: time.Duration(measure.Median(costs...)).Seconds(), Unit: "s"},
			"teaching as many entries", anchor, 1),
		{What: "others' p99 while one node is taught", Value: noisy.Latency.Percentile(99).Seconds(), Unit: "s",
			Anchor: before, Of: "the same nodes' when nobody is taught", Goal: before + 0.003},
	}, nil
}
