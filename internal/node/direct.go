package node

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// writeNow writes as much of b as can be written without waiting, and returns how much. It is 0
// for a connection of which that cannot be said (TLS, a pipe), and if anything is wrong: who
// writes the rest is told.
func writeNow(nc net.Conn, b []byte) (n int) {
	if s, ok := nc.(*steady); ok {
		s.extend()
		nc = s.Conn
	}
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Write(func(fd uintptr) bool {
		n, err = unix.Write(int(fd), b)
		return true // whatever has become of it: waiting is the writer's business
	})
	return max(n, 0)
}
