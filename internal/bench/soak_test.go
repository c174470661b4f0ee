package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/bench/load"
)

// TestSoak: a minute of the real program's life with a million keys of four nodes, while others
// come, report and go, one of them reads nothing, and somebody prints the table again and
// again. At the end every sum at every node is right, none has fallen, no session but the
// deaf one's was lost, and memory and goroutines are what they were at the beginning.
func TestSoak(t *testing.T) {
	t.Parallel()
	const keys, guestKeys = 1_000_000, 1000
	nodes, guests := names("lb", 4), names("guest", 3)
	s, err := startTallystick(t.Context(), program, t.TempDir(), append(append([]string{"deaf"}, guests...), nodes...))
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	config := func(names []string, first, keys int) load.Config {
		return load.Config{Target: s.addr, Called: s.called, Names: names, Schema: standard(), Twin: tableName + suffix,
			First: uint32(first), Keys: keys, Others: true}
	}
	c := config(nodes, 0, keys)
	c.Lesson = true
	f, err := load.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// The first load brings memory to where it stays.
	if _, err := f.Run(t.Context(), load.Plan{Rate: 30_000, For: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	held, err := s.resident()
	if err != nil {
		t.Fatal(err)
	}
	tasks := s.info(t, "Tasks")

	ctx, cancel := context.WithCancel(t.Context())
	var others sync.WaitGroup
	visits, shown := 0, 0
	others.Go(func() {
		if _, err := load.Stall(ctx, config([]string{"deaf"}, 0, keys)); err != nil {
			t.Errorf("the deaf node: %v", err)
		}
	})
	others.Go(func() {
		for ; ctx.Err() == nil; visits++ {
			g := config(guests, 2*keys, guestKeys)
			g.Twin = ""
			if err := visit(ctx, g); err != nil && ctx.Err() == nil {
				t.Errorf("visit %d: %v", visits, err)
				return
			}
		}
	})
	others.Go(func() {
		for ; ctx.Err() == nil; shown++ {
			if _, err := s.ask("show table " + tableName + suffix + " data.http_req_cnt gt 4000000000"); err != nil {
				t.Errorf("show table: %v", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(3 * time.Second):
			}
		}
	})
	o, err := f.Run(t.Context(), load.Plan{Rate: 30_000, For: 60 * time.Second})
	cancel()
	others.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if w := f.Verify(f.Reported()); w.Any() {
		t.Errorf("of %d reports: %s", o.Sent, &w)
	}
	if n := f.Count().Lost; n != 0 {
		t.Errorf("%d sessions lost", n)
	}
	if visits < 3 || shown < 3 {
		t.Errorf("guests came %d times, the table was printed %d times: that is no minute", visits, shown)
	}
	now, err := s.resident()
	if err != nil {
		t.Fatal(err)
	}
	if most := held + held/4 + 16<<20; now > most {
		t.Errorf("%d MB resident, %d at the beginning", now>>20, held>>20)
	}
	// Who has left is noticed at once; what is written to the deaf one is given up within seconds.
	var left int64
	for range 100 {
		if left = s.info(t, "Tasks"); left <= tasks+2 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if left > tasks+2 {
		t.Errorf("%d goroutines, %d at the beginning", left, tasks)
	}
	t.Logf("%d reports in, %d sums out, %d visits, %d MB resident, %d before", o.Sent, o.Heard, visits, now>>20, held>>20)
}

// visit plays guests that report for a second, and leave.
func visit(ctx context.Context, c load.Config) error {
	g, err := load.Dial(ctx, c)
	if err != nil {
		return err
	}
	defer g.Close()
	_, err = g.Run(ctx, load.Plan{Rate: 2000, For: time.Second})
	return err
}

// info is one number of "show info".
func (s *subject) info(t *testing.T, name string) int64 {
	t.Helper()
	c, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintln(c, "show info")
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("show info does not tell %s:\n%s", name, b)
	return 0
}
