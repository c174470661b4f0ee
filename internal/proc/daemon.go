package proc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// daemonEnv tells a process that it is the child of Daemonize. The protocol:
//
//   - the child's standard input is the writing end of a pipe. Standard input and not
//     a descriptor of its own, because that would take the number of one that the
//     operator hands over with fd@N; all others are inherited with their numbers;
//   - stdout and stderr are the parent's, so what the child has to complain about
//     stands on the terminal without being relayed;
//   - one byte on the pipe says "I serve". The pipe closed without it says that the
//     child has ended, and its exit status is the verdict.
const daemonEnv = "TALLYSTICK_DAEMON"

// Daemonize starts this program again with argv (its name first) in a session of its
// own, waits until that child serves or has ended, and returns the status that this
// process must exit with: 0 if it serves, else the child's own. err says what the
// child could not say itself: that it did not start, or was killed.
//
// There is no limit of time: the child answers or ends. The working directory stays,
// so that relative paths mean the same when the configuration is read again.
// If this process is killed while it waits, the child ends too, at its Ready.
func Daemonize(argv []string) (code int, err error) {
	verdict, child, err := spawn(argv)
	if err != nil {
		return 1, fmt.Errorf("start in the background: %w", err)
	}
	defer verdict.Close()

	if n, _ := verdict.Read(make([]byte, 1)); n == 1 {
		return 0, child.Release()
	}
	state, err := child.Wait()
	if err != nil {
		return 1, fmt.Errorf("wait for the background process: %w", err)
	}
	if code := state.ExitCode(); code > 0 {
		return code, nil
	}
	return 1, fmt.Errorf("background process %d ended before it served: %v", child.Pid, state)
}

// spawn starts the child; verdict is the reading end of the pipe.
func spawn(argv []string) (verdict *os.File, child *os.Process, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	verdict, pipe, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer pipe.Close() // ours; else the child's end would not be seen
	child, err = os.StartProcess(self, argv, &os.ProcAttr{
		Env:   append(os.Environ(), daemonEnv+"=1"),
		Files: []*os.File{pipe, os.Stdout, os.Stderr},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		verdict.Close()
	}
	return verdict, child, err
}

// Verdict is what a child of Daemonize owes to the process that waits for it. The nil
// Verdict is that of a process that was not started so: it owes nothing.
type Verdict struct{ pipe io.Writer }

// Owed returns the verdict that this process owes, nil if none. It answers once: the
// environment is cleaned, so that no process of ours mistakes itself for the child.
func Owed() *Verdict {
	if os.Getenv(daemonEnv) == "" {
		return nil
	}
	os.Unsetenv(daemonEnv)
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return nil // the variable is a stray: nobody listens
	}
	return &Verdict{pipe: os.Stdin}
}

// Ready lets the parent exit with 0 and cuts the terminal off: stdin, stdout and
// stderr are /dev/null from then on. To be called once, when everything is bound,
// dropped and running. A child that fails instead prints why and exits with its status.
// An error means that nobody waits any more: the operator has given up, so should we.
func (v *Verdict) Ready() error {
	if v == nil {
		return nil
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	if _, err := v.pipe.Write([]byte{0}); err != nil {
		return fmt.Errorf("tell the waiting process that we serve: %w", err)
	}
	var errs []error
	for fd := range 3 {
		errs = append(errs, unix.Dup3(int(null.Fd()), fd, 0))
	}
	return errors.Join(errs...)
}
