package logs

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// receive reads one datagram.
func receive(t *testing.T, c net.Conn) string {
	t.Helper()
	b := make([]byte, 64<<10)
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func listenUnixgram(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSyslogSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	env := Env{Name: "tallystick", PID: 4711, Host: "agg1"}
	l, log, _ := start(t, env, Line{Kind: Syslog, Path: path})

	log.Error("nobody is there yet") // a syslog that starts after us is no reason not to start
	eventually(t, func() bool { s := l.Stats()[0]; return s.Lost == 1 && s.Err != "" })

	first := listenUnixgram(t, path)
	at := time.Now()
	log.Error("lb1: \x1b[1mbad\nmessage", "offset", 12)
	if notice := receive(t, first); !strings.HasSuffix(notice, "WARNING log lines were lost here  lines=1") {
		t.Errorf("%q", notice)
	}
	// 27 is facility daemon, severity err.
	want := fmt.Sprintf(`<27>%s tallystick[4711]: ERROR   lb1: \x1b[1mbad\nmessage  offset=12`, at.Format(time.Stamp))
	if got := receive(t, first); got != want && got[20:] != want[20:] { // the second may have changed
		t.Errorf("syslog reads\n%q, want\n%q", got, want)
	}

	first.Close()
	os.Remove(path)
	second := listenUnixgram(t, path)
	log.Info("again")
	if got := receive(t, second); !strings.HasSuffix(got, "INFO    again") {
		t.Errorf("a syslog that was restarted is found again: %q", got)
	}
	if s := l.Stats()[0]; s.Lost != 1 || s.Target != "unix@"+path {
		t.Errorf("%+v", s)
	}
}

func TestPathThatIsASocketIsSyslog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := listenUnixgram(t, path)
	_, log, _ := start(t, Env{Name: "x"}, Line{Kind: File, Path: path, Format: JSON})
	log.Info("hello")
	if got := receive(t, c); !strings.Contains(got, ` x[0]: {"time":"`) {
		t.Errorf("a machine's format is complete, behind syslog's header: %q", got)
	}
}

func TestSyslogServer(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l, log, _ := start(t, Env{Name: "tallystick", PID: 1, Host: "agg1"}, Line{Kind: UDP, Path: c.LocalAddr().String()})
	log.Log(t.Context(), LevelNotice, "hello")
	got := receive(t, c.(net.Conn))
	if !strings.HasPrefix(got, "<29>") || !strings.HasSuffix(got, " agg1 tallystick[1]: NOTICE  hello") {
		t.Errorf("servers hear our host's name: %q", got)
	}
	if s := l.Stats()[0]; s.Target != "udp@"+c.LocalAddr().String() {
		t.Errorf("%+v", s)
	}
}

func TestJournal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	// What systemd puts into the environment, see systemd.exec(5).
	stat := info.Sys().(*syscall.Stat_t)
	stream := fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
	tests := []struct{ stream, start, why string }{
		{stream, "<4>WARNING x", "the journal takes the level from the prefix and knows the time"},
		{"1:2", "2", "stderr has been redirected since: the line starts with its year"},
	}
	for _, tt := range tests {
		if err := f.Truncate(0); err != nil {
			t.Fatal(err)
		}
		f.Seek(0, 0)
		_, log, stop := start(t, Env{Stderr: f, JournalStream: tt.stream}, Line{Kind: Stderr})
		log.Warn("x")
		stop()
		b, err := os.ReadFile(f.Name())
		if err != nil || !strings.HasPrefix(string(b), tt.start) {
			t.Errorf("%q: %s (%v)", b, tt.why, err)
		}
	}
	if isJournal(new(sink), stream) {
		t.Error("no file, no journal")
	}
}
