// Package statsock is the other end of the stats socket: it asks a running tallystick, of this machine or
// over ssh of another, and reads its answers. The subcommands that look at a running program go through it.
//
// It is an edge room. It knows HAProxy's framing, a line of commands and an answer that an empty
// line ends, and nothing of what is asked.
package statsock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// maxAnswer bounds what one answer may be, in bytes: nobody who looks at a screen needs more.
const maxAnswer = 64 << 20

// ErrTooLong is the answer that is longer than any that is waited for.
var ErrTooLong = errors.New("the answer is longer than 64 MiB")

// Conn is a session with a stats socket that stays open from command to command. One goroutine at a time, but for Close.
type Conn struct {
	rw   io.ReadWriteCloser
	in   *bufio.Reader
	wait time.Duration
	dead interface{ SetDeadline(time.Time) error } // nil: it has no deadlines
}

// Dial opens a session. wait bounds the connecting, and each answer; over ssh, where somebody may be
// asked for a password, it bounds nothing.
func Dial(ctx context.Context, a Address, wait time.Duration) (*Conn, error) {
	rw, err := Open(ctx, a, wait)
	if err != nil {
		return nil, err
	}
	c := &Conn{rw: rw, in: bufio.NewReaderSize(rw, 64<<10), wait: wait}
	c.dead, _ = rw.(interface{ SetDeadline(time.Time) error })
	if _, err := c.Ask("prompt i"); err != nil {
		return nil, errors.Join(err, rw.Close())
	}
	return c, nil
}

// Open connects without a word: what is written is what the socket reads, and the other way round.
func Open(ctx context.Context, a Address, wait time.Duration) (io.ReadWriteCloser, error) {
	if a.Host != "" {
		return run(ctx, a.command())
	}
	d := net.Dialer{Timeout: wait}
	c, err := d.DialContext(ctx, a.Network, a.Addr)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%w: who may is said by 'user', 'group' and 'mode' of its 'stats socket' line", err)
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: does tallystick run, and has its configuration this 'stats socket' line?", err)
	}
	return c, err
}

// Ask says one command and returns its answer without the empty line that ends it.
func (c *Conn) Ask(command string) (string, error) {
	if c.dead != nil {
		if err := c.dead.SetDeadline(time.Now().Add(c.wait)); err != nil {
			return "", err
		}
	}
	if _, err := io.WriteString(c.rw, command+"\n"); err != nil {
		return "", fmt.Errorf("ask '%s': %w", command, err)
	}
	var answer []byte
	for {
		line, err := c.in.ReadSlice('\n')
		begins := len(answer) == 0 || answer[len(answer)-1] == '\n'
		answer = append(answer, line...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(answer) <= maxAnswer:
			continue
		case err == nil && len(answer) > maxAnswer, errors.Is(err, bufio.ErrBufferFull):
			return "", ErrTooLong
		case errors.Is(err, io.EOF):
			return "", fmt.Errorf("ask '%s': the other side has closed: %w", command, io.ErrUnexpectedEOF)
		case err != nil:
			return "", fmt.Errorf("ask '%s': %w", command, err)
		case begins && len(line) == 1:
			return string(answer[:len(answer)-1]), nil
		}
	}
}

// Close ends the session; whoever waits in Ask is woken with an error. More than once is no harm.
func (c *Conn) Close() error { return c.rw.Close() }

// process is a program whose input and output are a connection.
type process struct {
	io.Reader
	io.WriteCloser
	cmd *exec.Cmd
	end sync.Once
	err error
}

// run starts a program. It keeps our stderr, and so our terminal, where ssh asks what it has to ask.
func run(ctx context.Context, argv []string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...)}
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.Reader, p.WriteCloser = out, in
	return p, p.cmd.Start()
}

// CloseWrite ends what the program reads, and leaves what it has to say.
func (p *process) CloseWrite() error { return p.WriteCloser.Close() }

// Close ends the program, which has a second to go by itself.
func (p *process) Close() error {
	p.end.Do(func() {
		_ = p.WriteCloser.Close()
		kill := time.AfterFunc(time.Second, func() { _ = p.cmd.Process.Kill() })
		defer kill.Stop()
		p.err = p.cmd.Wait()
	})
	return p.err
}
