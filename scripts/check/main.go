// Command check runs everything that must hold before a change is good, and counts:
//
//	go run ./scripts/check [PART...]
//
// The parts are setup (fetch what is missing), gofmt, vet, staticcheck and test; without arguments
// all of them run, in this order, each even if one before it failed. A part that cannot run has failed. At the
// end stand the names of what failed and of what was not run, and as the last line, for machines,
//
//	N passed, N failed, N skipped
//
// where each part but test counts as one and test as its test functions, subtests one by one. The exit status
// is 0 if nothing failed, else 1; 2 for a part that does not exist.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// staticcheck is pinned: another version finds other things.
const staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"

// testFlags: -count=1 because Go's cache of results does not know which HAProxy they were made with;
// -parallel because tests against HAProxy mostly wait.
var testFlags = []string{"-count=1", "-timeout=5m", "-parallel=8"}

// modules are the folders of the project's Go modules: the program's, and that of what makes its
// packages. "./..." does not go from one into the other. Their tests run one after the other, since
// those of the program look at the clock.
var modules = []string{".", "packaging"}

// parts in the order in which they run.
var parts = []part{
	{"setup", func(s *summary) error { return command(s.out, ".", "scripts/setup.sh") }},
	{"gofmt", func(s *summary) error { return gofmt(s.out) }},
	{"vet", func(s *summary) error { return everywhere(s.out, "go", "vet", "./...") }},
	{"staticcheck", func(s *summary) error { return everywhere(s.out, "go", "run", staticcheck, "./...") }},
	{"test", test},
}

// part is one thing that must hold. Its error says why it does not; test counts for itself.
type part struct {
	name string
	run  func(*summary) error
}

func main() { os.Exit(run(os.Args[1:], os.Stdout)) }

func run(names []string, out io.Writer) int {
	for _, name := range names {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			fmt.Fprintf(out, "check: no such part: %s\n", name)
			return 2
		}
	}
	s := &summary{out: out}
	for _, p := range parts {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		start := time.Now()
		err := p.run(s)
		verdict := "ok  "
		if err != nil {
			verdict = "FAIL"
		}
		fmt.Fprintf(out, "%s %-50s %6.1fs\n", verdict, p.name, time.Since(start).Seconds())
		s.part(p.name, err)
	}
	return s.close()
}

// everywhere runs a program in each module, in all of them even if one has failed.
func everywhere(out io.Writer, argv ...string) error {
	var errs []error
	for _, dir := range modules {
		if err := command(out, dir, argv...); err != nil {
			errs = append(errs, fmt.Errorf("in %s: %w", dir, err))
		}
	}
	return errors.Join(errs...)
}

// command runs a program in a folder and shows what it says.
func command(out io.Writer, dir string, argv ...string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = out, out
	return cmd.Run()
}

// gofmt fails if a file is not formatted. Where Go is, gofmt is, but not always in the PATH.
func gofmt(out io.Writer) error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	var files bytes.Buffer
	program := filepath.Join(string(bytes.TrimSpace(root)), "bin", "gofmt")
	if err := command(io.MultiWriter(out, &files), ".", program, "-l", "."); err != nil {
		return err
	}
	if n := bytes.Count(files.Bytes(), []byte("\n")); n > 0 {
		return fmt.Errorf("%d files are not formatted", n)
	}
	return nil
}

// test runs the tests of all modules.
func test(s *summary) error {
	var errs []error
	for _, dir := range modules {
		if err := testModule(s, dir); err != nil {
			errs = append(errs, fmt.Errorf("in %s: %w", dir, err))
		}
	}
	return errors.Join(errs...)
}

// testModule runs go test in a folder and hands its report to the summary as it comes. Each module
// must run some test: another one's are no excuse.
func testModule(s *summary, dir string) error {
	cmd := exec.Command("go", append(append([]string{"test", "-json"}, testFlags...), "./...")...)
	cmd.Dir = dir
	var said bytes.Buffer // what is wrong before a test binary exists
	cmd.Stderr = &said
	report, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	before := s.passed + s.failed + s.skipped
	if err := s.report(report); err != nil {
		return err
	}
	err = cmd.Wait()
	s.out.Write(said.Bytes())
	if err == nil && s.passed+s.failed+s.skipped == before {
		return errors.New("not a single test was run")
	}
	return err
}
