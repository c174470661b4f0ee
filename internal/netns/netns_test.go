package netns

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roleEnv makes the test binary a program on a host: see TestOnHost.
const roleEnv = "NETNS_TEST_ROLE"

// onHost is a command that runs TestOnHost of this binary on a host.
func onHost(t *testing.T, h *Host, role string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := append(h.Enter(), self, "-test.run=^TestOnHost$")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// TestOnHost is what runs on hosts: "serve", which answers every caller with its own address, "call ADDR", which tells
// what it was answered, and "lay", a test binary that does not come to its end.
func TestOnHost(t *testing.T) {
	role, addr, _ := strings.Cut(os.Getenv(roleEnv), " ")
	switch role {
	case "serve":
		l, err := net.Listen("tcp", ":7000")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("serving")
		for {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(c, "from "+c.RemoteAddr().String()+"\n")
			c.Close()
		}
	case "call":
		c, err := net.DialTimeout("tcp", addr, 500*time.Millisecond)
		if err != nil {
			fmt.Println("said no:", err)
			return
		}
		c.SetDeadline(time.Now().Add(500 * time.Millisecond))
		answer, err := io.ReadAll(c)
		fmt.Printf("said %s%v\n", answer, err)
	case "lay":
		fmt.Println("pid", New(t, "a").Host("a").holder.Process.Pid)
		select {}
	}
}

// serve starts the server on a host and waits until it serves.
func serve(t *testing.T, h *Host) {
	t.Helper()
	cmd := onHost(t, h, "serve")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "serving\n" {
		t.Fatalf("%s: %q, error %v", h.Name, line, err)
	}
}

// reaches tells whether from gets an answer of to, with its own address in it.
func reaches(t *testing.T, n *Network, from, to string) bool {
	t.Helper()
	out, err := onHost(t, n.Host(from), "call "+n.Host(to).IP+":7000").Output()
	if err != nil || !strings.HasPrefix(string(out), "said ") {
		t.Fatalf("%s calls %s: %q, error %v", from, to, out, err)
	}
	return strings.HasPrefix(string(out), "said from "+n.Host(from).IP+":")
}

func TestParting(t *testing.T) {
	t.Parallel()
	n := New(t, "a", "b", "c")
	for _, name := range []string{"a", "b", "c"} {
		serve(t, n.Host(name))
	}
	// expect names the pairs that do not reach each other. A call needs both directions.
	expect := func(when string, parted ...string) {
		t.Helper()
		for _, pair := range []string{"ab", "ba", "bc", "cb", "ac", "ca"} {
			want := true
			for _, p := range parted {
				want = want && p != pair
			}
			if got := reaches(t, n, pair[:1], pair[1:]); got != want {
				t.Errorf("%s: %s reaches %s: %v, want %v", when, pair[:1], pair[1:], got, want)
			}
		}
	}
	expect("at first everybody reaches everybody")
	n.Part("a", "b")
	expect("parted, the third still reaches both", "ab", "ba")
	for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} { // one direction would do to end all calls
		if rules := n.rules(n.Host(pair[0]), n.Host(pair[1]).IP); len(rules) != 1 {
			t.Errorf("%s loses what %s sends by rules %v, want one", pair[0], pair[1], rules)
		}
	}
	n.Cut("c", "a")
	n.Heal("b")
	expect("b is healed, the other cut stays", "ac", "ca")
	n.Heal("c")
	expect("healed")
	n.Unplug("c")
	expect("unplugged", "ac", "ca", "bc", "cb")
	n.Plug("c")
	expect("plugged in again")
}

// TestOneWay has a reach b with what it says, but not hear the answer.
func TestOneWay(t *testing.T) {
	t.Parallel()
	n := New(t, "a", "b")
	serve(t, n.Host("b"))
	n.Cut("b", "a")
	if reaches(t, n, "a", "b") {
		t.Error("a hears b although what b sends is lost")
	}
	if rules := n.rules(n.Host("b"), n.Host("a").IP); len(rules) != 0 {
		t.Errorf("one direction alone is cut: b refuses what a sends, by rules %v", rules)
	}
}

// TestNothingIsLeftOver kills a test binary in the middle, and looks for what holds its network.
func TestNothingIsLeftOver(t *testing.T) {
	t.Parallel()
	n := New(t, "host")
	cmd := onHost(t, n.Host("host"), "lay")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(out, "pid %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for deadline := time.Now().Add(5 * time.Second); !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d still holds a namespace", pid)
		}
	}
}
