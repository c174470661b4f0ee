package statsock

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// standIn answers each line as answers say, framed as a stats socket does, and returns its address.
func standIn(t *testing.T, answers map[string]string) Address {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(c, answers)
		}
	}()
	return Address{Network: "unix", Addr: path}
}

func answer(c net.Conn, answers map[string]string) {
	defer c.Close()
	for in := bufio.NewScanner(c); in.Scan(); {
		text, ok := answers[in.Text()]
		if in.Text() != "prompt i" && !ok {
			return
		}
		fmt.Fprintf(c, "%s\n", text)
	}
}

func TestAsk(t *testing.T) {
	long := strings.Repeat("x", 200_000) + "\n" // longer than any buffer on the way
	a := standIn(t, map[string]string{"one": "1\n", "two": "a\nb\n", "none": "", "long": long})
	c, err := Dial(t.Context(), a, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, x := range []struct{ why, command, want string }{
		{"a line", "one", "1\n"},
		{"lines", "two", "a\nb\n"},
		{"nothing to say is an answer, too", "none", ""},
		{"a line that no buffer holds", "long", long},
		{"and the next one is in step", "one", "1\n"},
	} {
		if got, err := c.Ask(x.command); err != nil || got != x.want {
			t.Errorf("%s: Ask(%q) = %.50q, %v; want %.50q", x.why, x.command, got, err, x.want)
		}
	}
	if _, err := c.Ask("unknown to the stand-in, which closes"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a connection that ends within an answer: %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// A socket that says nothing must not hang who asks.
func TestAskSilence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Dial(t.Context(), Address{Network: "unix", Addr: path}, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Dial of a silent socket: %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

func TestDialSaysWhatToDo(t *testing.T) {
	_, err := Dial(t.Context(), Address{Network: "unix", Addr: filepath.Join(t.TempDir(), "none")}, time.Second)
	if err == nil || !strings.Contains(err.Error(), "does tallystick run") {
		t.Errorf("no socket: %v, want a hint", err)
	}
}

// A program's input and output are a connection as well: what ssh is for another machine.
func TestProcess(t *testing.T) {
	p, err := run(t.Context(), []string{"cat"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, "prompt i\n"); err != nil {
		t.Fatal(err)
	}
	if err := p.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(p); err != nil || string(got) != "prompt i\n" {
		t.Errorf("it said %q, %v", got, err)
	}
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Errorf("its end: %v", err)
	}
}
