package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// build builds the program. Without cgo it needs nothing of the machine, and can drop root for
// all of its threads. What differs from machine to machine, paths and the state of a repository,
// is left out: the version that it tells is that of the sources.
func (r *release) build(arch, program string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", program, "./cmd/tallystick")
	cmd.Dir = r.root
	// GOFLAGS could say anything; levels of processors are the oldest, so that it runs on all.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build for %s: %w\n%s", arch, err, said)
	}
	return os.Chmod(program, 0o755)
}

var versionLine = regexp.MustCompile(`(?m)^\s*versionNumber\s*=\s*"([^"]+)"`)

// versionOf reads the version where the program has it.
func versionOf(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	m := versionLine.FindSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("%s: no versionNumber", file)
	}
	return string(m[1]), nil
}

// sums writes SHA256SUMS, for "sha256sum -c", and returns the names of all files.
func sums(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, err
	}
	var list strings.Builder
	var names []string
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		names = append(names, e.Name())
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	const file = "SHA256SUMS"
	names = append(names, file)
	slices.Sort(names)
	return names, os.WriteFile(filepath.Join(dir, file), []byte(list.String()), 0o644)
}
