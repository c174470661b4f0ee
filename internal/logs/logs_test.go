package logs

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sink collects what a target was given.
type sink struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start opens logs with lines; stop writes what waits and closes them.
func start(t *testing.T, env Env, lines ...Line) (l *Logs, log *slog.Logger, stop func()) {
	t.Helper()
	l = New(env)
	if err := l.Set(lines); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, slog.New(l.Handler()), l.Close
}

// Several log lines, each with its own format and level, see the same events.
func TestFanOut(t *testing.T) {
	var stdout, stderr sink
	l, log, stop := start(t, Env{Stdout: &stdout, Stderr: &stderr},
		Line{Kind: Stderr, Format: Text, Level: LevelWarning},
		Line{Kind: Stdout, Format: Logfmt, Level: LevelDebug})
	log.Debug("one")
	log.Warn("two")
	stop()
	if got := strings.Count(stderr.String(), "\n"); got != 1 || !strings.Contains(stderr.String(), "WARNING two") {
		t.Errorf("stderr wants warnings: %q", &stderr)
	}
	if got := strings.Count(stdout.String(), "\n"); got != 2 || !strings.Contains(stdout.String(), "level=debug msg=one\n") {
		t.Errorf("stdout wants all: %q", &stdout)
	}
	if events := l.Events(); len(events) != 1 || events[0].Message != "two" {
		t.Errorf("events are kept from info on: %v", events)
	}
}

func TestSetLevel(t *testing.T) {
	var stderr sink
	line := Line{Kind: Stderr, Level: LevelInfo}
	l, log, stop := start(t, Env{Stderr: &stderr}, line)
	log.Debug("a")
	l.SetLevel(LevelDebug)
	log.Debug("b")
	l.SetLevel(LevelError)
	log.Warn("c")
	if err := l.Set([]Line{line}); err != nil { // a reload brings the line's own level back
		t.Fatal(err)
	}
	log.Info("d")
	log.Debug("e")
	stop()
	var got []string
	for line := range strings.Lines(stderr.String()) {
		got = append(got, strings.Fields(line)[2])
	}
	if !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("written: %v", got)
	}
}

func TestLinesAfterReopenGoToTheNewFile(t *testing.T) {
	for range 20 { // select picks at random
		synctest.Test(t, func(t *testing.T) {
			old, fresh := &stuck{free: make(chan bool)}, new(sink)
			o := &output{open: func() (io.WriteCloser, error) { return std{fresh}, nil }}
			o.start(std{old})
			o.take(&Event{Message: "before"})
			synctest.Wait() // the writer hangs with it
			if err := errors.Join(o.reopen(), o.reopen()); err != nil {
				t.Fatal(err)
			}
			o.take(&Event{Message: "after"})
			close(old.free)
			closeAll([]*output{o})
			if !strings.Contains(old.String(), "before") || !strings.Contains(fresh.String(), "after") {
				t.Fatalf("old %q, new %q", &old.sink, fresh)
			}
		})
	}
}

// Loggers that share a parent share its fields, and nothing else.
func TestDerivedLoggersAreApart(t *testing.T) {
	l := New(Env{})
	parent := slog.New(l.Handler()).With("a", 1).With("b", 2).With("c", 3)
	x, y := parent.With("d", "x"), parent.With("d", "y")
	x.Info("1")
	y.Info("2")
	parent.Info("3", "d", "z")
	parent.Info("4", "d", "w")
	for i, want := range []string{"x", "y", "z", "w"} {
		fields := l.Events()[i].Fields
		if got := fields[len(fields)-1].Value.String(); got != want || len(fields) != 4 {
			t.Errorf("event %d ends in d=%s, want %s: %v", i+1, got, want, fields)
		}
	}
}

// After root is dropped the folder may be out of reach.
// stuck is a terminal after Ctrl-S: it takes nothing until it is released.
type stuck struct {
	sink
	free chan bool
}

func (s *stuck) Write(b []byte) (int, error) {
	<-s.free
	return s.sink.Write(b)
}

func TestStuckTargetHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stderr := &stuck{free: make(chan bool)}
		l := New(Env{Stderr: stderr})
		if err := l.Set([]Line{{Kind: Stderr, Format: Logfmt}}); err != nil {
			t.Fatal(err)
		}
		log := slog.New(l.Handler())
		log.Info("first")
		synctest.Wait() // the writer hangs with it
		for i := range queueSize + 500 {
			log.Info("more", "i", i)
		}
		if s := l.Stats()[0]; s.Lost != 500 || s.Target != "stderr" {
			t.Errorf("what does not fit is lost and counted: %+v", s)
		}
		close(stderr.free)
		synctest.Wait()
		log.Info("last")
		synctest.Wait()
		got := slices.Collect(strings.Lines(stderr.String()))
		if len(got) != 1+1+queueSize+1 || !strings.Contains(got[1], `level=warning msg="log lines were lost here" lines=500`) {
			t.Errorf("%d lines; the loss is told once: %q", len(got), got[1])
		}
		l.Close()
	})
}

func TestCloseDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stderr := &stuck{free: make(chan bool)}
		l := New(Env{Stderr: stderr})
		if err := l.Set([]Line{{Kind: Stderr}}); err != nil {
			t.Fatal(err)
		}
		slog.New(l.Handler()).Info("x")
		began := time.Now()
		l.Close()
		if took := time.Since(began); took != closeTime {
			t.Errorf("Close took %v, want %v", took, closeTime)
		}
		slog.New(l.Handler()).Info("after Close") // no panic
		close(stderr.free)                        // or the bubble would not end
	})
}

// full is a disk that fills up in the middle of a line and has room again later.
type full struct {
	sink
	room int
}

func (f *full) Write(b []byte) (int, error) {
	if n := min(f.room, len(b)); n < len(b) {
		f.sink.Write(b[:n])
		f.room = 0
		return n, &os.PathError{Op: "write", Path: "log", Err: errors.New("no space left on device")}
	}
	f.room -= len(b)
	return f.sink.Write(b)
}

// F-37, the log's part: a torn line is not continued by the next one.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &full{room: 70}
		l := New(Env{Stderr: disk})
		if err := l.Set([]Line{{Kind: Stderr, Format: Logfmt}}); err != nil {
			t.Fatal(err)
		}
		log := slog.New(l.Handler())
		for _, m := range []string{"first", "second", "third"} {
			log.Info(m)
		}
		synctest.Wait()
		if s := l.Stats()[0]; s.Lines != 1 || s.Lost != 2 || s.Err != "no space left on device" {
			t.Errorf("%+v", s)
		}
		disk.room = 1000
		log.Info("fourth")
		l.Close()
		got := slices.Collect(strings.Lines(disk.String()))
		if len(got) != 4 || !strings.HasSuffix(got[2], "lines=2\n") || !strings.HasSuffix(got[3], "msg=fourth\n") {
			t.Errorf("first, half of the second, the loss, the fourth: %q", got)
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, log, stop := start(t, Env{Stderr: io.Discard}, Line{Kind: Stderr}, Line{Kind: File, Path: path})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			mine := log.With("i", i)
			for range 100 {
				mine.Info("x")
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			l.Reopen()
			l.SetLevel(LevelDebug)
			l.Set([]Line{{Kind: File, Path: path}, {Kind: Stderr}})
			l.Stats()
			l.Events()
		}
	})
	wg.Wait()
	stop()
	b, err := os.ReadFile(path)
	if n := strings.Count(string(b), "\n"); n != 400 || err != nil {
		t.Errorf("%d lines, want all 400 (%v)", n, err)
	}
}

// expect compares the messages of a log file.
// eventually polls: files are real, and so is the time that they take.
func eventually(t *testing.T, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

// TestEventsAfter: whoever follows the log asks for what is behind the number that it has seen,
// and misses nothing but what the ring has forgotten.
func TestEventsAfter(t *testing.T) {
	var r ring
	for range ringSize + 5 {
		r.take(Event{})
	}
	for _, c := range []struct {
		why         string
		seq         uint64
		first, last uint64 // 0: none
	}{
		{"everything that is kept", 0, 6, ringSize + 5},
		{"what is behind a number", ringSize, ringSize + 1, ringSize + 5},
		{"nothing is new", ringSize + 5, 0, 0},
		{"a number that is not there yet, of our former life perhaps", ringSize + 99, 0, 0},
	} {
		list := r.after(c.seq)
		switch {
		case c.first == 0 && len(list) == 0:
		case len(list) == 0 || list[0].Seq != c.first || list[len(list)-1].Seq != c.last || uint64(len(list)) != c.last-c.first+1:
			t.Errorf("%s: got %d events, want %d to %d", c.why, len(list), c.first, c.last)
		}
	}
}
