package haproxycfg

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a branch of HAProxy. The zero value is one that is not known.
type Version struct{ Major, Minor int }

// ParseVersion reads "3.2"; what follows, as in "3.2.26" or "3.2-dev1", does not matter.
func ParseVersion(s string) (Version, error) {
	first, rest, _ := strings.Cut(s, ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	major, err := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(rest[:end])
	if err != nil || err2 != nil || major < 1 || minor < 0 {
		return Version{}, fmt.Errorf("no version of HAProxy: %q (write it like 3.2)", s)
	}
	return Version{major, minor}, nil
}

// Known reports whether the version is known.
func (v Version) Known() bool { return v != Version{} }

// AtLeast reports whether it is known to be that version or a later one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// String is the branch, as in "3.2".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }
