package bench

import (
	"errors"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
)

// anchor is what a real HAProxy needs for the same.
type anchor struct {
	name         string
	fresh, again time.Duration // processor time of an update of a new key, and of one that is there
	learn, teach time.Duration // of a lesson of all keys
	sorted       time.Duration // to learn them in the order of the keys
	bytes        float64       // of an entry: by how much it grew
}

// nowhere is the address of a peer that HAProxy calls in vain: ours call it.
const nowhere = "127.0.0.1:1"

// theirs measures the HAProxy, once. nil: there is none.
func (s *suite) theirs() (*anchor, error) {
	if s.o.HAProxy == "" || s.anchor != nil {
		return s.anchor, nil
	}
	a := &anchor{}
	if err := s.theirTable(a); err != nil {
		return nil, err
	}
	if err := s.theirLesson(a); err != nil {
		return nil, err
	}
	s.anchor = a
	return a, nil
}

// startTheirs starts a HAProxy that knows two nodes.
func (s *suite) startTheirs() (*subject, error) {
	table := s.schema.String()
	// "type ip expire 1h store ..." wants its size in the middle, which is not told to peers.
	return startHAProxy(s.ctx, s.o.HAProxy, s.dir, table+" size 20m", "g1 "+nowhere, "g2 "+nowhere)
}

// theirTable has one node report, and another one ask for a lesson of all of it.
func (s *suite) theirTable(a *anchor) error {
	h, err := s.startTheirs()
	if err != nil {
		return err
	}
	defer h.stop()
	a.name = h.name
	c := s.config(h, []string{"g1"})
	c.Twin = ""
	f, err := load.Dial(s.ctx, c)
	if err != nil {
		return err
	}
	defer f.Close()
	before, err := h.resident()
	if err != nil {
		return err
	}
	if a.fresh, err = s.perUpdate(h, f, 1, s.keys); err != nil {
		return err
	}
	after, err := h.resident()
	if err != nil {
		return err
	}
	a.bytes = float64(after-before) / float64(s.keys)
	if a.again, err = s.perUpdate(h, f, 5, s.keys); err != nil {
		return err
	}
	c.Names, c.Twin = []string{"g2"}, tableName
	pupil, err := load.Dial(s.ctx, c)
	if err != nil {
		return err
	}
	var costs []int64
	for range 3 {
		cost, err := h.cost(func() error { _, err := pupil.Learn(s.ctx, 0); return err })
		if err != nil {
			return err
		}
		costs = append(costs, int64(cost))
	}
	a.teach = time.Duration(measure.Median(costs...))
	if err := pupil.Settle(s.ctx); err != nil {
		return err
	}
	s.check(pupil, f)
	return nil
}

// theirLesson has a HAProxy that has just started learn all keys.
func (s *suite) theirLesson(a *anchor) error {
	var costs []int64
	for range 3 {
		h, err := s.startTheirs()
		if err != nil {
			return err
		}
		cost, err := s.lesson(h, "g1", false)
		h.stop()
		if err != nil {
			return err
		}
		costs = append(costs, int64(cost))
	}
	a.learn = time.Duration(measure.Median(costs...))
	// How dear a tree is depends on the order of the keys, so both are told. One round shows which.
	h, err := s.startTheirs()
	if err != nil {
		return err
	}
	defer h.stop()
	a.sorted, err = s.lesson(h, "g1", true)
	return err
}

// lesson is what it costs a subject that has just started to learn all keys of a node.
func (s *suite) lesson(of *subject, node string, sorted bool) (time.Duration, error) {
	c := s.config(of, []string{node})
	c.Twin, c.Lesson, c.Sorted = "", true, sorted
	return of.cost(func() error {
		f, err := load.Dial(s.ctx, c)
		if err != nil {
			return err
		}
		defer f.Close()
		if n := f.Count().Reported; n != uint64(s.keys) {
			return errors.New("it has not asked for a lesson")
		}
		return nil
	})
}

// anchors are the figures of the HAProxy itself, as lines of a report.
func (s *suite) anchors() ([]Line, error) {
	a, err := s.theirs()
	if err != nil {
		return nil, err
	}
	direct, err := s.direct()
	if err != nil {
		return nil, err
	}
	return []Line{
		{Figure: "haproxy", What: "CPU per absorbed update, existing keys", Value: a.again.Seconds(), Unit: "s", Note: "by " + a.name},
		{Figure: "haproxy", What: "CPU per absorbed update, new keys", Value: a.fresh.Seconds(), Unit: "s"},
		{Figure: "haproxy", What: "CPU to learn all keys in a lesson", Value: a.learn.Seconds(), Unit: "s"},
		{Figure: "haproxy", What: "CPU to teach all keys in a lesson", Value: a.teach.Seconds(), Unit: "s"},
		{Figure: "haproxy", What: "memory of an entry", Value: a.bytes, Unit: "B"},
		{Figure: "haproxy", What: "request to update at a peer, p50", Value: direct.Percentile(50).Seconds(), Unit: "s"},
		{Figure: "haproxy", What: "request to update at a peer, p99", Value: direct.Percentile(99).Seconds(), Unit: "s"},
	}, nil
}

// against completes a line with an anchor of the HAProxy, and a goal that is a part of it.
func (s *suite) against(l Line, what string, anchor, part float64) Line {
	if s.anchor == nil {
		l.Goal, l.Lacks = 1, "no HAProxy is here"
		return l
	}
	l.Anchor, l.Of, l.Goal = anchor, s.anchor.name+" "+what, anchor*part
	return l
}
