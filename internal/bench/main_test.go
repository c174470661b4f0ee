package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the real tallystick, built once for all tests.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "bench-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "tallystick")
		build := exec.Command("go", "build", "-o", program, "tallystick/cmd/tallystick")
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}
