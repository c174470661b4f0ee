package proc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// kill sends signals to ourselves and waits until those of the last kind have arrived.
func kill(t *testing.T, s *Signals, last Request, signals ...syscall.Signal) {
	t.Helper()
	for _, sig := range signals {
		if err := unix.Kill(os.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the signal arrives", func() error {
		if len(s.pending[last]) == 0 {
			return errors.New("not yet")
		}
		return nil
	})
}

func TestSignals(t *testing.T) {
	tests := []struct {
		signal syscall.Signal
		want   Request
	}{
		{unix.SIGTERM, Stop}, {unix.SIGINT, Stop}, {unix.SIGUSR1, Drain}, {unix.SIGHUP, Reload}, {unix.SIGUSR2, Reload},
	}
	s := WatchSignals()
	defer s.Close()
	for _, tt := range tests {
		kill(t, s, tt.want, tt.signal)
		if got, ok := s.Next(t.Context()); !ok || got != tt.want {
			t.Errorf("%v asks for %v, want %v", tt.signal, got, tt.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r, ok := s.Next(ended); ok {
		t.Errorf("nothing is asked for, but %v", r)
	}
}

// F-35: a storm is one request of each kind, and TERM wins however late it comes.
func TestSignalStorm(t *testing.T) {
	s := WatchSignals()
	defer s.Close()
	for range 20 { // select picks at random: often enough to see a wrong choice
		storm := make([]syscall.Signal, 0, 1001)
		for range 500 {
			storm = append(storm, unix.SIGHUP, unix.SIGUSR1)
		}
		kill(t, s, Stop, append(storm, unix.SIGTERM)...)
		for r, c := range s.pending {
			if len(c) > 1 {
				t.Fatalf("%d requests of kind %v wait", len(c), Request(r))
			}
		}
		if got, _ := s.Next(t.Context()); got != Stop {
			t.Fatalf("TERM has come, but %v is first", got)
		}
	}
}

func TestSignalsWakeWhoeverWaits(t *testing.T) {
	s := WatchSignals()
	defer s.Close()
	got := make(chan Request)
	go func() { r, _ := s.Next(context.Background()); got <- r }()
	if err := unix.Kill(os.Getpid(), unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	select {
	case r := <-got:
		if r != Reload {
			t.Errorf("HUP asks for %v", r)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody wakes")
	}
}

// rolePipe writes to a stdout whose reader is gone.
func rolePipe(args []string) int {
	if args[0] == "watched" {
		defer WatchSignals().Close()
	}
	var gate [1]byte
	os.Stdin.Read(gate[:]) // until the reader has gone
	if _, err := fmt.Println("x"); errors.Is(err, unix.EPIPE) {
		return 7
	}
	return 0
}

func TestClosedLogPipeDoesNotKill(t *testing.T) {
	for how, want := range map[string]int{"watched": 7, "plain": -1} { // -1: killed by SIGPIPE
		cmd := command("pipe", how)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out.Close()
		in.Close()
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%s: exit status %d, want %d", how, got, want)
		}
	}
}

func TestNotify(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "n"), fmt.Sprintf("@proc-test-%d", os.Getpid())} {
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("NOTIFY_SOCKET", name)
		if err := Notify(NotifyReady, NotifyStatus("3 of 4 peers\nare here")); err != nil {
			t.Fatal(err)
		}
		l.SetReadDeadline(time.Now().Add(10 * time.Second))
		b := make([]byte, 256)
		n, err := l.Read(b)
		if got, want := string(b[:n]), "READY=1\nSTATUS=3 of 4 peers are here"; got != want || err != nil {
			t.Errorf("systemd reads %q, want %q (%v)", got, want, err)
		}
		l.Close()
		if err := Notify(NotifyStopping); err == nil {
			t.Error("nobody is there: the caller may want to know")
		}
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify(NotifyReady); err != nil {
		t.Errorf("nobody has asked: %v", err)
	}
}

// A systemd that does not read must not stop us.
func TestNotifyNobodyReads(t *testing.T) {
	name := filepath.Join(t.TempDir(), "n")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	for range 10_000 { // the queue holds as many as net.unix.max_dgram_qlen says
		if err := Notify(NotifyWatchdog); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v, want a deadline", err)
			}
			return
		}
	}
	t.Error("the queue never filled")
}

func TestWatchdogInterval(t *testing.T) {
	us, pid := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getpid()+1)
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
		bad       bool
		why       string
	}{
		{"", "", 0, false, "nobody has set it"},
		{"30000000", us, 30 * time.Second, false, "ours"},
		{"30000000", "", 30 * time.Second, false, "whose it is need not be said"},
		{"30000000", pid, 0, false, "it is another process that is waited for"},
		{"soon", us, 0, true, "no time"},
	} {
		t.Setenv("WATCHDOG_USEC", c.usec)
		t.Setenv("WATCHDOG_PID", c.pid)
		if got, err := WatchdogInterval(); got != c.want || (err != nil) != c.bad {
			t.Errorf("%s: got %v (%v), want %v", c.why, got, err, c.want)
		}
	}
}
