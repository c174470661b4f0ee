package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// said is the beginning of what go test -json says of a test.
func said(test, action string) string {
	return `{"Action":"run","Package":"p","Test":"` + test + `"}` + "\n" +
		`{"Action":"output","Package":"p","Test":"` + test + `","Output":"=== RUN   ` + test + `\n"}` + "\n" +
		`{"Action":"output","Package":"p","Test":"` + test + `","Output":"    x_test.go:7: word of ` + test + `\n"}` + "\n" +
		`{"Action":"` + action + `","Package":"p","Test":"` + test + `"}` + "\n"
}

func TestReport(t *testing.T) {
	const (
		passed = `{"Action":"pass","Package":"p","Elapsed":1.5}` + "\n"
		failed = `{"Action":"fail","Package":"p","Elapsed":1.5}` + "\n"
	)
	for _, c := range []struct {
		why, report string
		err         error    // of go test itself
		want        string   // the last line
		says        []string // somewhere
	}{
		{"tests that pass", said("TestA", "pass") + said("TestB", "pass") + passed, nil, "2 passed, 0 failed, 0 skipped", []string{"ok   p"}},
		{"subtests count one by one, their parent does not", said("TestA/x", "pass") + said("TestA/y/z", "pass") + said("TestA/y", "pass") + said("TestA", "pass") + passed, nil,
			"2 passed, 0 failed, 0 skipped", nil},
		{"a skipped test is named, with its reason", said("TestA", "skip") + said("TestB", "pass") + passed, nil, "1 passed, 0 failed, 1 skipped", []string{"not run:\n  p TestA: x_test.go:7: word of TestA"}},
		{"a failed subtest counts once and is shown", said("TestA/x", "fail") + said("TestA/y", "pass") + said("TestA", "fail") + failed, errors.New("exit status 1"),
			"1 passed, 1 failed, 0 skipped", []string{"failed:\n  p TestA/x\n", "word of TestA/x", "FAIL p"}},
		{"a parent that fails by itself counts beside its subtests", said("TestA/x", "pass") + said("TestA", "fail") + failed, errors.New("exit status 1"),
			"1 passed, 1 failed, 0 skipped", []string{"failed:\n  p TestA\n"}},
		{"a binary that died fails the test that was running", said("TestB", "pass") + `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: oh"}` + failed, errors.New("exit status 1"),
			"1 passed, 1 failed, 0 skipped", []string{"p TestA (did not end)", "panic: oh"}},
		{"a package that fails without a test, as with a leak at its end", said("TestB", "pass") + failed, errors.New("exit status 1"), "1 passed, 1 failed, 0 skipped", []string{"failed:\n  p\n"}},
		{"a package that does not compile", `{"ImportPath":"p","Action":"build-output","Output":"x.go:1: undefined: y\n"}` + "\n" +
			`{"Action":"fail","Package":"p","FailedBuild":"p"}` + "\n", errors.New("exit status 1"), "0 passed, 1 failed, 0 skipped", []string{"undefined: y"}},
		{"a report that is cut off", said("TestB", "pass"), errors.New("signal: killed"), "1 passed, 1 failed, 0 skipped", []string{"failed:\n  p\n"}},
		{"go test that does not even begin", "", errors.New("go: no such tool"), "0 passed, 1 failed, 0 skipped", []string{"test: go: no such tool"}},
		{"not a single test: something is wrong", `{"Action":"skip","Package":"p"}` + "\n", nil, "0 passed, 1 failed, 0 skipped", []string{"not a single test", "without tests:\n  p\n"}},
	} {
		var out strings.Builder
		s := &summary{out: &out}
		if err := s.report(strings.NewReader(c.report)); err != nil {
			t.Errorf("%s: %v", c.why, err)
		}
		s.part("test", c.err)
		status := s.close()
		if !strings.HasSuffix(out.String(), "\n"+c.want+"\n") {
			t.Errorf("%s: want %q at the end of\n%s", c.why, c.want, out.String())
		}
		if bad := !strings.Contains(c.want, " 0 failed"); bad != (status != 0) {
			t.Errorf("%s: exit status %d", c.why, status)
		}
		for _, words := range c.says {
			if !strings.Contains(out.String(), words) {
				t.Errorf("%s: want %q in\n%s", c.why, words, out.String())
			}
		}
	}
}

func TestReportThatIsNone(t *testing.T) {
	if err := (&summary{out: &strings.Builder{}}).report(strings.NewReader("FAIL\n")); err == nil {
		t.Error("what is not JSON is no report")
	}
}

func TestPartsCount(t *testing.T) {
	var out strings.Builder
	s := &summary{out: &out, counted: true}
	s.part("gofmt", nil)
	s.part("vet", errors.New("exit status 1"))
	s.part("test", nil)
	if s.close() != 1 || !strings.HasSuffix(out.String(), "1 passed, 1 failed, 0 skipped\n") || !strings.Contains(out.String(), "vet: exit status 1") {
		t.Error(out.String())
	}
}

func TestUnknownPart(t *testing.T) {
	var out strings.Builder
	if status := run([]string{"tets"}, &out); status != 2 {
		t.Errorf("exit status %d: %s", status, out.String())
	}
}

// Tests of one module are no excuse for another one's that are not there.
func TestEveryModuleIsTested(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a/go.mod": "module a\n", "a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestA(*testing.T) {}\n",
		"b/go.mod": "module b\n", "b/b.go": "package b\n",
		"c/go.mod": "modul c\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	defer func(old []string) { modules = old }(modules)
	for _, c := range []struct {
		dirs string
		want string
	}{
		{"a", "1 passed, 0 failed, 0 skipped"},
		{"a b", "1 passed, 1 failed, 0 skipped"},
		{"a c", "1 passed, 1 failed, 0 skipped"},
	} {
		modules = nil
		for _, d := range strings.Fields(c.dirs) {
			modules = append(modules, filepath.Join(dir, d))
		}
		var out strings.Builder
		status := run([]string{"test"}, &out)
		if !strings.HasSuffix(out.String(), "\n"+c.want+"\n") || (status == 0) != strings.Contains(c.want, " 0 failed") {
			t.Errorf("%s: status %d, want %q at the end of\n%s", c.dirs, status, c.want, out.String())
		}
	}
}
