package node

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// Rounds is what systemd's watchdog lives by: it grows while the section gets on, idle or not.
func TestRounds(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.start()
		for range 3 {
			before := c.section.Rounds()
			time.Sleep(restMost)
			if synctest.Wait(); c.section.Rounds() == before {
				t.Error("nothing to do for a second, and no round: an idle section is to be known from a stuck one")
			}
		}
	})
}

// Whoever keeps a lock that everybody wants has stopped the section. Not in a bubble, whose time
// does not pass while somebody waits for a lock.
func TestRoundsStop(t *testing.T) {
	s := New(Config{ID: "main", Name: "agg", Warmup: time.Hour, MaxEntries: 1, MaxTables: 1, Counters: &Counters{}, Log: slog.New(slog.DiscardHandler)}, time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()
	goesRound := func(why string) {
		t.Helper()
		for before, start := s.Rounds(), time.Now(); s.Rounds() == before; time.Sleep(time.Millisecond) {
			if time.Since(start) > 10*time.Second {
				t.Fatal(why)
			}
		}
	}
	goesRound("no round in ten seconds")
	s.tables.mu.Lock()
	time.Sleep(2 * tickInterval) // for a round that is past the tables
	before := s.Rounds()
	time.Sleep(4 * tickInterval)
	if got := s.Rounds(); got != before {
		t.Errorf("%d rounds while nobody can reach a table", got-before)
	}
	s.tables.mu.Unlock()
	goesRound("it gets on again, and nobody can tell")
}
