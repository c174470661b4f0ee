// Package netns lays a small network for a test: hosts, each of them a network namespace
// of its own, joined by a bridge. Programs run on the hosts, and the test parts the hosts
// from each other and joins them again meanwhile: in both directions, in one, or by
// pulling the cable.
//
// The namespaces have no names. Each is held by a process that the kernel ends with the
// test binary, however that ends; with its last process a namespace goes, and with it its
// half of each cable. So nothing can be left over, and the machine's own network is never
// touched. Making namespaces takes root, and the programs ip, nft and nsenter ("make
// setup" brings the first two); without root a test is not run, and says so.
//
// Only tests import it. It knows nothing of what runs on its hosts.
package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// Network is a set of hosts that reach each other. Its methods are called from the test's
// goroutine.
type Network struct {
	t     testing.TB
	hub   *Host // where the bridge is
	hosts map[string]*Host
}

// Host is one namespace. Its fields do not change.
type Host struct {
	Name string
	IP   string // its address, IPv4; besides it has 127.0.0.1

	holder *exec.Cmd
}

// New makes a network with hosts of these names. It and all that runs in it ends with the
// test. The test is skipped if this machine or this user cannot do it, and fails if a
// program is missing.
func New(t testing.TB, names ...string) *Network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not run: only root can make network namespaces")
	}
	for _, program := range []string{"ip", "nft", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf(`%v, run "make setup"`, err)
		}
	}
	n := &Network{t: t, hosts: map[string]*Host{}}
	n.hub = n.host("hub", "")
	n.run(n.hub, "link add hub type bridge\nlink set hub up\n", "ip", "-batch", "-")
	for i, name := range names {
		n.join(name, i+1)
	}
	return n
}

// join makes the host with this number and plugs it in.
func (n *Network) join(name string, number int) {
	n.t.Helper()
	h := n.host(name, fmt.Sprintf("10.0.0.%d", number))
	n.hosts[name] = h
	n.run(n.hub, fmt.Sprintf("link add port%d type veth peer name eth0 netns %d\nlink set port%[1]d master hub up\n",
		number, h.holder.Process.Pid), "ip", "-batch", "-")
	n.run(h, fmt.Sprintf("addr add %s/24 dev eth0\nlink set lo up\nlink set eth0 up\n", h.IP), "ip", "-batch", "-")
	n.run(h, "add table ip parted\nadd chain ip parted in { type filter hook input priority 0; }\n", "nft", "-f", "-")
}

// host makes a namespace and the process that holds it: one that waits for the end of an
// input that has none before the test has.
func (n *Network) host(name, ip string) *Host {
	n.t.Helper()
	h := &Host{Name: name, IP: ip, holder: exec.Command("cat")}
	h.holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	input, err := h.holder.StdinPipe()
	if err == nil {
		err = h.holder.Start()
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) {
		n.t.Skipf("not run: this machine does not let root make network namespaces: %v", err)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		input.Close()
		h.holder.Wait() // cat has nothing to say about it
	})
	return h
}

// Host returns the host of a name that was given to New.
func (n *Network) Host(name string) *Host {
	n.t.Helper()
	h := n.hosts[name]
	if h == nil {
		n.t.Fatalf("the network has no host %q", name)
	}
	return h
}

// Enter is what stands before a command so that it runs on the host. The command keeps the
// process id, the directory and the files of whoever starts it: unix sockets with a path
// are reached from everywhere.
func (h *Host) Enter() []string {
	return []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", h.holder.Process.Pid)}
}

// Cut loses, silently, what from sends to to. What goes the other way still arrives.
func (n *Network) Cut(from, to string) {
	n.t.Helper()
	n.run(n.Host(to), "add rule ip parted in ip saddr "+n.Host(from).IP+" drop\n", "nft", "-f", "-")
}

// Part loses what two hosts send to each other, in both directions.
func (n *Network) Part(a, b string) {
	n.t.Helper()
	n.Cut(a, b)
	n.Cut(b, a)
}

// Heal undoes every Cut and Part of the host, in both directions.
func (n *Network) Heal(name string) {
	n.t.Helper()
	healed := n.Host(name)
	for _, h := range n.hosts {
		if h == healed {
			n.run(h, "flush chain ip parted in\n", "nft", "-f", "-")
			continue
		}
		for _, handle := range n.rules(h, healed.IP) {
			n.run(h, "delete rule ip parted in handle "+handle+"\n", "nft", "-f", "-")
		}
	}
}

// rules are the handles of what h does not take from an address.
func (n *Network) rules(h *Host, ip string) (handles []string) {
	n.t.Helper()
	for line := range strings.Lines(n.run(h, "", "nft", "-a", "list", "chain", "ip", "parted", "in")) {
		rule, handle, found := strings.Cut(strings.TrimSpace(line), " # handle ")
		if found && rule == "ip saddr "+ip+" drop" {
			handles = append(handles, handle)
		}
	}
	return handles
}

// Unplug takes the host's link down, so that it has no route to anybody.
func (n *Network) Unplug(name string) {
	n.t.Helper()
	n.run(n.Host(name), "", "ip", "link", "set", "eth0", "down")
}

// Plug undoes Unplug.
func (n *Network) Plug(name string) {
	n.t.Helper()
	n.run(n.Host(name), "", "ip", "link", "set", "eth0", "up")
}

// run runs a command on a host to its end and returns what it says. The test fails if it fails.
func (n *Network) run(h *Host, stdin string, argv ...string) string {
	n.t.Helper()
	argv = append(h.Enter(), argv...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	said, err := cmd.CombinedOutput()
	if err != nil {
		n.t.Fatalf("on host %s: %q: %v\n%s%s", h.Name, argv, err, stdin, said)
	}
	return string(said)
}
