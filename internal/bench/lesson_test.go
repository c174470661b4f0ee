package bench

import (
	"context"
	"testing"
	"time"

	"tallystick/internal/bench/load"
)

// TestLessonIsToldInOneGo: what is more than is said at once is said without waiting for anything
// else to happen, also while the kernel takes all of it. Else each part of a lesson waits for the next
// heartbeat.
func TestLessonIsToldInOneGo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := startTallystick(ctx, program, t.TempDir(), []string{"lb1", "lb2"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	c := load.Config{Target: s.addr, Called: s.called, Names: []string{"lb1"}, Schema: standard(), Keys: 200_000, Lesson: true}
	feeder, err := load.Dial(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer feeder.Close()
	c.Names, c.Lesson, c.Ask, c.Twin = []string{"lb2"}, false, true, tableName+suffix
	pupil, err := load.Dial(ctx, c)
	if err != nil {
		t.Fatalf("a lesson of ten megabytes: %v", err)
	}
	defer pupil.Close()
	if w := pupil.Verify(feeder.Reported()); w.Any() {
		t.Error(&w)
	}
}
