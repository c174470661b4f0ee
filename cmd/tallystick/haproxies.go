package main

import (
	"os"
	"path/filepath"
)

// cached finds the HAProxys that scripts/setup.sh has fetched, oldest version first.
func cached() []string {
	dir := os.Getenv("TALLYSTICK_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil
		}
		dir = filepath.Join(base, "tallystick")
	}
	found, _ := filepath.Glob(filepath.Join(dir, "haproxy-*", "run")) // sorted; the pattern is sound
	return found
}
