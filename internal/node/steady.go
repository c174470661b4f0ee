package node

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// stallTime is how long a peer may take nothing of what is being written to it. One that
// reads a byte now and then is slow, and is not asked what it wants to hear; one that reads
// nothing holds what it was told last, and calls again.
const (
	stallTime  = 5 * time.Second
	stallSlack = time.Second // it may be as much more: the clock is not set for each write
)

// ErrStalled is why a connection ends whose peer reads nothing.
var ErrStalled = errors.New("it has taken nothing of what was written to it for 5s")

// steady is a connection on which a write goes on for as long as the peer takes anything of
// it. It lies below TLS, which cannot go on after a write that came to nothing. One goroutine
// at a time may write; deadlines may be set by any.
type steady struct {
	net.Conn
	mu    sync.Mutex
	until time.Time // what SetWriteDeadline said; zero: nothing
	stall time.Time // deadline of the connection below
}

// Write writes all of b, or fails with ErrStalled once the peer has taken nothing for 5 s.
func (c *steady) Write(b []byte) (n int, err error) {
	for {
		c.extend()
		k, err := c.Conn.Write(b[n:])
		if n += k; err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if k == 0 || c.isLate() {
			return n, ErrStalled
		}
	}
}

// extend gives the peer its time once more, if some of it is gone.
func (c *steady) extend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.until.IsZero() && c.stall.Sub(now) < stallTime {
		c.stall = now.Add(stallTime + stallSlack)
		c.Conn.SetWriteDeadline(c.stall)
	}
}

// isLate reports whether the deadline that was set for the connection is over.
func (c *steady) isLate() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.until.IsZero() && !time.Now().Before(c.until)
}

// SetDeadline sets both deadlines.
func (c *steady) SetDeadline(t time.Time) error {
	if err := c.Conn.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetWriteDeadline ends writes at a time, whether the peer takes anything or not; zero: it
// may take as long as it takes something.
func (c *steady) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until, c.stall = t, time.Time{}
	return c.Conn.SetWriteDeadline(t)
}
