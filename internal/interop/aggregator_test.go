package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// aggregator is the program under test, running.
type aggregator struct {
	t       testing.TB
	addr    string // where nodes call it
	dir     string
	process *haproxytest.Process
}

// name is what the nodes call it.
const name = "tallystick"

// startAggregator starts the program with these peers, and further lines of its section aggregations.
func startAggregator(t testing.TB, peers []haproxytest.Peer, lines ...string) *aggregator {
	t.Helper()
	a := &aggregator{t: t, addr: haproxytest.Address(t)}
	var err error
	if a.dir, err = os.MkdirTemp("", "tallystick-"); err != nil { // a socket's path must be short
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(a.dir) })
	var c strings.Builder
	fmt.Fprintf(&c, "global\n    stats socket \"unix@${DIR}/cli.sock\" level admin\n\naggregations data\n    peer %s %s local\n", name, a.addr)
	for _, p := range peers {
		fmt.Fprintf(&c, "    peer %s %s %s\n", p.Name, p.Addr, p.Args)
	}
	fmt.Fprintf(&c, "    from any to .agg\n    %s\n", strings.Join(lines, "\n    "))
	if err := os.WriteFile(filepath.Join(a.dir, "tallystick.cfg"), []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	a.start()
	return a
}

// start starts a process and waits until it serves.
func (a *aggregator) start() {
	a.t.Helper()
	a.process = haproxytest.StartProcess(a.t, name, a.dir, program, "-f", filepath.Join(a.dir, "tallystick.cfg"))
	p := a.process
	a.t.Cleanup(func() { a.stop(p) })
	haproxytest.Eventually(a.t, 20*time.Second, func() error {
		if p.State() != nil {
			a.t.Fatalf("tallystick ended: %v", p.State())
		}
		_, err := a.cli("show info")
		return err
	})
}

// restart ends it as a crash does, and starts it again.
func (a *aggregator) restart() {
	a.t.Helper()
	a.process.Kill()
	a.start()
}

func (a *aggregator) cli(line string) (string, error) {
	return haproxytest.Ask(filepath.Join(a.dir, "cli.sock"), line)
}

// stop ends a process as an operator does: every scenario ends with a clean goodbye, or with the news that the program
// has died by itself. Processes that a restart has killed are no news.
func (a *aggregator) stop(p *haproxytest.Process) {
	if p != a.process {
		return
	}
	if s := p.State(); s != nil {
		a.t.Errorf("tallystick ended during the test: %v", s)
		return
	}
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.Done():
		if s := p.State(); !s.Success() {
			a.t.Errorf("tallystick, told to end, ends with: %v", s)
		}
	case <-time.After(5 * time.Second):
		a.t.Error("tallystick does not end within 5 s of SIGTERM")
	}
}
