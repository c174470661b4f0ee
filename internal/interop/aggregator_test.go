package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// aggregator is the program under test, running.
type aggregator struct {
	t       testing.TB
	name    string // what its peers call it
	addr    string // where they call it
	dir     string
	inside  []string // words before its command line
	process *haproxytest.Process
	down    bool // killed on purpose
}

// name is that of the aggregator of scenarios that have one only.
const name = "tallystick"

// file is the aggregator's configuration.
func (a *aggregator) file() string { return filepath.Join(a.dir, "tallystick.cfg") }

// write replaces the configuration with this text, to which a runtime CLI is added. The running process is not told. A
// text without sections is that of the section "aggregations data".
func (a *aggregator) write(text string) {
	a.t.Helper()
	const cli = "global\n    stats socket \"unix@${DIR}/cli.sock\" level admin\n"
	if !strings.Contains(text, "aggregations ") {
		text = "aggregations data\n" + text
	}
	if before, after, found := strings.Cut(text, "global\n"); found {
		text = before + cli + after
	} else {
		text = cli + "\n" + text
	}
	if err := os.WriteFile(a.file(), []byte(text+"\n"), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// start starts a process and waits until it serves.
func (a *aggregator) start() {
	a.t.Helper()
	argv := slices.Concat(a.inside, []string{program, "-f", a.file()})
	a.process, a.down = haproxytest.StartProcess(a.t, a.name, a.dir, argv...), false
	p := a.process
	a.t.Cleanup(func() { a.stop(p) })
	haproxytest.Eventually(a.t, 20*time.Second, func() error {
		if p.State() != nil {
			a.t.Fatalf("%s ended: %v", a.name, p.State())
		}
		_, err := a.cli("show info")
		return err
	})
}

// kill ends it as a crash does.
func (a *aggregator) kill() {
	a.process.Kill()
	a.down = true
}

// restart ends it as a crash does, if it runs, and starts it again.
func (a *aggregator) restart() {
	a.t.Helper()
	a.kill()
	a.start()
}

// pause stops the process where it is, as a stalled machine does; resume lets it go on.
func (a *aggregator) pause()  { a.process.Signal(syscall.SIGSTOP) }
func (a *aggregator) resume() { a.process.Signal(syscall.SIGCONT) }

// cli asks the runtime CLI.
func (a *aggregator) cli(line string) (string, error) {
	return haproxytest.Ask(filepath.Join(a.dir, "cli.sock"), line)
}

// reload has it read its configuration again, and returns what it says to that. A scenario is skipped if this version
// cannot.
func (a *aggregator) reload() string {
	a.t.Helper()
	said, err := a.cli("reload")
	if err != nil {
		a.t.Fatalf("%s: reload: %v", a.name, err)
	}
	return said
}

// reloads is reload where it must succeed.
func (a *aggregator) reloads() {
	a.t.Helper()
	if said := a.reload(); !strings.HasPrefix(said, "Success=1") {
		a.t.Fatalf("%s: reload says: %s", a.name, said)
	}
}

// hup has it read its configuration again, by a signal, and waits until its log has a line about that.
func (a *aggregator) hup(says string) {
	a.t.Helper()
	lines := func() int { return len(regexp.MustCompile(says).FindAllString(a.process.Log(), -1)) }
	before := lines()
	a.process.Signal(syscall.SIGHUP)
	haproxytest.Eventually(a.t, patience, func() error {
		if lines() == before {
			return fmt.Errorf("after SIGHUP %s logs nothing like %q", a.name, says)
		}
		return nil
	})
}

// says waits until one line of the log has all of these, regular expressions each, and returns it.
func (a *aggregator) says(patterns ...string) (line string) {
	a.t.Helper()
	haproxytest.Eventually(a.t, patience, func() error {
		for line = range strings.Lines(a.process.Log()) {
			if !slices.ContainsFunc(patterns, func(p string) bool { return !regexp.MustCompile(p).MatchString(line) }) {
				return nil
			}
		}
		return fmt.Errorf("%s logs no line with %q", a.name, patterns)
	})
	return strings.TrimSpace(line)
}

// silent fails the test if the log has a line with this.
func (a *aggregator) silent(pattern string) {
	a.t.Helper()
	for line := range strings.Lines(a.process.Log()) {
		if regexp.MustCompile(pattern).MatchString(line) {
			a.t.Errorf("%s logs what it should not: %s", a.name, line)
		}
	}
}

// peers is "show peers", of all sections or one: for each peer the fields that stand above its tables.
func (a *aggregator) peers(section ...string) (map[string]map[string]string, error) {
	answer, err := a.cli(strings.Join(append([]string{"show peers"}, section...), " "))
	if err != nil {
		return nil, err
	}
	peers := map[string]map[string]string{}
	var peer map[string]string // nil outside of a peer, and from its tables on
	for line := range strings.Lines(answer) {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "  id="):
			name, _, _ := strings.Cut(strings.TrimPrefix(words[0], "id="), "(")
			peer = map[string]string{}
			peers[name] = peer
		case strings.Contains(line, "shared tables:"):
			peer = nil
		}
		for _, word := range words {
			if key, value, ok := strings.Cut(word, "="); ok && peer != nil {
				peer[key] = value
			}
		}
	}
	return peers, nil
}

// linked waits until it has a session with each of these peers.
func (a *aggregator) linked(names ...string) {
	a.t.Helper()
	haproxytest.Eventually(a.t, patience, func() error {
		peers, err := a.peers()
		if err != nil {
			return err
		}
		for _, n := range names {
			if state := peers[n]["state"]; state != "EST" {
				return fmt.Errorf("%s has no session with %s: state=%s", a.name, n, state)
			}
		}
		return nil
	})
}

// stop ends a process as an operator does: every scenario ends with a clean goodbye, or with the news that the program
// has died by itself. Processes that a restart has killed are no news.
func (a *aggregator) stop(p *haproxytest.Process) {
	if p != a.process || a.down {
		return
	}
	if s := p.State(); s != nil {
		a.t.Errorf("%s ended during the test: %v", a.name, s)
		return
	}
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.Done():
		if s := p.State(); !s.Success() {
			a.t.Errorf("%s, told to end, ends with: %v", a.name, s)
		}
	case <-time.After(5 * time.Second):
		a.t.Errorf("%s does not end within 5 s of SIGTERM", a.name)
	}
}
