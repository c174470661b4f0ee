// Package proc is what tallystick asks of the operating system about its own process:
// going to the background, the pid file, dropping root, CPU affinity, limits, listening
// sockets and who may use them, signals, and the words for systemd.
//
// It knows nothing of peers, tables or the configuration language, logs nothing and
// keeps no state behind the caller's back: whatever it creates is a value that the
// caller closes. Only daemon and cmd use it. Linux only, with and without cgo.
package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// OpenFiles raises the number of files and sockets that this process may have open to
// its hard limit and returns that number. The runtime of Go has done so already where
// it could; the call exists for the number, which limits how many peers can come.
func OpenFiles() (limit uint64, err error) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0, fmt.Errorf("limit of open files: %w", err)
	}
	if r.Cur == r.Max {
		return r.Cur, nil
	}
	was := r.Cur
	r.Cur = r.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return was, fmt.Errorf("raise the limit of open files from %d to %d: %w", was, r.Max, err)
	}
	return r.Cur, nil
}

// NoCore forbids core dumps for good: memory holds TLS keys and the keys of tables,
// which are addresses and cookies of users.
func NoCore() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	return nil
}
