package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"tallystick/internal/statsock"
	"tallystick/internal/top"
)

// runTop shows a running tallystick on the terminal.
func runTop(args []string, stdout, stderr io.Writer) int {
	f := newFlags("top", "top [-s SOCKET] [-f FILE] [-n N] [-d TIME]\n"+
		"Shows sessions, tables, the largest keys and what is wrong. ? lists the keys, q leaves.", stderr)
	where := socketFlags(f)
	times := f.Int("n", 0, "end after `N` pictures; without a terminal the default is 1")
	every := f.Duration("d", time.Second, "`TIME` from picture to picture")
	if code, ok := parseFlags(f, args, stdout); !ok {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := top.Options{In: os.Stdin, Out: stdout, Every: *every, Times: *times, Colour: isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == ""}
	if !isTerminal(os.Stdout) || !isTerminal(os.Stdin) {
		if o.In = nil; o.Times == 0 {
			o.Times = 1
		}
	}
	if err := watch(ctx, where, o); err != nil && ctx.Err() == nil {
		fmt.Fprintf(stderr, "tallystick top: %v\n", err)
		return exitFailure
	}
	return exitGood
}

// watch shows what the socket tells until ctx ends.
func watch(ctx context.Context, where *socket, o top.Options) error {
	a, err := where.address()
	if err != nil {
		return err
	}
	from := &apiOverSocket{ctx: ctx, addr: a}
	if _, err := from.connect(); err != nil { // before the terminal is taken: the mistake is to stay on it
		return err
	}
	defer from.close()
	stop := context.AfterFunc(ctx, from.close)
	defer stop()
	return top.Run(ctx, from, o)
}

// apiOverSocket asks for the HTTP API on a stats socket, and connects again when the program has been restarted.
type apiOverSocket struct {
	ctx  context.Context
	addr statsock.Address

	mu   sync.Mutex     // over conn: it is closed from elsewhere when the user leaves
	conn *statsock.Conn // nil: there is none
}

// connect returns the session, a new one if there is none.
func (s *apiOverSocket) connect() (*statsock.Conn, error) {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	conn, err := statsock.Dial(s.ctx, s.addr, patient)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	return conn, nil
}

// close ends the session, if there is one; who waits for an answer is woken.
func (s *apiOverSocket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

// Get implements top.Source.
func (s *apiOverSocket) Get(path string) ([]byte, error) {
	conn, err := s.connect()
	if err != nil {
		return nil, err
	}
	text, err := conn.Ask("show api " + path)
	if err != nil {
		s.close()
	}
	return []byte(text), err
}
