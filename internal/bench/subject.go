package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"tallystick/internal/bench/measure"
)

// subject is a process that we have started to measure it. It ends with us, even if we are
// killed.
type subject struct {
	name   string // in figures
	addr   string // where it is called as a peer
	called string // its name as a peer
	socket string // of its runtime CLI
	web    string // of a HAProxy: its frontend
	cmd    *exec.Cmd
	died   chan struct{}

	mu  sync.Mutex
	log bytes.Buffer // what it says, up to logLimit
}

// us is what a subject is called as a peer.
const us = "subject"

// logLimit holds what a failure needs, and the collections of a long run.
const logLimit = 1 << 20

// Write keeps what the process says.
func (s *subject) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log.Len() < logLimit {
		s.log.Write(b)
	}
	return len(b), nil
}

// said is what the process has said so far.
func (s *subject) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// start starts a program in dir and waits until it takes calls.
func (s *subject) start(ctx context.Context, dir string, env []string, argv ...string) error {
	s.cmd, s.died = exec.Command(argv[0], argv[1:]...), make(chan struct{})
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = dir, append(os.Environ(), env...), s, s
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(s.died)
		s.cmd.Wait() // how it ended is said by what it wrote
	}()
	for until := time.Now().Add(10 * time.Second); ; {
		c, err := net.DialTimeout("unix", s.socket, time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-s.died:
			return fmt.Errorf("%s ended at once:\n%s", s.name, withoutCollections(s.said()))
		case <-ctx.Done():
			s.stop()
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(until) {
			s.stop()
			return fmt.Errorf("%s does not serve: %w", s.name, err)
		}
	}
}

// stop ends the process and waits until it is gone. What it holds is worth nothing, so it is
// not asked.
func (s *subject) stop() {
	s.cmd.Process.Kill()
	<-s.died
}

func (s *subject) pid() int { return s.cmd.Process.Pid }

// cost measures the processor time that the process uses while f runs.
func (s *subject) cost(f func() error) (time.Duration, error) {
	before, err := measure.CPU(s.pid())
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	after, err := measure.CPU(s.pid())
	return after - before, err
}

// resident is what the process holds now, in bytes.
func (s *subject) resident() (int64, error) {
	m, err := measure.MemoryOf(s.pid())
	return m.Resident, err
}

// ask sends one command to the CLI and counts the bytes of the answer.
func (s *subject) ask(command string) (int64, error) {
	c, err := net.Dial("unix", s.socket)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, command+"\n"); err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, c)
	if err == nil && n == 0 {
		err = errors.New("no answer")
	}
	return n, err
}

// address is a loopback address with a host of its own, so that nobody else takes its port
// between this call and its use.
func address() (string, error) {
	var err error
	for range 10 {
		host := fmt.Sprintf("127.%d.%d.%d", 16+rand.IntN(224), rand.IntN(256), 1+rand.IntN(254))
		var l net.Listener
		if l, err = net.Listen("tcp", host+":0"); err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", fmt.Errorf("no free address on loopback: %w", err)
}

// startTallystick starts our own program in a new folder of dir, as the aggregator of the
// peers of that name. lines are further ones of its section; a peer of them has an address.
func startTallystick(ctx context.Context, program, dir string, peers []string, lines ...string) (*subject, error) {
	addr, err := address()
	if err != nil {
		return nil, err
	}
	if dir, err = os.MkdirTemp(dir, "tallystick-"); err != nil {
		return nil, err
	}
	s := &subject{name: "tallystick", addr: addr, called: us, socket: filepath.Join(dir, "cli")}
	var b strings.Builder
	fmt.Fprintf(&b, "global\n    stats socket %s level admin\naggregations bench\n    peer %s %s local\n", s.socket, us, addr)
	for _, p := range peers {
		fmt.Fprintf(&b, "    peer %s\n", p)
	}
	fmt.Fprintf(&b, "    from any to %s\n    max-entries 50000000\n", suffix)
	for _, l := range lines {
		fmt.Fprintf(&b, "    %s\n", l)
	}
	file := filepath.Join(dir, "tallystick.cfg")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	// What the collector of a Go program does is said line by line: its live heap, its stops.
	return s, s.start(ctx, dir, []string{"GODEBUG=gctrace=1"}, program, "-f", file)
}

// suffix makes the name of the sums of a table.
const suffix = ".agg"

// startHAProxy starts a HAProxy that counts in our table and knows the peers, NAME ADDRESS each.
func startHAProxy(ctx context.Context, program, dir, table string, peers ...string) (*subject, error) {
	return startNamedHAProxy(ctx, program, dir, us, table, peers...)
}

// startNamedHAProxy is startHAProxy with a name as a peer, for one that calls a subject.
func startNamedHAProxy(ctx context.Context, program, dir, name, table string, peers ...string) (*subject, error) {
	addr, err := address()
	if err != nil {
		return nil, err
	}
	web, err := address()
	if err != nil {
		return nil, err
	}
	if dir, err = os.MkdirTemp(dir, "haproxy-"); err != nil {
		return nil, err
	}
	s := &subject{name: haproxyName(program), addr: addr, called: name, web: web, socket: filepath.Join(dir, "cli")}
	config := fmt.Sprintf(`global
    localpeer %s
    stats socket %s mode 600 level admin
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 1s
peers cluster
    peer %s %s
    peer %s
    table t %s
frontend web
    bind %s
    http-request track-sc0 req.hdr_ip(x-key) table cluster/t
    http-request return status 200
`, name, s.socket, name, addr, strings.Join(peers, "\n    peer "), table, web)
	file := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	return s, s.start(ctx, dir, nil, program, "-db", "-f", file)
}

// haproxyName asks a HAProxy for its version.
func haproxyName(program string) string {
	out, err := exec.Command(program, "-v").Output()
	if err != nil {
		return "haproxy"
	}
	words := strings.Fields(string(out)) // "HAProxy version 2.6.12-1 ...", "HA-Proxy version ..." before 2.4
	if len(words) < 3 {
		return "haproxy"
	}
	number, _, _ := strings.Cut(words[2], "-")
	return "HAProxy " + number
}
