package proc

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// roleDaemon is a program with -D: args are what its child does, a gate at which the
// child waits before it goes on, and a file for its report.
func roleDaemon(args []string) int {
	verdict := Owed()
	if verdict == nil {
		code, err := Daemonize(os.Args)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return code
	}
	what, gate, file := args[0], args[1], args[2]
	os.WriteFile(gate+".pid", []byte(fmt.Sprint(os.Getpid())), 0o600)
	os.ReadFile(gate) // a fifo: until the test opens it
	switch what {
	case "bad":
		fmt.Fprintln(os.Stderr, "[ALERT] unknown keyword 'no-asend'")
		return 2
	case "killed":
		unix.Kill(os.Getpid(), unix.SIGKILL)
	case "silent":
		return 0
	case "fd":
		return serveInherited(verdict, file)
	}
	err := verdict.Ready()
	fmt.Fprintln(os.Stderr, "after the verdict") // nobody must see this
	describeProcess(err).write(file)
	return 0
}

func describeProcess(ready error) report {
	sid, _ := unix.Getsid(0)
	r := report{
		"ready":  fmt.Sprint(ready),
		"leader": fmt.Sprint(sid == os.Getpid()),
		"env":    os.Getenv(daemonEnv),
	}
	r["cwd"], _ = os.Getwd()
	for fd := range 3 {
		r[fmt.Sprint(fd)], _ = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	}
	return r
}

// serveInherited answers one client at fd@3.
func serveInherited(verdict *Verdict, file string) int {
	l, err := Address{"fd", "3"}.Listen(context.Background(), Access{})
	report{"listen": fmt.Sprint(err)}.write(file)
	if err != nil || verdict.Ready() != nil {
		return 1
	}
	c, err := l.Accept()
	if err != nil {
		return 1
	}
	defer c.Close()
	io.WriteString(c, "served")
	return 0
}

// startDaemon starts the parent and returns when its child stands at the gate.
func startDaemon(t *testing.T, what string) (cmd *exec.Cmd, gate, file string, stderr *strings.Builder) {
	t.Helper()
	dir := t.TempDir()
	gate, file = filepath.Join(dir, "gate"), filepath.Join(dir, "report")
	if err := unix.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd = command("daemon", what, gate, file)
	cmd.Dir = dir
	stderr = new(strings.Builder)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child runs", func() error { _, err := os.Stat(gate + ".pid"); return err })
	return cmd, gate, file, stderr
}

// open lets the child pass the gate.
func open(t *testing.T, gate string) {
	t.Helper()
	if err := os.WriteFile(gate, nil, 0); err != nil {
		t.Fatal(err)
	}
}

func TestDaemonParentWaitsForServingChild(t *testing.T) {
	cmd, gate, file, stderr := startDaemon(t, "good")
	var status unix.WaitStatus
	if pid, _ := unix.Wait4(cmd.Process.Pid, &status, unix.WNOHANG, nil); pid != 0 {
		t.Fatal("the parent has gone before its child served")
	}
	open(t, gate)
	if err := cmd.Wait(); err != nil { // returns only when nobody holds stderr any more
		t.Errorf("the parent exits with the good verdict: %v", err)
	}
	if stderr.Len() != 0 {
		t.Errorf("the terminal hears nothing after the verdict, but %q", stderr)
	}
	got := readReport(t, file)
	want := report{
		"ready": "<nil>", "leader": "true", "env": "",
		"cwd": filepath.Dir(gate), // relative paths keep their meaning
		"0":   "/dev/null", "1": "/dev/null", "2": "/dev/null",
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("child: %s is %q, want %q", key, got[key], value)
		}
	}
}

func TestDaemonBadVerdict(t *testing.T) {
	tests := []struct {
		what   string
		code   int
		stderr string
		why    string
	}{
		{"bad", 2, "[ALERT] unknown keyword 'no-asend'\n", "status and words are the child's"},
		{"killed", 1, "ended before it served: signal: killed", "the child cannot say it itself"},
		{"silent", 1, "ended before it served: exit status 0", "0 without serving is no success"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			cmd, gate, _, stderr := startDaemon(t, tt.what)
			open(t, gate)
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit status %d, want %d: %s", code, tt.code, tt.why)
			}
			if !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("stderr %q, want %q: %s", stderr, tt.stderr, tt.why)
			}
		})
	}
}

// An operator who presses Ctrl-C at `tallystick -D` wants no daemon.
func TestDaemonWhoseParentWasKilled(t *testing.T) {
	cmd, gate, file, _ := startDaemon(t, "good")
	cmd.Process.Kill()
	cmd.Process.Wait()
	open(t, gate)
	if got := readReport(t, file)["ready"]; !strings.Contains(got, "broken pipe") {
		t.Errorf("the child learns that nobody waits: %q", got)
	}
}

func TestDaemonKeepsInheritedSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report")
	cmd := command("daemon", "fd", "/dev/null", file)
	cmd.Args[2] = filepath.Join(t.TempDir(), "no-gate")
	cmd.ExtraFiles = []*os.File{f} // descriptor 3
	if r := play(t, cmd); r.code != 0 {
		t.Fatalf("parent: %+v, child: %v", r, readReport(t, file))
	}
	addr := l.Addr().String()
	l.Close() // ours; the child's copy goes on
	f.Close()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, _ := io.ReadAll(c); string(b) != "served" {
		t.Errorf("the child answers at fd@3: %q", b)
	}
}

func TestOwedIgnoresAStrayVariable(t *testing.T) {
	t.Setenv(daemonEnv, "1")
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	defer func(old *os.File) { os.Stdin = old }(os.Stdin)
	os.Stdin = null
	if v := Owed(); v != nil {
		t.Error("stdin is no pipe, so nobody waits")
	}
	var foreground *Verdict
	if err := foreground.Ready(); err != nil {
		t.Errorf("the nil verdict owes nothing: %v", err)
	}
}
