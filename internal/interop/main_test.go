package interop

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the executable under test.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the program, and lets more tests than there are processors run at once: they mostly wait for clocks
// and for other processes.
func run(m *testing.M) int {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		parallel.Value.Set("8")
	}
	dir, err := os.MkdirTemp("", "tallystick-interop-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "tallystick")
	args := append(append([]string{"build"}, buildFlags...), "-o", program, "tallystick/cmd/tallystick")
	build := exec.Command("go", args...)
	build.Env = append(os.Environ(), buildEnv...)
	if said, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go %q: %v\n%s", args, err, said)
		return 1
	}
	return m.Run()
}
