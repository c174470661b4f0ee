package cli

import (
	"fmt"
	"net"
	"syscall"
)

// who names a client for the log: the address of a TCP one, and the process and user
// behind a unix socket as the kernel knows them.
func who(conn net.Conn) string {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return conn.RemoteAddr().String()
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return "unix"
	}
	name := "unix"
	_ = raw.Control(func(fd uintptr) {
		if c, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
			name = fmt.Sprintf("unix uid=%d pid=%d", c.Uid, c.Pid)
		}
	})
	return name
}
