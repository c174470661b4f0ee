package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

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
