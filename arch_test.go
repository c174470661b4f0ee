// Package tallystick holds the house rules that a test can check: which room may import
// which, and that each says what it is for. The program is in cmd/tallystick.
package tallystick

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// banned is what a pure room may not import: pure rooms have no goroutine, no socket, no clock and
// no log, and these would give them one. A table has locks.
var banned = []string{"net", "os", "os/exec", "os/signal", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "context", "syscall"}

// room is one package under internal, and what ARCHITECTURE.md lets it import.
type room struct {
	name    string
	imports []string // rooms, or "everything"
	pure    bool     // it stands above the line that ends the pure ones
}

// rooms reads the table of rooms from ARCHITECTURE.md: what is drawn there is what holds.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]room{}
	pure := true
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		pure = pure && !strings.Contains(line, "| **edge** |")
		if len(cells) < 4 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		words := func(s string) []string {
			return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("`, ", r) })
		}
		for _, name := range words(cells[1]) {
			found[name] = room{name, words(cells[2]), pure}
		}
	}
	return found
}

type goPackage struct {
	Dir, ImportPath string
	Imports         []string
	GoFiles         []string
}

// packages lists what go list sees, without tests.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=Dir,ImportPath,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestArrows(t *testing.T) {
	plan := rooms(t)
	seen := 0
	for _, p := range packages(t) {
		name, ok := strings.CutPrefix(p.ImportPath, "tallystick/internal/")
		if !ok {
			continue
		}
		seen++
		r, drawn := plan[name]
		if !drawn {
			t.Errorf("room %s is not in the table of ARCHITECTURE.md", name)
			continue
		}
		for _, i := range p.Imports {
			other, ours := strings.CutPrefix(i, "tallystick/internal/")
			if ours && !slices.Contains(r.imports, other) && !slices.Contains(r.imports, "everything") {
				t.Errorf("%s imports %s: ARCHITECTURE.md draws no such arrow", name, other)
			}
			if r.pure && slices.Contains(banned, i) {
				t.Errorf("%s is pure and imports %s", name, i)
			}
		}
	}
	if seen < 10 || !plan["stick"].pure || plan["node"].pure {
		t.Errorf("saw %d rooms, stick pure: %t, node pure: %t: this test looks in the wrong place", seen, plan["stick"].pure, plan["node"].pure)
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		var with []string
		for _, f := range p.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Doc != nil {
				with = append(with, f)
			}
		}
		if len(p.GoFiles) > 0 && len(with) != 1 {
			t.Errorf("%s: exactly one file says what the package is for, not %d: %v", p.ImportPath, len(with), with)
		}
	}
}

// TestPureRoomsStartNothing looks for go statements and for the clock in pure rooms.
func TestPureRoomsStartNothing(t *testing.T) {
	for name, r := range rooms(t) {
		if !r.pure {
			continue
		}
		files, err := filepath.Glob(filepath.Join("internal", name, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", name, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				code, _, _ := strings.Cut(line, "//")
				for _, word := range []string{"go func", "time.Now(", "time.Since(", "time.Until(", "time.After"} {
					if strings.Contains(code, word) {
						t.Errorf("%s is pure: %q", f, strings.TrimSpace(line))
					}
				}
			}
		}
	}
}
