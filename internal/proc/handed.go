package proc

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
)

// Handed are the listening sockets that systemd has opened and started us with (socket
// activation: LISTEN_FDS in the environment). They outlive us, so that a restart refuses
// nobody: whoever calls meanwhile waits in the kernel's queue. The configuration says fd@N,
// from 3, for one of them, or simply its address. The zero value has none. Safe for
// concurrent use.
type Handed struct {
	mu    sync.Mutex
	files []handed
}

// handed is one socket. Its file stays open, so that a reload can ask for it again.
type handed struct {
	file *os.File
	fd   int      // its number: asking the file again might make the socket a blocking one
	addr net.Addr // nil: not a listening stream socket
	used bool     // somebody has asked for it
}

// TakeHanded takes over what we were started with. It answers once: the environment is
// cleaned, so that no process of ours takes them for its own. Sockets meant for another
// process (LISTEN_PID) are left alone.
func TakeHanded() *Handed {
	h := &Handed{}
	for _, f := range activation.Files(true) {
		s := handed{file: f, fd: int(f.Fd())}
		if l, err := net.FileListener(f); err == nil { // of a copy
			s.addr = l.Addr()
			l.Close()
		}
		h.files = append(h.files, s)
	}
	return h
}

// Listen opens a listening socket at a: the handed one of that address, or else a new one,
// see Address.Listen. A handed socket has the owner and the mode that systemd gave it; who
// is not looked at. Closing the listener leaves the handed socket open.
func (h *Handed) Listen(ctx context.Context, a Address, who Access) (net.Listener, error) {
	if n, ok := h.claim(a); ok {
		return Address{"fd", strconv.Itoa(n)}.Listen(ctx, who)
	}
	return a.Listen(ctx, who)
}

// claim finds the socket of an address and returns its number.
func (h *Handed) claim(a Address) (fd int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.files {
		f := &h.files[i]
		if f.addr != nil && (a.is(f.addr) || a == Address{"fd", strconv.Itoa(f.fd)}) {
			f.used = true
			return f.fd, true
		}
	}
	return 0, false
}

// Unused lists the sockets that nobody has asked for, as fd@N and their address. Who calls
// there waits for ever: the configuration lacks a line.
func (h *Handed) Unused() (names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.files {
		if f.used {
			continue
		}
		name := "fd@" + strconv.Itoa(f.fd)
		if f.addr != nil {
			name += " (" + f.addr.String() + ")"
		}
		names = append(names, name)
	}
	return names
}

// is reports whether a socket is the one that would be opened at a. Names of hosts are not
// looked up: a socket has none.
func (a Address) is(other net.Addr) bool {
	switch o := other.(type) {
	case *net.UnixAddr:
		return a.Network == "unix" && a.Name == o.Name
	case *net.TCPAddr:
		host, port, err := net.SplitHostPort(a.Name)
		if a.Network == "unix" || a.Network == "fd" || err != nil || port != strconv.Itoa(o.Port) {
			return false
		}
		if host == "" { // every address: of both families unless the network says otherwise
			return o.IP.IsUnspecified() && (a.Network == "tcp4") == (o.IP.To4() != nil)
		}
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.Unmap() == o.AddrPort().Addr().Unmap()
	}
	return false
}
