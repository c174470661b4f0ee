package bench

import (
	"fmt"
	"sync/atomic"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// What stops anybody is to be over after so much, but for one in a hundred, and at the worst.
const (
	stopGoal  = 0.0005
	worstGoal = 0.005
)

// stops: how long anybody waits while something large happens to the table. From outside that
// is what the worst probe takes longer than one on a quiet day; inside, how long a row that
// another goroutine applies has to wait; and the collector says itself for how long it has
// stopped the world.
func (s *suite) stops() ([]Line, error) {
	lines, noisy, err := s.outside()
	if err != nil {
		return nil, err
	}
	for _, g := range s.inside() {
		lines = append(lines,
			Line{What: "inside: one row applied, p99, while rows " + g.what, Value: g.waits.Percentile(99).Seconds(), Unit: "s", Goal: stopGoal},
			Line{What: "inside: one row applied, worst, while rows " + g.what, Value: g.waits.Max().Seconds(), Unit: "s", Goal: worstGoal, Lacks: noisy})
	}
	return lines, nil
}

// outside watches with probes. noisy is why no worst case can be judged: a machine that holds
// a probe up for longer than the goal when nothing happens at all shows nothing by it.
func (s *suite) outside() (lines []Line, noisy string, err error) {
	c, err := s.gather(false)
	if err != nil {
		return nil, "", err
	}
	defer c.close(s)
	// Long enough for all that happens to these keys before they expire, all at once.
	life := max(s.seconds(25), 8*time.Second)
	var born time.Time
	events := []struct {
		what string
		f    func() error
	}{
		{"nothing happens", func() error { return nil }},
		{"a lesson of new keys comes", func() error { born = time.Now(); return s.feed(c, life) }},
		{"'show table' prints all", func() error { _, err := c.ask("show table bench " + tableName + suffix); return err }},
		{"a node joins", func() error { return s.join(c, "p1") }},
		{"all these keys expire", func() error { return nil }},
	}
	var quiet *load.Outcome
	for i, e := range events {
		d := s.seconds(2.5)
		if i == len(events)-1 {
			// Only the moment counts: a second before, and time enough for all rows.
			if err := s.pause(time.Until(born.Add(life - time.Second))); err != nil {
				return nil, "", err
			}
			d = 5 * time.Second
		}
		o, err := s.watch(c, d, e.f)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", e.what, err)
		}
		l := Line{What: "probes' worst while " + e.what, Value: o.Latency.Max().Seconds(), Unit: "s",
			Note: "p99 " + number(o.Latency.Percentile(99).Seconds(), "s")}
		if quiet == nil {
			if quiet = o; l.Value > worstGoal {
				noisy = "the machine is not quiet, " + number(l.Value, "s") + " with nothing going on"
			}
		} else {
			l.Anchor, l.Goal = quiet.Latency.Max().Seconds(), quiet.Latency.Max().Seconds()+worstGoal
			l.Of, l.Lacks = "the same when nothing happens", noisy
		}
		lines = append(lines, l)
	}
	gc := readCollections(c.said())
	return append(lines, Line{What: "longest stop of the collector", Value: gc.stop.Seconds(), Unit: "s", Goal: stopGoal, Lacks: noisy,
		Note: fmt.Sprintf("of %d collections, as the program's runtime says itself; stops are the scheduler's, too, on a busy machine", gc.count)}), noisy, nil
}

// waits is how long single rows took while something happened.
type waits struct {
	what  string
	waits *measure.Histogram
}

// inside takes the table alone and does to it what happens to large ones.
func (s *suite) inside() []waits {
	schema := s.schema
	t := table.New(table.Config{Seed: 1})
	big, _ := t.Define(nil, "lb1", 0, schema)
	small, _ := t.Define(nil, "lb2", 1, schema)
	var clock atomic.Int64
	clock.Store(now)
	rows := make([]stick.Row, batch)
	insert := func() {
		for k := 0; k < s.keys; k += batch {
			b := rows[:min(batch, s.keys-k)]
			for i := range b {
				row(&b[i], uint32(k+i), 1)
				b[i].Life = 1000
			}
			t.Apply(clock.Load(), big, b, 0)
		}
	}
	scan := func() {
		var p table.Place
		for t.Scan(clock.Load(), &p, batch, func(*table.Entry) {}) {
		}
	}
	expire := func() {
		for range 100 { // 50 ms each, as the program does: 5 s go by
			t.Advance(clock.Add(50))
		}
	}
	var all []waits
	for _, e := range []struct {
		what string
		f    func()
	}{{"are inserted", insert}, {"are scanned", scan}, {"expire", expire}} {
		h := whileApplying(t, small, &clock, s.keys, e.f)
		all = append(all, waits{e.what, h})
	}
	return all
}

// whileApplying measures single rows of a lane while f runs in another goroutine.
func whileApplying(t *table.Table, l *table.Lane, clock *atomic.Int64, first int, f func()) *measure.Histogram {
	h := &measure.Histogram{}
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	one := make([]stick.Row, 1)
	for n := uint32(0); ; n++ {
		select {
		case <-done:
			return h
		default:
		}
		row(&one[0], uint32(first)+n%1000, n)
		start := time.Now()
		t.Apply(clock.Load(), l, one, 0)
		h.Add(time.Since(start))
	}
}
