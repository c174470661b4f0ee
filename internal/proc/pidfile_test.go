package proc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPidFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tallystick.pid")
	if err := os.WriteFile(path, []byte("1\nstale and longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := WritePidFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, path), fmt.Sprintf("%d\n", os.Getpid()); got != want {
		t.Errorf("a stale file is overwritten as a whole: %q, want %q", got, want)
	}
	if info, _ := os.Stat(path); info.Mode() != 0o644 {
		t.Errorf("everybody may read it: %v", info.Mode())
	}
	if err := p.Remove(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("a clean stop leaves nothing: %v", left)
	}
}

func TestPidFileOfSuccessorStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	old, err := WritePidFile(path)
	if err != nil {
		t.Fatal(err)
	}
	successor, err := WritePidFile(path) // same pid, as in another container
	if err != nil {
		t.Fatal(err)
	}
	defer successor.Remove()
	if err := old.Remove(); err != nil {
		t.Error(err)
	}
	if read(t, path) == "" {
		t.Error("the successor's file is touched")
	}
}

func TestPidFileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "no", "pid"), "/no/pid: no such file or directory"},
		{dir, ": file exists"},
	}
	for _, tt := range tests {
		_, err := WritePidFile(tt.path)
		if err == nil || !strings.HasPrefix(err.Error(), "pid file "+tt.path) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want the path and %q", tt.path, err, tt.want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a failure leaves nothing: %v", left)
	}
	var none *PidFile
	if err := none.Remove(); err != nil {
		t.Errorf("no file, nothing to remove: %v", err)
	}
}

// rolePidFile writes args[0] as root, drops root and stops.
func rolePidFile(args []string) int {
	p, err := WritePidFile(args[0])
	if err == nil {
		id, _ := Lookup("4711", "4712")
		err = id.Drop()
	}
	if err == nil {
		err = p.Remove()
	}
	fmt.Print(err)
	return 0
}

func TestPidFileAfterDrop(t *testing.T) {
	needRoot(t)
	dir := t.TempDir() // of root's
	for _, mode := range []os.FileMode{0o700, 0o755} {
		// Like /run the folder lets others look, or not even that.
		if err := errors.Join(os.Chmod(dir, mode), os.Chmod(filepath.Dir(dir), mode)); err != nil {
			t.Fatal(err)
		}
		checkPidFileAfterDrop(t, filepath.Join(dir, "pid"))
	}
}

func checkPidFileAfterDrop(t *testing.T, path string) {
	t.Helper()
	if r := play(t, command("pidfile", path)); r.stdout != "<nil>" {
		t.Fatalf("%+v", r)
	}
	if got := read(t, path); got != "" {
		t.Errorf("what cannot be removed is emptied, not left as %q", got)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
