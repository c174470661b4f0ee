package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// summary counts what passed, failed and was skipped.
type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	bad, notRun, bare       []string // named at the end: what failed, was skipped, has no tests
	counted                 bool     // some test function has run
}

// part takes the verdict on a part. The part test counts its functions; its own verdict counts only if it
// failed and no function did: then it could not even run.
func (s *summary) part(name string, err error) {
	switch {
	case name == "test" && err == nil && !s.counted:
		s.fail("test: not a single test was run")
	case name == "test" && (err == nil || s.failed > 0):
	case err != nil:
		s.fail(fmt.Sprintf("%s: %v", name, err))
	default:
		s.passed++
	}
}

func (s *summary) fail(what string) {
	s.failed++
	s.bad = append(s.bad, what)
}

// close prints the end and returns the exit status.
func (s *summary) close() int {
	for _, list := range []struct {
		title string
		names []string
	}{{"without tests:", s.bare}, {"not run:", s.notRun}, {"failed:", s.bad}} {
		if len(list.names) > 0 {
			fmt.Fprintf(s.out, "\n%s\n  %s\n", list.title, strings.Join(list.names, "\n  "))
		}
	}
	fmt.Fprintf(s.out, "\n%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if s.failed > 0 {
		return 1
	}
	return 0
}

// event is a line of "go test -json", see "go doc test2json".
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// packageRun is what has been reported of a package so far.
type packageRun struct {
	output   map[string]*strings.Builder // by test; "" is the package's own
	verdicts map[string]string           // by test
}

// report reads the whole of a "go test -json" and prints a line for each package, and all that failed ones said.
func (s *summary) report(r io.Reader) error {
	runs := map[string]*packageRun{}
	builds := map[string]*strings.Builder{}
	for d := json.NewDecoder(r); ; {
		var e event
		err := d.Decode(&e)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("report of go test: %w", err)
		}
		switch {
		case e.Action == "build-output":
			buffer(builds, e.ImportPath).WriteString(e.Output)
		case e.Package == "":
		case e.Action == "output":
			buffer(runOf(runs, e.Package).output, e.Test).WriteString(e.Output)
		case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
			run := runOf(runs, e.Package)
			if e.Test != "" {
				run.verdicts[e.Test] = e.Action
				continue
			}
			if b := builds[e.FailedBuild]; b != nil {
				run.output[""] = b
			}
			s.finish(e, run)
			delete(runs, e.Package)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(runs)) { // go test itself was cut off
		s.finish(event{Action: "fail", Package: name}, runs[name])
	}
	return nil
}

func buffer(m map[string]*strings.Builder, key string) *strings.Builder {
	if m[key] == nil {
		m[key] = &strings.Builder{}
	}
	return m[key]
}

func runOf(runs map[string]*packageRun, name string) *packageRun {
	if runs[name] == nil {
		runs[name] = &packageRun{map[string]*strings.Builder{}, map[string]string{}}
	}
	return runs[name]
}

// finish counts a package whose verdict is in.
func (s *summary) finish(e event, run *packageRun) {
	passed, failed := 0, s.failed
	for _, name := range run.leaves() {
		s.counted = true
		switch where := e.Package + " " + name; run.verdicts[name] {
		case "pass":
			s.passed++
			passed++
		case "skip":
			s.skipped++
			s.notRun = append(s.notRun, where+": "+reason(run.output[name]))
		case "fail":
			s.fail(where)
		default: // it had begun when the binary died
			s.fail(where + " (did not end)")
		}
	}
	verdict := "ok  "
	switch {
	case e.Action == "fail":
		verdict = "FAIL"
		if s.failed == failed { // it does not compile, or died outside of tests
			s.fail(e.Package)
		}
		run.print(s.out)
	case e.Action == "skip":
		verdict = "none"
		s.bare = append(s.bare, e.Package)
	}
	fmt.Fprintf(s.out, "%s %-50s %6.1fs %5d passed\n", verdict, e.Package, e.Elapsed, passed)
}

// leaves are the tests without subtests, sorted; and those with subtests that failed by themselves.
func (r *packageRun) leaves() []string {
	for name := range r.output { // whoever spoke has run, even if no verdict came
		if _, ok := r.verdicts[name]; !ok && name != "" {
			r.verdicts[name] = "none"
		}
	}
	parents := map[string]bool{} // value: one of its subtests did not pass
	for name, verdict := range r.verdicts {
		for up := strings.LastIndexByte(name, '/'); up > 0; up = strings.LastIndexByte(name[:up], '/') {
			parents[name[:up]] = parents[name[:up]] || verdict == "fail" || verdict == "none"
		}
	}
	var names []string
	for name, verdict := range r.verdicts {
		if failedBelow, isParent := parents[name]; !isParent || verdict != "pass" && verdict != "skip" && !failedBelow {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// print shows what the package and its failed tests said.
func (r *packageRun) print(out io.Writer) {
	for _, name := range slices.Sorted(maps.Keys(r.output)) {
		if v := r.verdicts[name]; name == "" || v == "fail" || v == "none" {
			io.WriteString(out, r.output[name].String())
		}
	}
}

// reason is the last thing that a skipped test said, on one line.
func reason(said *strings.Builder) string {
	if said == nil {
		return "no reason given"
	}
	var last string
	for line := range strings.Lines(said.String()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
			last = line
		}
	}
	return last
}
