package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what must come: long, since machines are slow and
// nothing is lost by it.
const patience = 20 * time.Second

// TestMain lets this test binary be the program when a script calls it tallystick.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tallystick": main})
}

// TestScripts plays the stories in testdata/script: the program as an operator meets it.
// Beside testscript's own commands they have these; !, where it stands, wants the opposite.
//
//	waitfor ADDR             until something listens there: a path or ip:port
//	cli ADDR COMMAND         a line for the runtime CLI; the answer is stdout
//	like stdout|FILE WANT    the lines of the first are those of the file WANT, in which
//	                         "..." in a line is anything, as a line any lines, ${NAME} is of
//	                         the environment, and "#!" begins a comment
//	manual FILE HEADING ADDR what a manual of doc/ has under a heading, up to the next: each line behind ">" is
//	                         said to the runtime CLI, and its answer is the lines below, as like has them
//	eventually grep PATTERN FILE
//	eventually cli ADDR COMMAND PATTERN
//	eventually http URL PATTERN
//	signal NAME PIDFILE      TERM, INT, HUP, USR1, KILL
//	gone PIDFILE             until the process is; the number is that of the last signal
//	mode FILE                its kind and permissions to stdout
//	threads PIDFILE          whose the threads of a process are, to stdout, each answer once
//	usage PROGRAM ARG...     like ! exec, but the exit status must be 2
//	http METHOD URL [USER:PASSWORD] [BODY]   status and answer to stdout; with ! an error is wanted
//	play FILE SOCKET         what a page tells its reader to run: see there
//	curl-lines FILE ITS-ADDRESS OURS         runs the curl lines of a page of the manual
//
// and those of script_peer_test.go and script_raw_test.go. The environment has the addresses
// AGG, AGG2 and NODE, which are the script's alone.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Condition:           condition,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"waitfor":         waitFor,
			"cli":             cli,
			"like":            like,
			"eventually":      eventually,
			"manual":          manual,
			"signal":          signalProcess,
			"gone":            gone,
			"mode":            mode,
			"usage":           exitsWith2,
			"threads":         threads,
			"fakepeer":        startPeer,
			"fakepeer-update": updatePeer,
			"fakepeer-read":   readPeer,
			"fakepeer-stop":   stopPeer,
			"hello":           hello,
			"send":            send,
			"http":            httpAsk,
			"curl-lines":      curlLines,
			"play":            play,
		},
	})
}

// setup gives the script addresses of its own and sees that nothing outlives it.
func setup(e *testscript.Env) error {
	for _, name := range []string{"AGG", "AGG2", "NODE"} {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		e.Setenv(name, addr)
	}
	e.Setenv("UID", strconv.Itoa(os.Getuid()))
	manual, err := filepath.Abs("../../doc/management.md")
	if err != nil {
		return err
	}
	e.Setenv("MANUAL", manual)
	e.Values[peersKey{}] = peers{}
	e.Values[pidsKey{}] = map[string]int{}
	e.Defer(func() { endStrays(e) })
	return nil
}

// freeAddress finds ip:port that nobody has, nor is likely to want: others use 127.0.0.1, and
// ports that the system chooses are above 32767.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:%d", 100+rand.N(100), rand.N(256), 1+rand.N(254), 10000+rand.N(20000)))
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// endStrays ends what a script that failed has left in the background: processes with a pid
// file in its folder that work there.
func endStrays(e *testscript.Env) {
	files, _ := filepath.Glob(filepath.Join(e.WorkDir, "*pid*")) // the pattern is sound
	for _, f := range files {
		text, _ := os.ReadFile(f)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			continue
		}
		if cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); cwd == e.WorkDir {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func condition(word string) (bool, error) {
	if word == "root" {
		return os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", word)
}

// poll calls f until it has no error.
func poll(f func() error) error {
	for deadline := time.Now().Add(patience); ; {
		err := f()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func usageError(ts *testscript.TestScript, form string) { ts.Fatalf("usage: %s", form) }

// eventually repeats an assertion until it holds.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		usageError(ts, "eventually grep PATTERN FILE | cli ADDR COMMAND PATTERN | http URL PATTERN")
	}
	var last string
	var pattern string
	read := func() (string, error) {
		text, err := os.ReadFile(ts.MkAbs(args[2]))
		return string(text), err
	}
	switch {
	case args[0] == "grep" && len(args) == 3:
		pattern = args[1]
	case args[0] == "http" && len(args) == 3:
		pattern = args[2]
		read = func() (string, error) {
			_, answer, err := request("GET", args[1])
			return answer, err
		}
	case args[0] == "cli" && len(args) == 4:
		pattern = args[3]
		read = func() (string, error) { return ask(ts, args[1], args[2]) }
	default:
		usageError(ts, "eventually grep PATTERN FILE | cli ADDR COMMAND PATTERN | http URL PATTERN")
	}
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	err = poll(func() (err error) {
		if last, err = read(); err == nil && !re.MatchString(last) {
			err = fmt.Errorf("no match of %s in\n%s", pattern, last)
		}
		return err
	})
	ts.Check(err)
	for l := range strings.Lines(last) {
		if args[0] != "grep" || re.MatchString(l) {
			fmt.Fprint(ts.Stdout(), l)
		}
	}
}

// like compares lines with those of a file in which "..." is anything: in a line some
// characters, as a line some lines.
func like(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		usageError(ts, "like stdout|stderr|FILE WANT")
	}
	got := ts.ReadFile(args[0])
	if !strings.HasSuffix(got, "\n") {
		got += "\n" // a prompt ends none
	}
	isLike(ts, got, ts.ReadFile(args[1]))
}

func isLike(ts *testscript.TestScript, got, want string) {
	pattern := "^"
	for l := range strings.Lines(want) {
		if strings.HasPrefix(l, "#!") {
			continue
		}
		pattern += linePattern(os.Expand(strings.TrimSuffix(l, "\n"), ts.Getenv))
		if !regexp.MustCompile(pattern).MatchString(got) {
			ts.Fatalf("there is no line\n%sin\n%s", l, got)
		}
	}
	if !regexp.MustCompile(pattern + "$").MatchString(got) {
		ts.Fatalf("the answer goes on after the last line that is wanted:\n%s", got)
	}
}

// manual plays what a manual shows. What it shows cannot be wrong for long.
func manual(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		usageError(ts, "manual FILE HEADING ADDR")
	}
	text, err := os.ReadFile(filepath.Join(docs, args[0]))
	ts.Check(err)
	_, part, found := strings.Cut(string(text), "# "+args[1]+"\n")
	part, _, _ = strings.Cut(part, "\n#")
	said := 0
	for example := range strings.SplitSeq(part, "\n    > ") {
		command, want, _ := strings.Cut(example, "\n")
		if said++; said == 1 {
			continue // what stands before the first
		}
		var answer strings.Builder
		for l := range strings.Lines(want) {
			shown, indented := strings.CutPrefix(l, "    ")
			if !indented {
				break
			}
			answer.WriteString(shown)
		}
		got, err := ask(ts, args[2], command)
		ts.Check(err)
		ts.Logf("> %s\n%s", command, got)
		isLike(ts, got, answer.String()+"\n")
	}
	if !found || said < 2 {
		ts.Fatalf("%s has no commands under %q", args[0], args[1])
	}
}

// docs is where the manuals are.
var docs, _ = filepath.Abs("../../doc") // before a script is somewhere else

// linePattern is the regular expression of a line of like.
func linePattern(want string) string {
	if want == "..." {
		return "(?:.*\n)*?"
	}
	parts := strings.Split(want, "...")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return strings.Join(parts, ".*") + "\n"
}

// pidsKey finds the processes that a script has signalled, by pid file.
type pidsKey struct{}

func signalProcess(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		usageError(ts, "signal NAME PIDFILE")
	}
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP,
		"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "KILL": syscall.SIGKILL}
	s, ok := signals[args[0]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[0])
	}
	var pid int
	ts.Check(poll(func() error { // the file is written after the sockets are there
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil {
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err
	}))
	ts.Value(pidsKey{}).(map[string]int)[args[1]] = pid
	ts.Check(syscall.Kill(pid, s))
}

// gone waits until a process that was signalled has ended. One that nobody waits for is gone
// although its number stays.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	pid := ts.Value(pidsKey{}).(map[string]int)[strings.Join(args, " ")]
	if neg || pid == 0 {
		ts.Fatalf("no signal was sent to %v", args)
	}
	ts.Check(poll(func() error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if _, state, _ := strings.Cut(string(stat), ") "); err == nil && state[0] != 'Z' {
			return fmt.Errorf("process %d is there still", pid)
		}
		return nil
	}))
}

// exitsWith2 runs what must be a mistake of usage.
func exitsWith2(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		usageError(ts, "usage PROGRAM ARG...")
	}
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
		ts.Fatalf("%q: %v, not exit status %d", args, err, exitUsage)
	}
}

// threads tells the identities of all threads of a process: there should be one.
func threads(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		usageError(ts, "threads PIDFILE")
	}
	files, err := filepath.Glob("/proc/" + strings.TrimSpace(ts.ReadFile(args[0])) + "/task/*/status")
	ts.Check(err)
	var found []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) {
			continue // the thread has ended meanwhile
		}
		ts.Check(err)
		words := regexp.MustCompile(`(?m)^(Uid|Gid|Groups|CapEff):.*$`).FindAllString(string(text), -1)
		who := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
		if !slices.Contains(found, who) {
			found = append(found, who)
		}
	}
	fmt.Fprintln(ts.Stdout(), strings.Join(found, "\n"))
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		usageError(ts, "mode FILE")
	}
	info, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), info.Mode())
}
