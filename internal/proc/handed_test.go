package proc

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// roleHanded takes what it was handed, listens at each address of args twice, the second time
// as after a reload, answers a client at each, and tells what it has not used.
func roleHanded(args []string) int {
	pid := os.Getpid()
	if args[0] == "other" {
		pid++
	}
	os.Setenv("LISTEN_PID", strconv.Itoa(pid)) // systemd sets it in between fork and exec
	h := TakeHanded()
	fmt.Printf("env %q\n", os.Getenv("LISTEN_FDS")+os.Getenv("LISTEN_PID")+os.Getenv("LISTEN_FDNAMES"))
	for _, a := range args[1:] {
		network, name, _ := strings.Cut(a, " ")
		for range 2 {
			l, err := h.Listen(context.Background(), Address{network, name}, Access{})
			if err != nil {
				fmt.Println(err)
				break
			}
			go greet(l, "here")
			fmt.Println(a, call(l.Addr()))
			l.Close()
		}
	}
	fmt.Println("unused:", strings.Join(h.Unused(), " "))
	return 0
}

// handOver plays a role with sockets as systemd hands them over, from descriptor 3 on.
func handOver(t *testing.T, listeners []net.Listener, args ...string) string {
	t.Helper()
	cmd := command("handed", args...)
	for _, l := range listeners {
		f, err := l.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	cmd.Env = append(cmd.Env, "LISTEN_FDS="+strconv.Itoa(len(listeners)), "LISTEN_FDNAMES=a:b:c")
	r := play(t, cmd)
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("%+v", r)
	}
	return r.stdout
}

func TestHanded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cli")
	open := func(network, at string) net.Listener {
		l, err := net.Listen(network, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	v4, all, cli := open("tcp", "127.0.0.1:0"), open("tcp", ":0"), open("unix", path)
	port := func(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }
	three := []net.Listener{v4, all, cli}

	for _, c := range []struct {
		why  string
		args []string
		want string
	}{
		{"an address of the configuration is the socket of that address, as often as it is asked for",
			[]string{"us", "tcp4 127.0.0.1:" + port(v4), "unix " + path},
			"env \"\"\n" + twice("tcp4 127.0.0.1:"+port(v4)+" here\n") + twice("unix "+path+" here\n") + "unused: fd@4 ([::]:" + port(all) + ")\n"},
		{"every address is every address; a number is the number",
			[]string{"us", "tcp :" + port(all), "fd 3"},
			"env \"\"\n" + twice("tcp :"+port(all)+" here\n") + twice("fd 3 here\n") + "unused: fd@5 (" + path + ")\n"},
		{"what asks for less than all addresses is not given all of them",
			[]string{"us", "tcp4 0.0.0.0:" + port(all)},
			"env \"\"\nlisten at 0.0.0.0:" + port(all) + ": address already in use\nunused: fd@3 (" + v4.Addr().String() + ") fd@4 ([::]:" + port(all) + ") fd@5 (" + path + ")\n"},
		{"sockets that another process was meant to have are nobody's here",
			[]string{"other", "unix " + path},
			"env \"\"\nlisten at " + path + ": another process listens there\nunused: \n"},
	} {
		if got := handOver(t, three, c.args...); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.why, got, c.want)
		}
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("a socket of systemd is not ours to remove: %v", err)
	}
}

// call asks whoever listens at an address.
func call(a net.Addr) string {
	c, err := net.Dial(a.Network(), a.String())
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	b, _ := io.ReadAll(c)
	return string(b)
}

func twice(s string) string { return s + s }

// What is handed over is not always a socket that listens.
func TestHandedThatDoesNotListen(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	cmd := command("handed", "us", "fd 3")
	cmd.ExtraFiles, cmd.Env = []*os.File{file}, append(cmd.Env, "LISTEN_FDS=1")
	r := play(t, cmd)
	if want := "env \"\"\nlisten at fd@3: socket operation on non-socket\nunused: fd@3\n"; r.stdout != want {
		t.Errorf("got\n%s%swant\n%s", r.stdout, r.stderr, want)
	}
}

// The zero value is a program that was started by hand.
func TestNothingHanded(t *testing.T) {
	var h Handed
	path := filepath.Join(t.TempDir(), "s")
	l, err := h.Listen(t.Context(), Address{"unix", path}, Access{})
	if err != nil {
		t.Fatal(err)
	}
	go greet(l, "made")
	if got := ask(path); got != "made" || h.Unused() != nil {
		t.Errorf("a socket is made as ever: %q, %q", got, h.Unused())
	}
	l.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("and it is ours to remove")
	}
}
