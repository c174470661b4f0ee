// Command dist makes everything that is given away, for "make dist":
//
//	go run ./dist -root .. -out ../build/dist
//
// static programs for linux on amd64 and arm64, a deb and an rpm of each, a list of what is in
// them (SBOM, CycloneDX) and SHA256SUMS. The same sources and the same SOURCE_DATE_EPOCH, which is
// the date of the last commit if nothing is said, make the same bytes, on any machine, in any folder.
//
// It has a Go module of its own, so that the program's stays as small as the program.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// arches are what is built for, as Go calls them.
var arches = []string{"amd64", "arm64"}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("dist", flag.ContinueOnError)
	f.SetOutput(stderr)
	root := f.String("root", "..", "the project's `folder`")
	out := f.String("out", "../build/dist", "the `folder` to put it into; what is there is replaced")
	if err := f.Parse(args); err != nil {
		return 2
	}
	names, err := dist(*root, *out)
	if err != nil {
		fmt.Fprintf(stderr, "dist: %v\n", err)
		return 1
	}
	for _, name := range names {
		fmt.Fprintln(stdout, filepath.Join(*out, name))
	}
	return 0
}

// release is what all of one run has in common.
type release struct {
	root, out string
	version   string
	when      time.Time // of every file
}

// dist makes everything and returns the names of the files, sorted.
func dist(root, out string) ([]string, error) {
	r := release{root: root, out: out}
	var err error
	if r.version, err = versionOf(filepath.Join(root, "cmd/tallystick/version.go")); err != nil {
		return nil, err
	}
	if r.when, err = epoch(root); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	var all sync.WaitGroup
	errs := make([]error, len(arches))
	for i, arch := range arches {
		all.Go(func() { errs[i] = r.make(arch) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return sums(out)
}

// make makes what there is for one kind of machine.
func (r *release) make(arch string) error {
	program := filepath.Join(r.out, fmt.Sprintf("tallystick-%s-linux-%s", r.version, arch))
	if err := r.build(arch, program); err != nil {
		return err
	}
	parts, err := partsOf(program)
	if err != nil {
		return err
	}
	if err := r.sbom(parts, program+".cdx.json"); err != nil {
		return err
	}
	return r.packages(arch, program, parts)
}

// epoch is the time that all files get.
func epoch(root string) (time.Time, error) {
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		out, err := exec.Command("git", "-C", root, "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("no commit to take the date of; set SOURCE_DATE_EPOCH: %w", err)
		}
		seconds = strings.TrimSpace(string(out))
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(n, 0).UTC(), nil
}
