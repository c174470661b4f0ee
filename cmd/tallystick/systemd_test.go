package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// service is the program as systemd would run it: it is told where to notify, and may be
// handed sockets.
type service struct {
	t       *testing.T
	dir     string
	env     []string
	heard   *net.UnixConn
	sockets []net.Listener
	cmd     *exec.Cmd
}

const serviceConfig = `
global
    stats socket unix@cli
aggregations data
    from any to .agg
    peer tallystick "${AGG}" local
    peer lb1
`

func newService(t *testing.T, env ...string) *service {
	t.Helper()
	s := &service{t: t, dir: t.TempDir(), env: env}
	name := filepath.Join(s.dir, "notify")
	var err error
	if s.heard, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.heard.Close() })
	s.env = append(s.env, "NOTIFY_SOCKET="+name)
	s.write(serviceConfig)
	return s
}

func (s *service) write(config string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "agg.cfg"), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start starts it. LISTEN_PID is its own number, which only the shell before it can know.
func (s *service) start() {
	s.t.Helper()
	s.cmd = exec.Command("sh", "-c", "LISTEN_PID=$$ exec tallystick -f agg.cfg")
	s.cmd.Dir, s.cmd.Env, s.cmd.Stderr = s.dir, append(os.Environ(), s.env...), os.Stderr
	for _, l := range s.sockets {
		f, err := l.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			s.t.Fatal(err)
		}
		defer f.Close()
		s.cmd.ExtraFiles = append(s.cmd.ExtraFiles, f)
	}
	s.cmd.Env = append(s.cmd.Env, fmt.Sprintf("LISTEN_FDS=%d", len(s.sockets)))
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd := s.cmd
	s.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// hears waits for a message that begins with state and returns its status line.
func (s *service) hears(state, why string) (status string) {
	s.t.Helper()
	s.heard.SetReadDeadline(time.Now().Add(patience))
	for b := make([]byte, 4096); ; {
		n, err := s.heard.Read(b)
		if err != nil {
			s.t.Fatalf("%s: %s never came: %v", state, why, err)
		}
		first, rest, _ := strings.Cut(string(b[:n]), "\n")
		if first == state {
			return strings.TrimPrefix(rest, "STATUS=")
		}
		if first != "WATCHDOG=1" {
			s.t.Fatalf("%s: got %q before %s", why, first, state)
		}
	}
}

func (s *service) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

func TestSystemdHears(t *testing.T) {
	at, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, "AGG="+at, "WATCHDOG_USEC=3300000")
	s.start()
	if got, want := s.hears("READY=1", "it serves"), "1 sections, 0 of 1 peers connected, waiting for members before sums are published"; got != want {
		t.Errorf("systemctl status shows %q, want %q", got, want)
	}
	s.hears("WATCHDOG=1", "every section gets on")
	s.hears("WATCHDOG=1", "and goes on")

	s.signal(syscall.SIGHUP)
	s.hears("RELOADING=1", "systemctl reload waits from here")
	s.hears("READY=1", "to here")
	s.write("frobnicate\n" + serviceConfig)
	s.signal(syscall.SIGHUP)
	s.hears("RELOADING=1", "a bad configuration is read as well")
	if got := s.hears("READY=1", "and changes nothing"); !strings.Contains(got, "the last reload was refused") {
		t.Errorf("systemctl status shows %q, and not that the reload was refused", got)
	}
	s.write(serviceConfig)
	s.signal(syscall.SIGHUP)
	s.hears("RELOADING=1", "the good one")
	if got := s.hears("READY=1", "all is well again"); strings.Contains(got, "refused") {
		t.Errorf("systemctl status still shows %q", got)
	}

	s.signal(syscall.SIGTERM)
	s.hears("STOPPING=1", "it ends")
}

// A process that does not get on is not kept alive: stopped, it says nothing.
func TestWatchdogStarves(t *testing.T) {
	at, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, "AGG="+at, "WATCHDOG_USEC=60000") // a third of it is less than an idle section's round
	s.start()
	s.hears("READY=1", "it serves")
	s.hears("WATCHDOG=1", "the first look compares with nothing")
	s.heard.SetReadDeadline(time.Now().Add(time.Second / 2))
	b, n := make([]byte, 4096), 0
	for start := time.Now(); time.Since(start) < time.Second/2; n++ {
		if _, err := s.heard.Read(b); err != nil {
			break
		}
	}
	if n >= 20 {
		t.Errorf("%d signs of life in half a second: that is a timer, and no proof", n)
	}
}

// F-04: with sockets of systemd nobody is ever refused, whatever becomes of the process.
func TestSocketActivation(t *testing.T) {
	at, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	peers, err := net.Listen("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	defer peers.Close()
	s := newService(t, "AGG="+at)
	cli, err := net.Listen("unix", filepath.Join(s.dir, "cli"))
	if err != nil {
		t.Fatal(err)
	}
	defer cli.Close()
	s.write(strings.Replace(serviceConfig, "stats socket unix@cli", "stats socket "+filepath.Join(s.dir, "cli"), 1))
	s.sockets = []net.Listener{peers, cli}

	ask := func() string { // whoever calls waits until somebody answers
		t.Helper()
		c, err := net.Dial("unix", cli.Addr().String())
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		fmt.Fprintln(c, "show version")
		b := make([]byte, 256)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	for range 3 {
		go func() { // it comes before anybody is there to answer
			if c, err := net.Dial("tcp4", at); err == nil {
				defer c.Close()
			} else {
				t.Errorf("refused: %v", err)
			}
		}()
		s.start()
		if got := ask(); !strings.Contains(got, versionNumber) {
			t.Errorf("the CLI says %q", got)
		}
		s.hears("READY=1", "the start")
		s.signal(syscall.SIGHUP) // the sockets are there again after a reload
		s.hears("RELOADING=1", "the reload")
		s.hears("READY=1", "its end")
		if got := ask(); !strings.Contains(got, versionNumber) {
			t.Errorf("the CLI says %q", got)
		}
		s.signal(syscall.SIGTERM)
		s.hears("STOPPING=1", "the end")
		if err := s.cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		if c, err := net.Dial("tcp4", at); err != nil {
			t.Errorf("refused between two processes: %v", err)
		} else {
			c.Close()
		}
	}
}
