package logs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
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

func TestFileAppendTruncateReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write := func(word string, messages ...string) {
		t.Helper()
		line, err := ParseFile(word)
		if err != nil {
			t.Fatal(err)
		}
		_, log, stop := start(t, Env{}, line)
		for _, m := range messages {
			log.Info(m)
		}
		stop()
	}
	write(path, "one")
	write("A:"+path, "two")
	expect(t, path, "one two", "append is the default")
	write("W:"+path, "three")
	expect(t, path, "three", "W: starts empty")

	line, _ := ParseFile("W:" + path)
	l, log, stop := start(t, Env{}, line)
	var lines uint64
	info := func(message string) { // and wait until it is in the file
		log.Info(message)
		lines++
		eventually(t, func() bool { return l.Stats()[0].Lines == lines })
	}
	info("four")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	info("five") // after the rename, before the signal: still the old file
	for _, message := range []string{"six", "seven"} {
		if err := l.Reopen(); err != nil {
			t.Fatal(err)
		}
		info(message)
		if err := l.Set([]Line{line}); err != nil { // a reload that changes nothing
			t.Fatal(err)
		}
	}
	info("eight")
	stop()
	expect(t, path+".1", "four five", "the rotated file keeps what it had")
	expect(t, path, "six seven eight", "opening again never empties")
	if info, _ := os.Stat(path); info.Mode().Perm()&0o007 != 0 {
		t.Errorf("others cannot read it: %v", info.Mode())
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

func TestFifoWithoutReaderIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- New(Env{}).Set([]Line{{Kind: File, Path: path}}) }()
	select {
	case err := <-result:
		if want := "log file " + path + ": no such device or address"; fmt.Sprint(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	case <-time.After(10 * time.Second):
		t.Error("the start hangs until somebody reads")
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
func TestReopenThatFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l, log, stop := start(t, Env{}, Line{Kind: File, Path: dir + "/log"})
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	want := "log file " + dir + "/log goes on as it was: no such file or directory"
	if err := l.Reopen(); fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	log.Info("still")
	stop()
	expect(t, dir+"2/log", "still", "the old file goes on")
}

func TestSetThatFailsChangesNothing(t *testing.T) {
	dir := t.TempDir()
	var stderr sink
	l, log, stop := start(t, Env{Stderr: &stderr}, Line{Kind: Stderr})
	err := l.Set([]Line{
		{Kind: File, Path: dir + "/good"},
		{Kind: File, Path: dir + "/no/log"},
		{Kind: File, Path: dir},
	})
	want := "log file " + dir + "/no/log: no such file or directory\nlog file " + dir + ": is a directory"
	if fmt.Sprint(err) != want {
		t.Errorf("all that is wrong is said: %v", err)
	}
	log.Info("still")
	stop()
	if !strings.Contains(stderr.String(), "still") || len(l.Stats()) != 0 {
		t.Errorf("the old target goes on: %q", &stderr)
	}
}

func TestParseFile(t *testing.T) {
	for word, want := range map[string]Line{
		"x": {Kind: File, Path: "x"}, "A:x": {Kind: File, Path: "x"}, "W:x": {Kind: File, Path: "x", Truncate: true},
		"W:A:x": {Kind: File, Path: "A:x", Truncate: true}, "./A:x": {Kind: File, Path: "./A:x"},
	} {
		if got, err := ParseFile(word); got != want || err != nil {
			t.Errorf("%s: %+v %v", word, got, err)
		}
	}
	for _, word := range []string{"", "A:", "W:"} {
		if _, err := ParseFile(word); err == nil {
			t.Errorf("%q names no file", word)
		}
	}
}

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
func expect(t *testing.T, path, want, why string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(b)) {
		got = append(got, strings.Fields(line)[2])
	}
	if strings.Join(got, " ") != want {
		t.Errorf("%s has %q, want %q: %s", filepath.Base(path), got, want, why)
	}
}

// eventually polls: files are real, and so is the time that they take.
func eventually(t *testing.T, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}
