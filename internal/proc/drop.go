package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Drop makes this process run as id, all threads of it, without a way back: no
// supplementary groups, then real, effective and saved group, then user; in this order,
// since the user may not change groups any more. Then it tries to become root again and
// takes success for an error. After an error the process is in between: exit.
//
// Everything that needs root comes before: privileged ports, keys, the pid file, CPU
// affinity. A process that is id already has nothing to drop, whoever it is, so the
// same command line works under systemd's User=.
func (id Identity) Drop() error {
	if id.isCurrent() {
		return nil
	}
	// Since Go 1.16 the setters of package syscall act on all threads.
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("give up supplementary groups: %w", orNotRoot(err))
	}
	if id.hasGroup {
		g := int(id.gid)
		if err := syscall.Setresgid(g, g, g); err != nil {
			return fmt.Errorf("become group '%s': %w", id.group, orNotRoot(err))
		}
	}
	if id.hasUser {
		u := int(id.uid)
		if err := syscall.Setresuid(u, u, u); err != nil {
			return fmt.Errorf("become user '%s': %w", id.user, orNotRoot(err))
		}
	}
	return id.tryToRegain()
}

// Advice says what is unwise about dropping to id, empty if nothing is.
func (id Identity) Advice() string {
	if id.hasUser && !id.hasGroup && id.uid != 0 && unix.Getegid() == 0 {
		return fmt.Sprintf("user '%s' is given without a group: the process stays in group root", id.user)
	}
	return ""
}

// isCurrent says that all our ids are those of id already.
func (id Identity) isCurrent() bool {
	ru, eu, su := unix.Getresuid()
	rg, eg, sg := unix.Getresgid()
	u, g := int(id.uid), int(id.gid)
	return (!id.hasUser || ru == u && eu == u && su == u) &&
		(!id.hasGroup || rg == g && eg == g && sg == g)
}

func (id Identity) tryToRegain() error {
	if !id.hasUser || id.uid == 0 {
		return nil // still root, as told
	}
	if syscall.Setresuid(-1, 0, -1) == nil {
		return errors.New("root could be regained after it was dropped")
	}
	if id.hasGroup && id.gid != 0 && syscall.Setresgid(-1, 0, -1) == nil {
		return errors.New("group root could be regained after it was dropped")
	}
	return nil
}

// orNotRoot says what EPERM means here.
func orNotRoot(err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w (only root can; we are uid %d)", err, os.Geteuid())
	}
	return err
}

// NoNewPrivs forbids every thread of this process, and whatever it may start, to gain
// rights by executing a set-user-id file. A binary built with cgo cannot reach all its
// threads: the error is errors.ErrUnsupported then, and a warning enough, since
// tallystick executes nothing after its start.
func NoNewPrivs() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("set no_new_privs: %w", errno)
	}
	return nil
}
