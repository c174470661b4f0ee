package proc

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T, path string, who Access) net.Listener {
	t.Helper()
	l, err := Address{"unix", path}.Listen(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// T-18: who may connect is what the configuration says, whatever the umask.
func TestUnixSocketModes(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	owner := func(uid, gid string) Identity {
		id, err := Lookup(uid, gid)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	tests := []struct {
		name string
		who  Access
		mode os.FileMode
		uid  uint32
		gid  uint32
	}{
		{"default", Access{}, 0o600, 0, 0},
		{"mode 660 beats the umask", Access{Mode: 0o660}, 0o660, 0, 0},
		{"mode and user and group", Access{Mode: 0o666, Owner: owner("4711", "4712")}, 0o666, 4711, 4712},
		{"group alone", Access{Mode: 0o660, Owner: owner("", "4712")}, 0o660, 0, 4712},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !tt.who.Owner.IsZero() {
				needRoot(t)
			} else {
				tt.uid, tt.gid = uint32(os.Geteuid()), uint32(os.Getegid())
			}
			path := filepath.Join(t.TempDir(), "stats.sock")
			listen(t, path, tt.who)
			info, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			stat := info.Sys().(*syscall.Stat_t)
			if info.Mode().Perm() != tt.mode || stat.Uid != tt.uid || stat.Gid != tt.gid {
				t.Errorf("%v %d:%d, want %v %d:%d", info.Mode(), stat.Uid, stat.Gid, tt.mode, tt.uid, tt.gid)
			}
		})
	}
}

// roleUmask binds a socket under umask 0 and prints its mode before anything else is
// done to it: T-18, no moment in which others may connect.
func roleUmask(args []string) int {
	unix.Umask(0)
	l, err := bindPrivate(context.Background(), args[0])
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer l.Close()
	info, err := os.Lstat(args[0])
	fmt.Print(info.Mode().Perm(), " ", err)
	return 0
}

func TestUnixSocketIsNeverOpenTooWide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if r := play(t, command("umask", path)); r.stdout != "-rw------- <nil>" {
		t.Errorf("bound under umask 0 it is %q at once", r.stdout)
	}
}

// roleConnect says whether args[0] lets us in.
func roleConnect(args []string) int {
	fmt.Print(ask(args[0]))
	return 0
}

// T-18: a local user without rights is refused by the kernel, not by us.
func TestUnixSocketRefusesOthers(t *testing.T) {
	needRoot(t) // to become another user
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for mode, want := range map[os.FileMode]string{0: "permission denied", 0o666: "welcome"} {
		path := filepath.Join(dir, fmt.Sprint("s", int(mode)))
		go greet(listen(t, path, Access{Mode: mode}), "welcome")
		cmd := command("connect", path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4711, Gid: 4712}}
		if r := play(t, cmd); !strings.HasSuffix(r.stdout, want) {
			t.Errorf("mode %o tells uid 4711 %q, want %q", mode, r.stdout, want)
		}
	}
}

// greet answers every client of l with text until l is closed.
func greet(l net.Listener, text string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		io.WriteString(c, text)
		c.Close()
	}
}

func ask(path string) string {
	c, err := net.Dial("unix", path)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	b, _ := io.ReadAll(c)
	return string(b)
}

func TestUnixSocketSuccession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")

	// What a crash leaves: a socket at which nobody listens.
	crashed, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	crashed.SetUnlinkOnClose(false)
	crashed.Close()

	first := listen(t, path, Access{})
	go greet(first, "first")
	if got := ask(path); got != "first" {
		t.Errorf("a stale socket is replaced: %s", got)
	}
	if l, err := (Address{"unix", path}).Listen(t.Context(), Access{}); err == nil {
		l.Close()
		t.Error("a second instance takes the socket of the first")
	} else if want := "listen at " + path + ": another process listens there"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if got := ask(path); got != "first" {
		t.Errorf("the first instance goes on: %s", got)
	}
	if err := os.Remove(path); err != nil { // somebody makes room by force
		t.Fatal(err)
	}
	second := listen(t, path, Access{})
	go greet(second, "second")
	first.Close()
	if got := ask(path); got != "second" {
		t.Errorf("the predecessor's end leaves the successor's file: %s", got)
	}
	second.Close()
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("a clean stop leaves nothing: %v", left)
	}
}

func TestUnixSocketClosedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := listen(t, path, Access{})
	l.Close()
	listen(t, path, Access{}) // may well have the inode that l had
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the second Close removes another's socket: %v", err)
	}
}

func TestListenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 120-len(dir)-1))
	datagram := filepath.Join(t.TempDir(), "log")
	syslog, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: datagram, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer syslog.Close()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	pipeFD := fmt.Sprint(pipe.Fd())
	idle, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(idle)

	tests := []struct{ network, name, want string }{
		{"unix", file, file + ": there is something that is not a socket"},
		{"unix", datagram, datagram + ": protocol wrong type for socket"},
		{"unix", long, long + ": the path is 13 bytes too long for a socket"},
		{"unix", dir + "/no/s", dir + "/no/s: no such file or directory"},
		{"tcp", taken.Addr().String(), taken.Addr().String() + ": address already in use"},
		{"tcp", "192.0.2.1:0", "192.0.2.1:0: cannot assign requested address"},
		{"fd", "10000", "fd@10000: bad file descriptor"},
		{"fd", pipeFD, "fd@" + pipeFD + ": socket operation on non-socket"},
		{"fd", fmt.Sprint(idle), fmt.Sprintf("fd@%d: the socket is not a listening one", idle)},
	}
	for _, tt := range tests {
		l, err := Address{tt.network, tt.name}.Listen(t.Context(), Access{})
		if err == nil {
			l.Close()
		}
		if want := "listen at " + tt.want; fmt.Sprint(err) != want {
			t.Errorf("%s %s:\n got %v\nwant %s", tt.network, tt.name, err, want)
		}
	}
	if read(t, file) != "precious" {
		t.Error("the file that stood in the way is gone")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("failures leave nothing behind: %v", left)
	}
}

func TestFDListenerLeavesTheDescriptorOpen(t *testing.T) {
	original, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer original.Close()
	f, err := original.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 2 { // as a reload does
		l, err := Address{"fd", fmt.Sprint(f.Fd())}.Listen(t.Context(), Access{})
		if err != nil {
			t.Fatal(err)
		}
		if l.Addr().String() != original.Addr().String() {
			t.Errorf("listens at %s", l.Addr())
		}
		l.Close()
	}
}

// T-28: Landlock's rules cover TCP, not MPTCP.
func TestTCPIsNotMPTCP(t *testing.T) {
	l, err := Address{"tcp", "127.0.0.1:0"}.Listen(t.Context(), Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if p, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PROTOCOL); p != unix.IPPROTO_TCP || err != nil {
			t.Errorf("protocol %d, want %d (%v)", p, unix.IPPROTO_TCP, err)
		}
		if on, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR); on != 1 || err != nil {
			t.Errorf("SO_REUSEADDR %d: a restart would have to wait a minute (%v)", on, err)
		}
	})
}
