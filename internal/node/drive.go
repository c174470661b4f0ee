package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"tallystick/internal/wire"
)

// Sizes of the two buffers of a connection. The reader's starts small and grows while it
// keeps being filled: thousands of idle peers cost little, a busy one few hand-overs. Both are
// given back once they have not been needed for a while.
const (
	readBuffer    = 4 << 10
	maxReadBuffer = 128 << 10 // above the largest message
	writeBuffer   = 4 << 10   // grows to what a session says at once, about 64 KiB
	calmAfter     = 5 * time.Second
)

// pipes is what goes round between the drive loop and its reader and writer: one buffer
// each way. Every channel has room for one, so nobody ever blocks in a send.
type pipes struct {
	in       chan []byte   // read, for the session; closed when nothing more comes
	took     chan int      // how many of those bytes the session has used
	out      chan []byte   // to be written; closed to end the writer
	back     chan []byte   // the writer's buffer, for the next; closed when it cannot write
	spare    []byte        // the writer's buffer while the drive loop has it, else nil
	ready    chan struct{} // never lets anybody wait
	whole    []byte        // the same while the writer has it or a part of it
	readErr  error         // valid once in is closed
	writeErr error         // valid once back is closed
}

func newPipes() *pipes {
	p := &pipes{in: make(chan []byte, 1), took: make(chan int, 1), out: make(chan []byte, 1), back: make(chan []byte, 1),
		ready: make(chan struct{}), whole: make([]byte, 0, writeBuffer)}
	p.back <- p.whole
	close(p.ready)
	return p
}

// drive is the loop that owns the session: no other goroutine touches it. Bytes come from
// the reader, go to the writer only when the writer is idle (a slow peer is simply not
// asked what it wants to hear), and time passes.
func (c *conn) drive(v *visit, rest []byte) (err error) {
	p := newPipes()
	join := c.start(p, rest)
	defer func() {
		c.finish(v, p)
		join()
		if cause := context.Cause(c.ctx); cause != nil && v.session.Err() == nil {
			err = cause // else the session was over before it was ended
		}
	}()
	timer := newAlarmClock()
	defer timer.Stop()
	for {
		now := time.Now()
		v.wishes(now)
		if v.session.Err() != nil {
			return v.session.Err()
		}
		said := c.speak(v, p, now)
		if said == 0 && p.spare != nil && v.section.closing.Load() {
			return ErrStopping
		}
		var again <-chan struct{} // ready if there may be more to say at once; what has come meanwhile has its turn, too
		if p.spare != nil && said > 0 {
			again = p.ready
		} else if p.spare != nil {
			v.sleep()
		}
		timer.set(now, v.deadline(now))
		select {
		case _, ok := <-p.back:
			if !ok {
				return fmt.Errorf("write: %w", plain(p.writeErr))
			}
			p.spare = v.calm(time.Now(), p.whole)
		case b, ok := <-p.in:
			if !ok {
				return plain(p.readErr)
			}
			n, err := v.receive(time.Now(), b)
			if err != nil {
				return err
			}
			p.took <- n
		case <-again:
		case f := <-c.visitors:
			f(v)
		case <-c.wake:
			v.stir()
		case <-timer.C:
			timer.rang()
			v.advance(time.Now())
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
}

// start starts the reader, which begins with rest, and the writer. join waits until both have ended.
func (c *conn) start(p *pipes, rest []byte) (join func()) {
	stop := context.AfterFunc(c.ctx, func() { c.nc.Close() })
	var helpers sync.WaitGroup
	helpers.Go(func() { p.read(c.nc, rest) })
	helpers.Go(func() { p.write(c.nc) })
	return func() {
		stop()
		helpers.Wait()
	}
}

// speak asks the session what there is to say, if the writer is idle and the peer has had its rest, and
// returns how many bytes were said. What the kernel takes at once, nearly always all of it, is
// written here: to hand it to the writer costs as much. Only what is left goes there.
func (c *conn) speak(v *visit, p *pipes, now time.Time) (said int) {
	if p.spare == nil || !v.maySpeak(now) {
		return 0
	}
	b := v.session.Append(now, p.spare[:0])
	v.spoke(now, len(b))
	if len(b) == 0 {
		return 0
	}
	if n := writeNow(c.nc, b); n < len(b) {
		p.spare, p.whole = nil, b
		p.out <- b[n:]
	} else {
		p.spare = v.calm(now, b)
	}
	v.timePushes()
	return len(b)
}

// finish lets the writer end: with the session's last words, if it has any. They, and what is
// being written before them, may take a second.
func (c *conn) finish(v *visit, p *pipes) {
	spare := p.spare // nil while something is being written
	c.nc.SetWriteDeadline(time.Now().Add(time.Second))
	if spare == nil {
		spare = <-p.back // still nil if nothing can be written
	}
	if spare != nil && c.ctx.Err() == nil {
		if b := v.session.Append(time.Now(), spare[:0]); len(b) > 0 {
			p.out <- b
		}
	}
	close(p.out)
	for range p.back { // until the writer has ended
	}
	c.nc.Close()
	close(p.took)
}

// read hands what comes to the drive loop, first what had come with the hello.
func (p *pipes) read(nc net.Conn, rest []byte) {
	defer close(p.in)
	buf := append(make([]byte, 0, readBuffer), rest...)
	full := false
	var filled time.Time // when a large buffer was last of use
	for n := len(rest); ; {
		if n > 0 {
			p.in <- buf
			used, ok := <-p.took
			if !ok {
				p.readErr = net.ErrClosed
				return
			}
			buf = buf[:copy(buf, buf[used:])]
		}
		if p.readErr != nil {
			return
		}
		if (full || len(buf) == cap(buf)) && cap(buf) < maxReadBuffer {
			buf, filled = append(make([]byte, 0, 2*cap(buf)), buf...), time.Now()
		}
		n, p.readErr = nc.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		full = len(buf) == cap(buf)
		if cap(buf) > readBuffer { // at a heartbeat at the latest it is seen that it is too large
			if now := time.Now(); len(buf) > readBuffer/2 {
				filled = now
			} else if now.Sub(filled) >= calmAfter {
				buf = append(make([]byte, 0, readBuffer), buf...)
			}
		}
	}
}

// write writes what the drive loop gives it and gives the buffer back.
func (p *pipes) write(nc net.Conn) {
	defer close(p.back)
	for b := range p.out {
		if _, p.writeErr = nc.Write(b); p.writeErr != nil {
			return
		}
		p.back <- b
	}
}

// plain says in an operator's words what became of a connection.
func plain(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the peer closed the connection")
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

const _ = uint(maxReadBuffer - wire.MaxMessage - 16) // the reader's buffer must hold one
