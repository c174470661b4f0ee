package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind: a client that has gone is gone.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is a Server on a unix socket of its own.
type served struct {
	*Server
	path string
	fake *fake
	log  *bytes.Buffer // what operators did; to be read once the server has ended
	end  func()
}

// start serves a fake at a level until the test ends.
func start(t *testing.T, level Level, change ...func(*Config)) *served {
	t.Helper()
	s := &served{fake: newFake(), log: &bytes.Buffer{}, path: filepath.Join(t.TempDir(), "s")}
	config := Config{Backend: s.fake, Now: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(s.log, nil))}
	for _, f := range change {
		f(&config)
	}
	s.Server = New(config)
	l, err := net.Listen("unix", s.path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, level) }()
	s.end = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("a server that is told to end has no complaint: %v", err)
		}
		ended <- nil // for a second call
	}
	t.Cleanup(s.end)
	return s
}

func (s *served) dial(t *testing.T) *net.UnixConn {
	t.Helper()
	c, err := net.Dial("unix", s.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.UnixConn)
}

// ask sends input as it is and returns all that comes until the server closes.
func (s *served) ask(t *testing.T, input string) string {
	t.Helper()
	c := s.dial(t)
	if _, err := io.WriteString(c, input); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("%q: %v after %q", input, err, out)
	}
	return string(out)
}

// expect reads until what came ends with want.
func expect(t *testing.T, c net.Conn, want, why string) {
	t.Helper()
	buf := make([]byte, len(want))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		t.Fatalf("%s: got %q (%v), want %q", why, buf[:n], err, want)
	}
}
