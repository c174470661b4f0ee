package page

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestFilesOfOthersAreAsListed holds each vendored file against its line of the table, and each file against
// there being a line: nothing of others comes in, or changes, without its version and licence being said.
func TestFilesOfOthersAreAsListed(t *testing.T) {
	readme, err := os.ReadFile("static/third_party/README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .+ \\| .*\\d+\\.\\d+\\.\\d+ \\| .*(MIT|Apache).* \\| `([0-9a-f]{64})` \\|$")
	listed := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
		listed[m[1]] = m[3]
	}
	files, err := os.ReadDir("static/third_party")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if f.Name() == "README.md" {
			continue
		}
		if strings.HasPrefix(f.Name(), "LICENSE.") {
			if !strings.Contains(string(readme), "`"+f.Name()+"`") {
				t.Errorf("%s: no row names it", f.Name())
			}
			continue
		}
		text, err := os.ReadFile("static/third_party/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != listed[f.Name()] {
			t.Errorf("%s: SHA-256 is %s, README.md says %q", f.Name(), got, listed[f.Name()])
		}
	}
	if seen != len(listed) || seen != 3 {
		t.Errorf("%d files, %d rows, want 3 of both", seen, len(listed))
	}
}

// own calls f with each file of ours that the page is made of.
func own(t *testing.T, f func(name, text string)) {
	t.Helper()
	n := 0
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "third_party") {
			return err
		}
		text, err := static.ReadFile(name)
		n++
		f(name, string(text))
		return err
	})
	if err != nil || n < 4 {
		t.Fatalf("%d files (%v): this test looks in the wrong place", n, err)
	}
}

// TestNoTextBecomesMarkup looks for every way to make markup or code of a string. A key is what a client of
// a client sends, so it may be anything.
func TestNoTextBecomesMarkup(t *testing.T) {
	never := regexp.MustCompile(`(?i)(inner|outer)HTML|insertAdjacentHTML|document\.write|dangerously|eval\(|new Function|` +
		`srcdoc|javascript:|setHTML|createContextualFragment|DOMParser|\bon\w+="|style="|<script>|<style`)
	own(t, func(name, text string) {
		for i, line := range strings.Split(text, "\n") {
			if found := never.FindString(line); found != "" {
				t.Errorf("%s:%d: %q", name, i+1, found)
			}
		}
	})
}

// TestNothingComesFromOutside: a page that needs the internet does not work in the night when it is gone.
func TestNothingComesFromOutside(t *testing.T) {
	// The name of the SVG namespace is an address by its looks only.
	outside := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+(\.[a-z0-9-]+)+`)
	own(t, func(name, text string) {
		for i, line := range strings.Split(text, "\n") {
			if found := outside.FindString(line); found != "" && !strings.Contains(line, "http://www.w3.org/2000/svg") {
				t.Errorf("%s:%d: %q", name, i+1, found)
			}
		}
	})
}

// TestFilesAreSmallAndEven holds what CONTRIBUTING.md says of size, and what the formatter does to text.
func TestFilesAreSmallAndEven(t *testing.T) {
	own(t, func(name, text string) {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) > 400 {
			t.Errorf("%s: %d lines", name, len(lines))
		}
		if strings.HasSuffix(name, ".js") && !strings.HasPrefix(text, "// ") {
			t.Errorf("%s: the first line says what it is for", name)
		}
		for i, line := range lines {
			if strings.Contains(line, "\t") || strings.TrimRight(line, " ") != line || len(line) > 160 {
				t.Errorf("%s:%d: a tab, a blank at the end, or longer than 160", name, i+1)
			}
		}
	})
}
