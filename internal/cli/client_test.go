package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/view"
)

// pipes is a listener in memory, for tests in which time is faked.
type pipes struct{ conns chan net.Conn }

func (l pipes) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l pipes) Close() error   { close(l.conns); return nil }
func (l pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// inBubble serves f to clients that dial gives, in a bubble in which time is faked.
func inBubble(t *testing.T, f *fake, test func(t *testing.T, s *Server, dial func() net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Backend: f, Now: func() time.Time { return noon }})
		l := pipes{make(chan net.Conn)}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, l, LevelOperator) }()
		test(t, s, func() net.Conn {
			ours, theirs := net.Pipe()
			l.conns <- theirs
			t.Cleanup(func() { ours.Close() })
			return ours
		})
		cancel()
		began := time.Now()
		if err := <-ended; err != nil || time.Since(began) > 0 {
			t.Errorf("a server that is told to end waits for no client and has no complaint: %v, %v", time.Since(began), err)
		}
	})
}

func TestSilentClientIsClosed(t *testing.T) {
	inBubble(t, newFake(), func(t *testing.T, s *Server, dial func() net.Conn) {
		for _, c := range []struct {
			why, says string
			want      time.Duration
		}{
			{"a client that says nothing has ten seconds", "", 10 * time.Second},
			{"so has one that does not end its line", "show ver", 10 * time.Second},
			{"and one at the prompt", "prompt\n", 10 * time.Second},
			{"which it can change", "prompt;set timeout cli 3m\n", 3 * time.Minute},
		} {
			conn, began := dial(), time.Now()
			if _, err := io.WriteString(conn, c.says); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(conn); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != c.want {
				t.Errorf("%s: closed after %v, want %v", c.why, got, c.want)
			}
		}
		if n := s.stats.timeouts.Load(); n != 4 {
			t.Errorf("each is counted: got %d", n)
		}
	})
}

// bigTable is a table of n rows.
func bigTable(f *fake, n int) {
	schema := f.sections[0].Tables[0].Schema
	rows := make([]view.Entry, n)
	for i := range rows {
		rows[i] = view.Entry{Schema: schema, Key: []byte{10, byte(i >> 16), byte(i >> 8), byte(i)}, Sum: view.Share{Values: []uint64{uint64(i), 0, 0, 0}}}
	}
	f.rows["data rates.agg"] = rows
}

func TestClientThatDoesNotRead(t *testing.T) {
	f := newFake()
	bigTable(f, 200_000)
	inBubble(t, f, func(t *testing.T, s *Server, dial func() net.Conn) {
		slow := dial()
		if _, err := io.WriteString(slow, "show table data rates.agg\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the answer waits for its reader
		rows := spillAt / 40
		if f.nexts == 0 || f.nexts > rows/chunk+2 {
			t.Errorf("a client costs what it has room for, not the table: %d chunks were read ahead", f.nexts)
		}
		other := dial()
		if _, err := io.WriteString(other, "show version\n"); err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(other); string(got) != "1.0.0\n\n" {
			t.Errorf("nobody else waits: got %q", got)
		}
		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		if s.stats.clients.Load() != 1 {
			t.Error("it has ten seconds for each piece")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if s.stats.clients.Load() != 0 || s.stats.timeouts.Load() != 1 {
			t.Error("and is cut then, and counted")
		}
		if f.nexts > rows/chunk+2 {
			t.Errorf("nobody reads the rest of the table for it: %d chunks were", f.nexts)
		}
	})
}

func TestSlowReaderGetsAll(t *testing.T) {
	f := newFake()
	bigTable(f, 20_000)
	inBubble(t, f, func(t *testing.T, s *Server, dial func() net.Conn) {
		conn := dial()
		if _, err := io.WriteString(conn, "show table data rates.agg\n"); err != nil {
			t.Fatal(err)
		}
		lines, began := 0, time.Now()
		buf := make([]byte, 64<<10)
		for {
			n, err := conn.Read(buf)
			lines += strings.Count(string(buf[:n]), "\n")
			if err != nil {
				break
			}
			time.Sleep(5 * time.Second)
		}
		if lines != 20_001 || time.Since(began) < time.Minute {
			t.Errorf("a dump may take as long as its reader, if that goes on reading: %d lines in %v", lines, time.Since(began))
		}
	})
}

// failing is a listener whose Accept fails a few times, as when descriptors are short.
type failing struct {
	pipes
	errs chan error
}

func (l failing) Accept() (net.Conn, error) {
	select {
	case err := <-l.errs:
		return nil, err
	default:
		return l.pipes.Accept()
	}
}

func TestAcceptThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Backend: newFake()})
		l := failing{pipes{make(chan net.Conn)}, make(chan error, 10)}
		for range cap(l.errs) {
			l.errs <- errors.New("too many open files")
		}
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- s.Serve(t.Context(), l, LevelUser) }()
		ours, theirs := net.Pipe()
		l.conns <- theirs
		fmt.Fprint(ours, "show version\n")
		if got, _ := io.ReadAll(ours); string(got) != "1.0.0\n\n" {
			t.Errorf("it passes: got %q", got)
		}
		if d := time.Since(began); d < 3*time.Second || d > 6*time.Second {
			t.Errorf("it does not spin meanwhile, nor sleep too long: %v for 10 failures", d)
		}
		l.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a listener that somebody else closed is reported: %v", err)
		}
	})
}

func TestTooManyClients(t *testing.T) {
	s := start(t, LevelUser)
	var conns []net.Conn
	for range maxClients {
		c := s.dial(t)
		conns = append(conns, c)
		fmt.Fprint(c, "prompt\n")
		expect(t, c, "\n> ", "there is a place")
	}
	got, err := io.ReadAll(s.dial(t))
	if err != nil || string(got) != "Too many clients: 64 are connected\n\n" {
		t.Errorf("the next is told: got %q, %v", got, err)
	}
	fmt.Fprint(conns[0], "quit\n")
	conns[0].Close()
	for deadline := time.Now().Add(5 * time.Second); s.stats.clients.Load() == maxClients; {
		if time.Now().After(deadline) {
			t.Fatal("a client that leaves does not make room")
		}
		time.Sleep(time.Millisecond)
	}
	if n := s.stats.refused.Load(); n != 1 {
		t.Errorf("the refused are counted: got %d", n)
	}
}

func TestLines(t *testing.T) {
	long := "show version;" + strings.Repeat(" ", maxLine)
	for _, c := range []struct{ why, input, want string }{
		{"a carriage return belongs to the end of the line", "show version\r\n", "1.0.0\n\n"},
		{"16 kB are a line, its end included", long[:maxLine-1] + "\n", "1.0.0\n\n\n"},
		{"one byte more is not", long[:maxLine] + "\n", "The command line is too big: a line has at most 16384 bytes, its end included\n\n"},
		{"nor is much more, and the client hears of it", strings.Repeat(long, 3) + "\n", "The command line is too big: a line has at most 16384 bytes, its end included\n\n"},
		{"a zero byte is a byte", "show\x00version\n", "Unknown command: 'show\\x00version'"},
		{"what comes after the line is not answered, and does no harm", "show version\nshow stat\n" + long, "1.0.0\n\n"},
	} {
		s := start(t, LevelUser)
		got := s.ask(t, c.input)
		if unknown, _, _ := strings.Cut(got, ", but maybe"); got != c.want && unknown != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestLineWithoutEnd(t *testing.T) {
	s := start(t, LevelUser)
	for _, c := range []struct{ why, input, want string }{
		{"what was written before the end is a line", "prompt;show version", "\n1.0.0\n\n"},
		{"nothing is none", "", ""},
	} {
		conn := s.dial(t)
		io.WriteString(conn, c.input)
		conn.CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.why, got, err, c.want)
		}
	}
}

// The answer must not be lost when the client has sent more than was read: on TCP a close
// with unread bytes is a reset.
func TestTCPClientWithMoreToSay(t *testing.T) {
	f := newFake()
	bigTable(f, 50_000)
	s := New(Config{Backend: f})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, LevelUser) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, "show table data rates.agg\n"+strings.Repeat("show version\n", 1000))
	got, err := io.ReadAll(conn)
	if n := strings.Count(string(got), "\n"); err != nil || n != 50_001 {
		t.Errorf("all of the answer comes: got %d lines, %v", n, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestEndClosesClients(t *testing.T) {
	inBubble(t, newFake(), func(t *testing.T, _ *Server, dial func() net.Conn) {
		c := dial()
		fmt.Fprint(c, "prompt\n")
		expect(t, c, "\n> ", "a client that waits")
		t.Cleanup(func() { // the server has ended
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("goes when the server ends: %v", err)
			}
		})
	})
}

// endless is a table without an end.
type endless struct{ *fake }

func (e endless) Dump(string, string) (view.Dump, error) { return e, nil }

func (e endless) Next(_ int, f func(*view.Entry)) bool {
	f(&view.Entry{Schema: e.sections[0].Tables[0].Schema, Key: addr("192.0.2.1"), Sum: view.Share{Values: make([]uint64, 4)}})
	return true
}

func TestEndStopsReading(t *testing.T) {
	s := start(t, LevelUser, func(c *Config) { c.Backend = endless{c.Backend.(*fake)} })
	fmt.Fprint(s.dial(t), "show version;show table data rates.agg data.http_req_cnt gt 1\n")
	for deadline := time.Now().Add(5 * time.Second); s.stats.commands.Load() < 2; {
		if time.Now().After(deadline) {
			t.Fatal("the table is not read")
		}
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	if s.end(); time.Since(began) > 5*time.Second {
		t.Error("the end waits for no table to be read")
	}
}

func TestPromptSession(t *testing.T) {
	s := start(t, LevelAdmin)
	c := s.dial(t)
	for _, step := range []struct{ why, says, hears string }{
		{"an empty line, and the prompt", "prompt\n", "\n> "},
		{"the answer, an empty line, the prompt", "show version\n", "1.0.0\n\n> "},
		{"one prompt for a line of two commands", "show version;show cli level\n", "1.0.0\n\nadmin\n\n> "},
		{"a line that comes in pieces", "show ver", ""},
		{"is answered when it ends", "sion\n", "1.0.0\n\n> "},
		{"an error leaves the session open", "show table nope x\n", "No such aggregations section 'nope' (word 3)\n\n> "},
		{"the level goes down", "operator\n", "\n> "},
		{"and stays there", "clear table data rates.agg\n", "Permission denied\n\n> "},
	} {
		io.WriteString(c, step.says)
		expect(t, c, step.hears, step.why)
	}
	io.WriteString(c, "quit\n")
	if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
		t.Errorf("quit says nothing: got %q, %v", rest, err)
	}
}

func TestReloadThatFails(t *testing.T) {
	s := start(t, LevelOperator)
	s.fake.deny = errTwoLines
	want := "Success=0\n--\n[ALERT] parsing [a.cfg:3] : no\n[ALERT] parsing [a.cfg:4] : no\\x1b either\nthe old configuration stays in use\n\n"
	if got := s.ask(t, "reload\n"); got != want {
		t.Errorf("every error of the file, each on its line, and what serves now: got %q, want %q", got, want)
	}
	if got := s.ask(t, "set log level info\n"); got != `[ALERT] parsing [a.cfg:3] : no\x0a\x0a[ALERT] parsing [a.cfg:4] : no\x1b either`+"\n\n" {
		t.Errorf("other refusals are one line: got %q", got)
	}
	s.end()
	if log := s.log.String(); !strings.Contains(log, `command=reload by=`) || !strings.Contains(log, `why="the old configuration stays in use"`) || strings.Contains(log, "a.cfg:3] : no\\n") {
		t.Errorf("whoever reloads logs the complaints himself, so they are not repeated here: got\n%s", log)
	}
}

func TestOperatorsAreLogged(t *testing.T) {
	s := start(t, LevelAdmin)
	s.ask(t, "show version;disable peer data/enterprise1;clear table agg_example in.aggr key 192.168.122.1;operator;clear table agg_example in.aggr\n")
	s.end()
	log := s.log.String()
	for _, c := range []struct{ why, want string }{
		{"what was done, and by whom", `command="disable peer data/enterprise1" by="unix uid=`},
		{"keys are not for logs", `command="clear table agg_example in.aggr key ..."`},
		{"what was refused, and why", `command="clear table agg_example in.aggr" by="unix uid=`},
		{"the reason", `why="Permission denied"`},
	} {
		if !strings.Contains(log, c.want) {
			t.Errorf("%s: %s is not in\n%s", c.why, c.want, log)
		}
	}
	if strings.Contains(log, "show version") || strings.Contains(log, "192.168") {
		t.Errorf("who looks is not logged, nor a key:\n%s", log)
	}
}
