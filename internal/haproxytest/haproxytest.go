// Package haproxytest starts real HAProxy processes for tests, makes traffic through them,
// and reads what they know over their runtime CLI.
//
// Every process runs in the foreground in a directory of its own, listens on a loopback
// address of its own, and ends with the test, even if the test binary is killed. The
// package knows nothing of this project's program: it must never import one of its rooms,
// or a fault of theirs could hide itself. Only tests import it.
//
// The HAProxys come from Debian's packages of four suites ("make setup" fetches them). One
// that is missing fails the test that wants it: nothing is skipped.
package haproxytest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// HAProxy is a running HAProxy. Its life is the test's goroutine's: Kill, Restart, Reload,
// Pause and Resume are called there. What asks it (CLI, Table, Peers, Dial, ...) may be
// called from any goroutine, also while it is dead, and answers with errors then.
type HAProxy struct {
	Name    string  // as a peer
	Version Version // of the program
	Addr    string  // where its peers section listens
	Web     string  // where its frontend listens: HOST:PORT, or a path if it runs inside of something

	t       testing.TB
	dir     string
	inside  []string
	process *Process
	begun   begun
}

// ready is how long a HAProxy may take to serve. It needs 50 ms on an idle machine; tests
// run many at once.
const ready = 20 * time.Second

// Start starts a HAProxy and waits until it serves. The test fails if it does not.
func Start(t testing.TB, c Config) *HAProxy {
	t.Helper()
	if c.Addr == "" {
		c.Addr = Address(t)
	}
	h := &HAProxy{Name: c.Name, Version: c.Version, Addr: c.Addr, Web: Address(t), t: t, dir: directory(t), inside: c.Inside}
	web := h.Web
	if c.Inside != nil {
		h.Web, web = h.file("web.sock"), "unix@web.sock"
	}
	text := c.text(web)
	if err := os.WriteFile(h.file("haproxy.cfg"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("configuration of %s (HAProxy %v):\n%s", h.Name, h.Version, text)
		}
	})
	h.start()
	return h
}

// directory makes a directory for sockets. t.TempDir has the test's name in it, and a
// socket's path may have some 100 bytes only.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "haproxy-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (h *HAProxy) file(name string) string { return filepath.Join(h.dir, name) }

// start starts a process of this configuration and waits until it is the one that answers.
func (h *HAProxy) start(args ...string) {
	h.t.Helper()
	args = slices.Concat(h.inside, []string{h.Version.Program, "-db", "-f", h.file("haproxy.cfg")}, args)
	h.process = StartProcess(h.t, fmt.Sprintf("%s (HAProxy %v)", h.Name, h.Version), h.dir, args...)
	p := h.process
	Eventually(h.t, ready, func() error {
		select {
		case <-p.Done():
			h.t.Fatalf("%s ended: %v", p.Name, p.State())
		default:
		}
		info, err := h.Info()
		if err == nil && info["Pid"] != strconv.Itoa(p.Pid()) {
			err = fmt.Errorf("process %s answers, not yet %d", info["Pid"], p.Pid())
		}
		return err
	})
}

// Pid is the process id of the newest process.
func (h *HAProxy) Pid() int { return h.process.Pid() }

// Process is the newest process.
func (h *HAProxy) Process() *Process { return h.process }

// Kill ends it as a crash does, and waits until it is gone.
func (h *HAProxy) Kill() { h.process.Kill() }

// Restart starts it anew, with empty tables, at the same addresses. A process that still
// runs is killed before.
func (h *HAProxy) Restart() {
	h.t.Helper()
	h.process.Kill()
	h.start()
}

// Reload starts a second process that takes over and has the first one stop softly ("-sf").
// It returns once the new one serves; the old one teaches it the tables meanwhile, unless it
// is a 2.6 that is still learning itself (see PeerState.Learned), which ends at once. Both are
// our children, without the master process: a HAProxy of an old suite, run through its own
// loader, cannot start itself again.
func (h *HAProxy) Reload() {
	h.t.Helper()
	h.start("-sf", strconv.Itoa(h.process.Pid()))
}

// Pause stops the process where it is, as a stalled machine does. Resume lets it go on.
func (h *HAProxy) Pause() { h.process.Signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (h *HAProxy) Resume() { h.process.Signal(syscall.SIGCONT) }

// local is the name under which HAProxy itself knows a table whose name on the wire is name.
func local(name string) string {
	if in, ok := strings.CutPrefix(name, "/"); ok {
		return Section + "/" + in
	}
	return name
}
