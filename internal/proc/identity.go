package proc

import (
	"errors"
	"fmt"
	"os/user"
	"strconv"
)

// Identity is a user and a group, each of which may be left open. The zero Identity
// leaves both: it changes nothing.
type Identity struct {
	user, group       string // as written
	uid, gid          uint32
	hasUser, hasGroup bool
}

// Lookup finds a user and a group by name or number; an empty word leaves it open. A
// name goes first, as in chown(1). As in HAProxy a user does not bring its group: see
// Advice.
func Lookup(userWord, groupWord string) (Identity, error) {
	id := Identity{user: userWord, group: groupWord}
	var errs [2]error
	if userWord != "" {
		id.hasUser = true
		id.uid, errs[0] = lookup("user", userWord, func(name string) (string, error) {
			u, err := user.Lookup(name)
			if err != nil {
				return "", err
			}
			return u.Uid, nil
		})
	}
	if groupWord != "" {
		id.hasGroup = true
		id.gid, errs[1] = lookup("group", groupWord, func(name string) (string, error) {
			g, err := user.LookupGroup(name)
			if err != nil {
				return "", err
			}
			return g.Gid, nil
		})
	}
	if err := errors.Join(errs[:]...); err != nil {
		return Identity{}, err
	}
	return id, nil
}

// lookup asks byName, then takes word for a number. 2^32-1 is no id: the system calls
// read it as "leave it".
func lookup(kind, word string, byName func(string) (string, error)) (uint32, error) {
	digits, nameErr := byName(word)
	if nameErr != nil {
		digits = word
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err == nil && n != 1<<32-1 {
		return uint32(n), nil
	}
	var unknownUser user.UnknownUserError
	var unknownGroup user.UnknownGroupError
	if nameErr == nil || errors.As(nameErr, &unknownUser) || errors.As(nameErr, &unknownGroup) {
		return 0, fmt.Errorf("no %s '%s' on this system", kind, word)
	}
	return 0, fmt.Errorf("look up %s '%s': %w", kind, word, nameErr)
}

// IsZero says that the identity leaves everything as it is.
func (id Identity) IsZero() bool { return !id.hasUser && !id.hasGroup }

// owner is the identity for chown, which takes -1 for "leave it".
func (id Identity) owner() (uid, gid int) {
	uid, gid = -1, -1
	if id.hasUser {
		uid = int(id.uid)
	}
	if id.hasGroup {
		gid = int(id.gid)
	}
	return uid, gid
}
