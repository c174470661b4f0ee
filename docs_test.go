package tallystick

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A threat counts as tested only while the tests that SECURITY.md names exist.
func TestSecurityNamesRealTests(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := testNames(t)
	rows := 0
	name := regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| T-") {
			continue
		}
		rows++
		cells := strings.Split(line, "|")
		id, state := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3])
		names := name.FindAllString(state, -1)
		for _, n := range names {
			if !exists[n] {
				t.Errorf("%s: there is no %s", id, n)
			}
		}
		if strings.HasPrefix(state, "tested") && len(names) == 0 {
			t.Errorf("%s is said to be tested, by no test", id)
		}
	}
	if rows != 35 {
		t.Errorf("%d threats, want all 35: what is not tested is said in public", rows)
	}
}

// Every page that another one points to is there, and so is every picture.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("doc/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	seen := 0
	for _, page := range append(pages, more...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			seen++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s points to %s: %v", page, m[1], err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d links: this looks in the wrong place", seen)
	}
}

// testNames collects the names of all tests and fuzz targets.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)`)
	files, err := filepath.Glob("*/*/*_test.go") // internal/ROOM, cmd/PROGRAM
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}

// Every command that doc/acting.md shows is said, and its answer compared, by a script of the program: each part that has
// any is played there.
func TestManualIsPlayed(t *testing.T) {
	text, err := os.ReadFile("doc/acting.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("cmd/tallystick/testdata/script/acting.txtar")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for part := range strings.SplitSeq(string(text), "\n#") {
		heading, body, _ := strings.Cut(strings.TrimLeft(part, "# "), "\n")
		if !strings.Contains(body, "\n    > ") {
			continue
		}
		played++
		if !strings.Contains(string(script), "manual acting.md '"+heading+"' ") {
			t.Errorf("no script plays %q", heading)
		}
	}
	if played < 4 {
		t.Errorf("%d parts with commands: this test looks in the wrong place", played)
	}
}
