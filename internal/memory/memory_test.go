package memory

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestPercent(t *testing.T) {
	for _, x := range []struct {
		live uint64
		want int
		why  string
	}{
		{0, mostPercent, "before the first collection nothing is known"},
		{1 << 20, mostPercent, "a small heap is not collected before it has grown by several MiB"},
		{8 << 20, 100, "as the runtime does by itself"},
		{40 << 20, 20, "8 MiB are a fifth"},
		{80 << 20, 10, ""},
		{160 << 20, leastPercent, ""},
		{10 << 30, leastPercent, "of a large heap a little"},
	} {
		if got := percent(x.live); got != x.want {
			t.Errorf("%d MiB: %d, want %d: %s", x.live>>20, got, x.want, x.why)
		}
	}
}

// gcPercent is what is set.
func gcPercent() int {
	n := debug.SetGCPercent(-1)
	debug.SetGCPercent(n)
	return n
}

var system = fstest.MapFS{"proc/self/cgroup": {Data: []byte("0::/\n")}, "sys/fs/cgroup/memory.max": {Data: []byte("1000000000000\n")}}

// keep runs Keep while f runs, and returns the log.
func keep(t *testing.T, env map[string]string, root fs.FS, f func()) string {
	t.Helper()
	var log bytes.Buffer
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		Keep(ctx, root, func(k string) (string, bool) { v, ok := env[k]; return v, ok },
			slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		close(ended)
	}()
	f()
	stop()
	<-ended
	return log.String()
}

// eventually waits until ok; collections are the runtime's own business.
func eventually(ok func() bool) bool {
	for range 500 {
		if ok() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestKeep(t *testing.T) {
	log := keep(t, nil, system, func() {
		if !eventually(func() bool { return gcPercent() > 100 }) {
			t.Errorf("%d percent, want more than 100: the heap is small", gcPercent())
		}
		if n := debug.SetMemoryLimit(-1); n != 900e9 {
			t.Errorf("a limit of %d, want 90 %% of the system's", n)
		}
		tables := make([]byte, 300<<20)
		runtime.GC()
		if !eventually(func() bool { return gcPercent() == leastPercent }) {
			t.Errorf("%d percent, want %d: the heap is large now", gcPercent(), leastPercent)
		}
		runtime.KeepAlive(tables)
		tables = nil
		_ = tables
		runtime.GC()
		if !eventually(func() bool { return gcPercent() > 5*leastPercent }) {
			t.Errorf("%d percent, want many more: the heap is small again", gcPercent())
		}
	})
	if !strings.Contains(log, "limit=1000000000000 as_says=/sys/fs/cgroup/memory.max") {
		t.Errorf("the log does not say which limit there is:\n%s", log)
	}
	if n := debug.SetMemoryLimit(-1); gcPercent() != 100 || n != math.MaxInt64 {
		t.Error("it does not leave things as they were")
	}
}

// What the operator has set in the environment wins.
func TestOperatorWins(t *testing.T) {
	log := keep(t, map[string]string{"GOGC": "100", "GOMEMLIMIT": "1GiB"}, system, func() {
		runtime.GC()
		time.Sleep(50 * time.Millisecond)
		if n := debug.SetMemoryLimit(-1); gcPercent() != 100 || n != math.MaxInt64 {
			t.Errorf("%d percent and a limit of %d, want them untouched", gcPercent(), n)
		}
	})
	for _, want := range []string{"GOGC", "GOMEMLIMIT"} {
		if strings.Count(log, "says") != 2 || !strings.Contains(log, want) {
			t.Errorf("the log does not say once that %s was set:\n%s", want, log)
		}
	}
}

func TestNoLimit(t *testing.T) {
	log := keep(t, nil, fstest.MapFS{}, func() {
		time.Sleep(10 * time.Millisecond)
		if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 {
			t.Errorf("a limit of %d, want none", n)
		}
	})
	if !strings.Contains(log, "does not limit") {
		t.Errorf("the log does not say that there is no limit:\n%s", log)
	}
}

func TestWasteful(t *testing.T) {
	for _, x := range []struct {
		s    state
		want bool
		why  string
	}{
		{state{live: 10 << 20, resident: 50 << 20}, false, "a small process may keep its headroom"},
		{state{live: 1 << 30, resident: 1<<30 + 200<<20}, false, "a fifth more is what load needs"},
		{state{live: 100 << 20, resident: 1 << 30}, true, "a million keys have expired"},
	} {
		if got := x.s.isWasteful(); got != x.want {
			t.Errorf("%d MiB of %d MiB: %v, want %v: %s", x.s.live>>20, x.s.resident>>20, got, x.want, x.why)
		}
	}
}

// Memory goes back once nothing has been collected between two looks, and not again while it
// stays so.
func TestLook(t *testing.T) {
	var log bytes.Buffer
	k := keeper{log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	debug.SetGCPercent(-1) // nothing is collected but by us
	defer debug.SetGCPercent(100)
	big := make([]byte, 400<<20)
	for i := range big {
		big[i] = 1
	}
	big = nil
	_ = big
	runtime.GC() // the heap shrinks: what was used stays resident for a while
	if s := read(); !s.isWasteful() {
		t.Skipf("%+v: the runtime has given it back by itself", s)
	}
	k.look()
	if log.Len() > 0 {
		t.Errorf("it gave memory back at once, want: after a quiet time\n%s", &log)
	}
	k.look()
	if s := read(); s.isWasteful() || !strings.Contains(log.String(), "given back") {
		t.Errorf("%+v, want the memory given back\n%s", s, &log)
	}
}
