package haproxytest

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// Process is a program that a test has started, HAProxy or another one. It is killed when the test
// ends, and by the kernel if the test binary dies before. What it says goes into the test's log if the
// test fails. Safe for concurrent use.
type Process struct {
	Name string // in messages

	t    testing.TB
	cmd  *exec.Cmd
	log  log
	done chan struct{} // closed when it has ended
}

// StartProcess starts the program argv[0] in a directory, which it also finds as DIR in its environment.
func StartProcess(t testing.TB, name, dir string, argv ...string) *Process {
	t.Helper()
	p := &Process{Name: name, t: t, cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), "DIR="+dir)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	// Its own group, so that Ctrl-C in a terminal reaches the test alone, which then ends what it
	// started. Pdeathsig is for tests that cannot do that any more: they panicked or were killed. It comes
	// when the *thread* that started the process ends; Go's threads live as long as Go does, but for those
	// that a goroutine has locked itself to, and nobody does that here.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait() // how it ended is in ProcessState
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s, pid %d, %v, said:\n%s", name, p.Pid(), p.State(), p.log.String())
		}
	})
	return p
}

// Pid is its process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// State says how the process ended; nil while it runs.
func (p *Process) State() *os.ProcessState {
	select {
	case <-p.done:
		return p.cmd.ProcessState
	default:
		return nil
	}
}

// Log returns the last of what the process has said, 64 KiB at most.
func (p *Process) Log() string { return p.log.String() }

// Signal sends a signal to the process, if it still runs.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && p.State() == nil {
		p.t.Errorf("signal %s: %v", p.Name, err)
	}
}

// Kill ends the process with what it has started, if it still runs, and returns when it has ended.
func (p *Process) Kill() {
	if p.State() == nil {
		syscall.Kill(-p.Pid(), syscall.SIGKILL) // no error matters: it may end at any moment
	}
	<-p.done
}

// log keeps the last of what is written to it.
type log struct {
	mu   sync.Mutex
	tail []byte
}

const logSize = 64 << 10

// Write implements io.Writer.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, b...)
	if extra := len(l.tail) - logSize; extra > 0 {
		l.tail = append(l.tail[:0], l.tail[extra:]...)
	}
	return len(b), nil
}

// String is all that was written.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.tail)
}
