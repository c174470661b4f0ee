package haproxytest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Version is a HAProxy that can be started.
type Version struct {
	Major, Minor int
	Program      string // its executable
}

// String is the branch, as in "3.2".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// AtLeast reports whether it is that version or a later one. Syntax came with versions: arrays
// gpt(N), gpc(N) and gpc_rate(N) with 2.5, write-to with 2.9, glitch_cnt with 3.0, recv-only with 3.2.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// wanted are the versions that tests run against: those of four Debian suites. scripts/setup.sh has
// the same list.
var wanted = []Version{{Major: 2, Minor: 2}, {Major: 2, Minor: 6}, {Major: 3, Minor: 0}, {Major: 3, Minor: 2}}

// Find returns the versions that are on this machine, oldest first, and an error that names those
// that are not.
func Find() ([]Version, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	var found []Version
	var missing []error
	for _, v := range wanted {
		v.Program = filepath.Join(cache, "haproxy-"+v.String(), "run")
		if _, err := os.Stat(v.Program); err != nil {
			missing = append(missing, fmt.Errorf(`HAProxy %v is not there, run "make setup": %w`, v, err))
			continue
		}
		found = append(found, v)
	}
	return found, errors.Join(missing...)
}

// cacheDir follows scripts/setup.sh.
func cacheDir() (string, error) {
	if dir := os.Getenv("TALLYSTICK_CACHE"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "tallystick"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".cache", "tallystick"), nil
}

// Versions returns all versions that tests run against, oldest first. The test fails if one is
// missing.
func Versions(t testing.TB) []Version {
	t.Helper()
	found, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Get returns one version. The test fails if it is missing.
func Get(t testing.TB, major, minor int) Version {
	t.Helper()
	for _, v := range Versions(t) {
		if v.Major == major && v.Minor == minor {
			return v
		}
	}
	t.Fatalf("HAProxy %d.%d is not one of those that tests run against", major, minor)
	return Version{}
}
