package secure

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a log that a test reads: a line an event, without its time.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// take returns what was logged since the last take.
func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.text.Reset()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// newStore returns a store with the files of lines, and its log.
func newStore(t *testing.T, lines ...Line) (*Store, *journal) {
	t.Helper()
	j := &journal{}
	s := New(j.logger())
	if err := s.Load(lines); err != nil {
		t.Fatal(err)
	}
	return s, j
}

// run runs the store until the test ends, or stop is called.
func run(t *testing.T, s *Store) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// end is how a handshake went for one of the two.
type end struct {
	state tls.ConnectionState
	err   error
}

// shake lets two configurations meet over loopback. The server says a byte behind the
// handshake, since a client of TLS 1.3 learns only then that it was refused.
func shake(t *testing.T, server, client *tls.Config) (s, c end) {
	t.Helper()
	serverEnd := make(chan end, 1)
	addr := serve(t, func(nc net.Conn) {
		tc := tls.Server(nc, server)
		err := tc.Handshake()
		if err == nil {
			_, err = tc.Write([]byte{'!'})
		}
		serverEnd <- end{tc.ConnectionState(), err}
	})
	tc := tls.Client(dial(t, addr), client)
	defer tc.Close()
	_, c.err = io.ReadFull(tc, make([]byte, 1))
	c.state = tc.ConnectionState()
	return <-serverEnd, c
}

// serve calls handle with each connection that comes, until the test ends.
func serve(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			nc.SetDeadline(time.Now().Add(20 * time.Second))
			all.Go(func() { defer nc.Close(); handle(nc) })
		}
	})
	t.Cleanup(func() { ln.Close(); all.Wait() })
	return ln.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { nc.Close() })
	return nc
}

// pairOf is a certificate for the peer's side, read by the standard library alone.
func pairOf(t *testing.T, path string) []tls.Certificate {
	t.Helper()
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{pair}
}

// shown returns the certificate with which the store answers now.
func shown(t *testing.T, s *Store, l Line) *x509.Certificate {
	t.Helper()
	_, c := shake(t, s.Server(l), &tls.Config{InsecureSkipVerify: true})
	if c.err != nil {
		t.Fatal(c.err)
	}
	return c.state.PeerCertificates[0]
}

// eventually polls until f holds: files are watched by the kernel, in real time.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// expect holds a text against what it must have in it; "" expects nothing at all.
func expect(t *testing.T, got, want, why string) {
	t.Helper()
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("%s\n got %q\nwant %q", why, got, want)
	}
}
