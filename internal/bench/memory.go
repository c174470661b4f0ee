package bench

import (
	"fmt"
	"time"

	"tallystick/internal/bench/load"
)

// memory: resident bytes a key, all in, while the nodes report.
func (s *suite) memory() ([]Line, error) {
	a, err := s.theirs()
	if err != nil {
		return nil, err
	}
	two, err := s.two()
	if err != nil {
		return nil, err
	}
	four, err := s.four()
	if err != nil {
		return nil, err
	}
	wide, err := s.many()
	if err != nil {
		return nil, err
	}
	anchor := 0.0
	if a != nil {
		anchor = a.bytes
	}
	n := float64(s.keys)
	line := func(what string, resident int64, part float64) Line {
		return s.against(Line{What: what, Value: float64(resident) / n, Unit: "B"}, "growing by an entry", anchor, part)
	}
	return []Line{
		line("resident bytes a key, 2 nodes know each", two, 0.75),
		line("resident bytes a key, 4 nodes know each", four.resident, 1.2),
		line("resident bytes a key, 1 of 64 nodes knows it", wide.resident, 0.6),
	}, nil
}

// two is what the process holds of a table that two nodes know, under load.
func (s *suite) two() (int64, error) {
	t, f, end, err := s.play(names("lb", 2), func(c *load.Config) { c.Lesson = true })
	if err != nil {
		return 0, err
	}
	defer end()
	if err := f.Settle(s.ctx); err != nil {
		return 0, err
	}
	if _, err := f.Run(s.ctx, load.Plan{Rate: s.rate(200_000), For: s.seconds(4)}); err != nil {
		return 0, err
	}
	resident, err := t.resident()
	s.check(f, f)
	return resident, err
}

// wideWorld is what 64 nodes have shown, of which each knows other keys and hears all.
type wideWorld struct {
	resident int64
	idle     float64 // part of a core that it takes when nothing happens
	looked   time.Duration
}

// many plays 64 nodes, once.
func (s *suite) many() (*wideWorld, error) {
	if s.wide != nil {
		return s.wide, nil
	}
	t, f, end, err := s.play(names("lb", 64), func(c *load.Config) { c.Lesson, c.Owned, c.Still = true, true, true })
	if err != nil {
		return nil, err
	}
	defer end()
	if err := f.Settle(s.ctx); err != nil {
		return nil, err
	}
	w := &wideWorld{looked: s.seconds(8)}
	if _, err := f.Run(s.ctx, load.Plan{Rate: s.rate(5_000), For: s.seconds(3)}); err != nil {
		return nil, err
	}
	if w.resident, err = t.resident(); err != nil {
		return nil, err
	}
	if err := s.pause(s.seconds(4)); err != nil {
		return nil, err
	}
	cost, err := t.cost(func() error { return s.pause(w.looked) })
	if err != nil {
		return nil, err
	}
	w.idle = cost.Seconds() / w.looked.Seconds()
	s.check(f, f)
	s.wide = w
	return w, nil
}

// idle: what is taken when nothing happens.
func (s *suite) idle() ([]Line, error) {
	w, err := s.many()
	if err != nil {
		return nil, err
	}
	return []Line{{What: fmt.Sprintf("of a core, 64 idle nodes, %d live keys", s.keys), Value: 100 * w.idle, Unit: "%", Goal: 0.1,
		Note: fmt.Sprintf("over %v; HAProxy: nothing", w.looked)}}, nil
}

// live: how much of what is resident is of use.
func (s *suite) live() ([]Line, error) {
	b, err := s.four()
	if err != nil {
		return nil, err
	}
	if b.live == 0 {
		return []Line{{What: "resident over live data, under load", Goal: 1.2, Lacks: "it has not said what is live (no collection yet)"}}, nil
	}
	ratio := float64(b.resident) / float64(b.live)
	return []Line{{What: "resident over live data, under load", Value: ratio, Goal: 1.2,
		Note: fmt.Sprintf("%d MB resident after 4 nodes' load; live: the %d MB that the last collection found in use. Slabs outside of Go's heap would not be in them", b.resident>>20, b.live>>20)}}, nil
}
