package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Address is a place to listen at. The configuration language has parsed it.
type Address struct {
	Network string // "tcp", "tcp4", "tcp6", "unix", or "fd" for a socket that we were started with
	Name    string // host:port as package net has it, a path, or the number of the descriptor
}

// String is the address as HAProxy's users write it.
func (a Address) String() string {
	if a.Network == "fd" {
		return "fd@" + a.Name
	}
	return a.Name
}

// Access says who may connect to a unix socket. Other addresses do not look at it.
type Access struct {
	Mode  fs.FileMode // permission bits; 0 means 0600
	Owner Identity    // open parts: ours
}

// Listen opens a listening socket at a. Errors name the address.
//
// TCP is plain TCP, never MPTCP, which Go prefers and which Landlock's rules do not
// cover; SO_REUSEADDR is set. For unix sockets see listenUnix. A socket of fd@N is
// duplicated: closing the listener leaves N open, so that it can be used again after a
// reload.
func (a Address) Listen(ctx context.Context, who Access) (net.Listener, error) {
	var l net.Listener
	var err error
	switch a.Network {
	case "unix":
		l, err = listenUnix(ctx, a.Name, who)
	case "fd":
		l, err = listenFD(a.Name)
	default:
		var lc net.ListenConfig
		lc.SetMultipathTCP(false)
		l, err = lc.Listen(ctx, a.Network, a.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", a, rootCause(err))
	}
	return l, nil
}

func listenFD(number string) (net.Listener, error) {
	fd, err := strconv.Atoi(number)
	if err != nil {
		return nil, err
	}
	listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		return nil, err // not open, or not a socket
	}
	if listening == 0 {
		return nil, errors.New("the socket is not a listening one")
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(dup), "fd@"+number)
	defer f.Close() // the listener has its own
	return net.FileListener(f)
}
