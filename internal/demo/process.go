package demo

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is a program that the demo has started. It ends with the demo, even if that is
// killed.
type process struct {
	cmd  *exec.Cmd
	died chan error // gets one value when it ends

	mu  sync.Mutex
	log bytes.Buffer
}

// Write keeps what the process says, for the moment in which it fails.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.log.Len() < 64<<10 {
		p.log.Write(b)
	}
	return len(b), nil
}

// tail is the last of what the process said.
func (p *process) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.log.Bytes()
	return string(b[max(0, len(b)-2000):])
}

// start runs a program in dir with additions to the environment.
func start(dir string, env []string, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), died: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.died <- p.cmd.Wait() }()
	return p, nil
}

// stop asks the process to end, and insists after three seconds.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.died:
		p.died <- err
	case <-time.After(3 * time.Second):
		p.cmd.Process.Kill()
		p.died <- <-p.died
	}
}

// ready waits until check succeeds or the process has ended.
func (p *process) ready(ctx context.Context, check func() error) error {
	err := errNotYet
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		if err = check(); err == nil {
			return nil
		}
		select {
		case end := <-p.died:
			p.died <- end
			return fmt.Errorf("it ended at once (%v):\n%s", end, p.tail())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%w:\n%s", err, p.tail())
}

// listens reports whether somebody accepts connections at addr.
func listens(network, addr string) error {
	c, err := net.DialTimeout(network, addr, time.Second)
	if err == nil {
		c.Close()
	}
	return err
}

// startAggregator starts tallystick with the demo's configuration.
func startAggregator(ctx context.Context, o Options, dir string) (*process, error) {
	cfg, err := filepath.Abs(filepath.Join(o.Config, "tallystick.cfg"))
	if err != nil {
		return nil, err
	}
	p, err := start(dir, nil, o.Program, "-f", cfg)
	if err != nil {
		return nil, err
	}
	if err := p.ready(ctx, func() error { return listens("unix", filepath.Join(dir, "tallystick.sock")) }); err != nil {
		p.stop()
		return nil, fmt.Errorf("start tallystick: %w", err)
	}
	return p, nil
}
