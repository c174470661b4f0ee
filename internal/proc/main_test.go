package proc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What these tests do to a process cannot be undone: root does not come back. So the
// test binary runs itself again, once for each role, and tells what it then sees.
const roleEnv = "PROC_TEST_ROLE"

// roles are what the test binary does instead of tests. The result is the exit status.
var roles = map[string]func(args []string) int{
	"connect": roleConnect,
	"daemon":  roleDaemon,
	"drop":    roleDrop,
	"handed":  roleHanded,
	"pin":     rolePin,
	"limits":  roleLimits,
	"pipe":    rolePipe,
	"pidfile": rolePidFile,
	"umask":   roleUmask,
}

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleEnv)]; ok {
		os.Exit(role(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// result is how a role ended.
type result struct {
	code           int
	stdout, stderr string
}

// command prepares a role. Its output is collected by play.
func command(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	// The race detector makes every process sleep for a second at its end.
	cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// play runs a role to its end. The end includes that of everybody who holds its stdout
// or stderr.
func play(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// report is what a role tells by a file, since a daemon has no stdout.
type report map[string]string

func (r report) write(path string) {
	b, _ := json.Marshal(r)
	os.WriteFile(path+"~", b, 0o600)
	os.Rename(path+"~", path) // the reader polls
}

func readReport(t *testing.T, path string) report {
	t.Helper()
	var b []byte
	eventually(t, "the report is there", func() (err error) { b, err = os.ReadFile(path); return })
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// eventually polls until f has no complaint; other processes run by the real clock.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// manyThreads makes the process have at least n threads, all asleep in Go code.
func manyThreads(n int) {
	started := make(chan bool)
	for range n {
		go func() {
			runtime.LockOSThread()
			started <- true
			select {}
		}()
	}
	for range n {
		<-started
	}
}

// threads returns the wanted lines of /proc/self/task/*/status, one string a thread.
func threads(fields ...string) (lines []string) {
	files, _ := filepath.Glob("/proc/self/task/*/status")
	for _, name := range files {
		status, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		var found []string
		for line := range strings.Lines(string(status)) {
			key, value, _ := strings.Cut(line, ":")
			for _, f := range fields {
				if key == f {
					found = append(found, fmt.Sprintf("%s=%s", key, strings.Join(strings.Fields(value), ",")))
				}
			}
		}
		lines = append(lines, strings.Join(found, " "))
	}
	return lines
}

// needRoot is for what only root can show. Whoever runs the suite sees in its summary
// what was left out.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not run: only root can become another user")
	}
}
