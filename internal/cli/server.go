package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/view"
)

// defaultTimeout is how long a client may be silent, or not read, unless Config or "set
// timeout cli" says otherwise: HAProxy's "stats timeout".
const defaultTimeout = 10 * time.Second

// maxClients is how many clients a listener serves at once. HAProxy has 10; a few more
// leave the operator a place beside dashboards that do not hang up. It is counted for each
// listener, so that strangers on a TCP address do not shut the unix socket.
const maxClients = 64

// Config is what a Server is made of.
type Config struct {
	Backend view.Backend
	Timeout time.Duration    // for a line to come, and for a piece of an answer to be read; 0: 10 s
	Now     func() time.Time // nil: time.Now; for ages that are printed, not for deadlines
	Log     *slog.Logger     // what operators do; nil: nowhere
	// API is what the HTTP API answers at a path below its root: one value of JSON, without an
	// empty line in it. It is called from many goroutines at once. nil: there is none.
	API func(path string) []byte
}

// Server is the runtime CLI. One serves all listeners. Safe for concurrent use.
type Server struct {
	config Config
	stats  stats
}

// stats counts since the start; show info has them.
type stats struct {
	clients   atomic.Int64 // now
	connected atomic.Uint64
	refused   atomic.Uint64 // over maxClients
	timeouts  atomic.Uint64 // silent for too long, or did not read
	tooLong   atomic.Uint64 // lines over maxLine
	commands  atomic.Uint64
	denied    atomic.Uint64 // commands above the level of the client
}

// New makes a Server. It serves nobody until Serve is called.
func New(c Config) *Server {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{config: c}
}

// Serve answers the clients of a listener, whose level is level, until ctx ends or the
// listener fails. It closes the listener and all connections, and returns when the last
// goroutine has ended: nil if ctx was the reason.
func (s *Server) Serve(ctx context.Context, l net.Listener, level Level) error {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel() // whoever is still connected when accepting fails
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()

	free := make(chan struct{}, maxClients)
	var pause time.Duration
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			if pause = backOff(pause, err); pause == 0 || !sleep(ctx, pause) {
				return fmt.Errorf("stats socket %s: %w", l.Addr(), err)
			}
			continue
		}
		pause = 0
		select {
		case free <- struct{}{}:
			clients.Go(func() {
				s.serve(ctx, conn, level)
				<-free
			})
		default:
			s.turnAway(conn)
		}
	}
}

// backOff is how long to wait after a failed accept: out of descriptors is a state that
// ends, and a loop that tries at once would eat the processor until then. 0: it is final.
func backOff(last time.Duration, err error) time.Duration {
	if errors.Is(err, net.ErrClosed) {
		return 0
	}
	return min(max(2*last, 5*time.Millisecond), time.Second)
}

// sleep waits, and reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// turnAway tells a client that there is no place for it. The text fits in any socket
// buffer, so it does not wait; a deadline stands all the same.
func (s *Server) turnAway(conn net.Conn) {
	s.stats.refused.Add(1)
	_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = fmt.Fprintf(conn, "Too many clients: %d are connected\n\n", maxClients)
	conn.Close()
}

// serve answers one client until it leaves.
func (s *Server) serve(ctx context.Context, conn net.Conn, level Level) {
	s.stats.connected.Add(1)
	s.stats.clients.Add(1)
	defer s.stats.clients.Add(-1)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()

	c := newClient(s, conn, level, ctx.Done())
	c.serve()
}

// Counters is what there is to say of the CLI itself, in the words of show info.
func (s *Server) Counters() []view.Counter {
	return []view.Counter{
		{Name: "CliConns", Value: s.stats.clients.Load()},
		{Name: "CliMaxConns", Value: maxClients},
		{Name: "CliCumConns", Value: int64(s.stats.connected.Load())},
		{Name: "CliRefusedConns", Value: int64(s.stats.refused.Load())},
		{Name: "CliTimeouts", Value: int64(s.stats.timeouts.Load())},
		{Name: "CliLinesTooLong", Value: int64(s.stats.tooLong.Load())},
		{Name: "CliCommands", Value: int64(s.stats.commands.Load())},
		{Name: "CliDenied", Value: int64(s.stats.denied.Load())},
	}
}
