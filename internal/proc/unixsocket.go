package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxSocketPath is what fits into sockaddr_un, the NUL left out.
const maxSocketPath = len(unix.RawSockaddrUnix{}.Path) - 1

// unixListener is a listener whose Close takes the file away, if it still is ours.
type unixListener struct {
	*net.UnixListener
	path  string
	file  fs.FileInfo  // as we made it
	close func() error // once: later the path may be another's
}

// listenUnix makes a unix socket as HAProxy does: under a temporary name beside path,
// already listening, with owner and mode, and then renamed. So nobody ever finds it half
// made or too open, and what a crash has left at path is replaced without a gap. Unlike
// HAProxy we do not replace a socket at which somebody still listens: a second instance,
// started by mistake, would fail at the peers' port a moment later, and leave the first
// one without its socket. Anything but a socket is not touched.
func listenUnix(ctx context.Context, path string, who Access) (net.Listener, error) {
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%08x", rand.Uint32()))
	if over := max(len(path), len(temporary)) - maxSocketPath; over > 0 {
		return nil, fmt.Errorf("the path is %d bytes too long for a socket", over)
	}
	if err := checkReplaceable(ctx, path); err != nil {
		return nil, err
	}
	l, err := bindPrivate(ctx, temporary)
	if err != nil {
		return nil, err
	}
	file, err := finishSocket(temporary, path, who)
	if err != nil {
		l.Close()
		os.Remove(temporary)
		return nil, err
	}
	u := &unixListener{UnixListener: l, path: path, file: file}
	u.close = sync.OnceValue(u.closeOnce)
	return u, nil
}

// checkReplaceable says whether a socket may be renamed over path: there is nothing, or
// a socket at which nobody listens any more.
func checkReplaceable(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return errors.New("there is something that is not a socket")
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		c.Close()
		return errors.New("another process listens there")
	case errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT):
		return nil
	}
	return err
}

// bindPrivate listens at path with mode 0600 at most from the very first moment: the
// mode of a bound socket is that of its descriptor, less the umask. Setting the umask
// instead would change it for all threads, whatever files they create meanwhile.
func bindPrivate(ctx context.Context, path string) (*net.UnixListener, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if outer := c.Control(func(fd uintptr) { err = unix.Fchmod(int(fd), 0o600) }); outer != nil {
			return outer
		}
		return err
	}}
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	u := l.(*net.UnixListener)
	u.SetUnlinkOnClose(false) // it would remove by name, and the name may be another's
	return u, nil
}

// finishSocket gives the socket its owner, then its mode, then its name.
func finishSocket(temporary, path string, who Access) (fs.FileInfo, error) {
	if !who.Owner.IsZero() {
		uid, gid := who.Owner.owner()
		if err := os.Lchown(temporary, uid, gid); err != nil {
			return nil, err
		}
	}
	mode := who.Mode
	if mode == 0 {
		mode = 0o600
	}
	if err := os.Chmod(temporary, mode); err != nil {
		return nil, err
	}
	file, err := os.Lstat(temporary)
	if err != nil {
		return nil, err
	}
	return file, os.Rename(temporary, path)
}

// Close removes the file if it is the one that we made, then closes the socket; in this
// order, since while the socket is open no other file can have its inode. Who has
// dropped root may not be allowed to remove it: it stays, and refuses connections.
func (l *unixListener) Close() error { return l.close() }

func (l *unixListener) closeOnce() error {
	there, err := os.Lstat(l.path)
	if err == nil && os.SameFile(there, l.file) {
		err = os.Remove(l.path)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	return errors.Join(err, l.UnixListener.Close())
}

// rootCause takes the temporary name and the words of package net out of an error: the
// caller names the address that the operator wrote.
func rootCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return cause(err)
}
