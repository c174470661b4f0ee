package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const manual = "../../doc/reference.cfg"

// loadFile loads a file for a program that shall run.
func loadFile(t *testing.T, name string) (*Config, []Error) {
	t.Helper()
	return Load([]File{readFile(t, name)}, Options{})
}

func readFile(t testing.TB, name string) File {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return File{Name: name, Data: data}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no files (%v)", pattern, err)
	}
	return names
}

// TestVendor loads every complete example of the manuals of both products, unchanged.
func TestVendor(t *testing.T) {
	for _, name := range glob(t, "testdata/vendor/single/*.cfg") {
		if c, errs := loadFile(t, name); c == nil || len(errs) > 0 {
			t.Errorf("%s: an example of one level loads without a word: %v", name, errs)
		}
	}
	for _, name := range glob(t, "testdata/vendor/later/*.cfg") {
		c, errs := Parse([]File{readFile(t, name)}, Options{})
		if c == nil {
			t.Errorf("%s: any example is good: %v", name, errs)
			continue
		}
		// The old product's own example forwards what it writes: that is worth a warning.
		if warned := len(errs) > 0; warned != strings.HasSuffix(name, "stktagg-middle.cfg") {
			t.Errorf("%s: %v", name, errs)
		}
		if len(Unsupported(c)) == 0 {
			t.Errorf("%s: it loads, so it belongs among the single ones", name)
		}
	}
}

func TestExamples(t *testing.T) {
	for _, name := range glob(t, "../../examples/*/tallystick.cfg") {
		if c, errs := loadFile(t, name); c == nil || len(errs) > 0 {
			t.Errorf("%s: an example is without a flaw: %v", name, errs)
		}
	}
}

// TestManualParses: what the manual shows is possible.
func TestManualParses(t *testing.T) {
	c, errs := Parse([]File{readFile(t, manual)}, Options{})
	if c == nil {
		t.Fatalf("the manual has mistakes: %v", errs)
	}
	for _, e := range errs {
		if e.Severity != Notice {
			t.Errorf("the manual shows nothing that is warned of: %v", e)
		}
	}
	for i := range keywords {
		k := &keywords[i]
		for _, o := range append(k.options, option{}) {
			if !slices.ContainsFunc(c.uses, func(u use) bool { return u.keyword == k.section+" "+k.name && u.option == o.name }) {
				t.Errorf("the manual has no example of '%s %s' in section %s", k.name, o.name, k.section)
			}
		}
	}
}

// TestManualExplains: every keyword stands in a comment with all that it takes, and is
// marked if this version cannot do it.
func TestManualExplains(t *testing.T) {
	comments := regexp.MustCompile(`\s*\n\s*#\s*`).ReplaceAllString(string(readFile(t, manual).Data), " ")
	for i := range keywords {
		k := &keywords[i]
		if !strings.Contains(comments, k.usage()) {
			t.Errorf("the manual lacks: %s", k.usage())
		}
		later := slices.ContainsFunc(pending, func(p struct{ keyword, option, hint string }) bool {
			return p.keyword == k.section+" "+k.name && (p.option == "" || p.option == k.takes)
		})
		if later != strings.Contains(comments, "(later) "+k.usage()) {
			t.Errorf("marked as (later) or not, against what Unsupported says: %s", k.usage())
		}
		if k.alias != "" && !strings.Contains(comments, k.alias) {
			t.Errorf("the manual lacks: %s", k.alias)
		}
	}
}

// TestManualLoads: what the manual does not mark as (later) can be done. So without the
// lines that Unsupported names, and without the sections of the last part, it loads.
func TestManualLoads(t *testing.T) {
	f := readFile(t, manual)
	c, _ := Parse([]File{f}, Options{})
	var kept []string
	for i, line := range strings.SplitAfter(string(f.Data), "\n") {
		if strings.HasPrefix(line, "# (later)") {
			break
		}
		if !slices.ContainsFunc(Unsupported(c), func(e Error) bool { return e.Pos.Line == i+1 }) {
			kept = append(kept, line)
		}
	}
	c, errs := Load([]File{{Name: manual, Data: []byte(strings.Join(kept, ""))}}, Options{})
	if c == nil || len(c.Sections) != 1 {
		t.Errorf("the first section and most of global can be done now: %v", errs)
	}
}

// TestPending: the table of what comes later names keywords and options that exist, or a
// line of it would refuse nothing.
func TestPending(t *testing.T) {
	for _, n := range pending {
		if !slices.ContainsFunc(keywords, func(k keyword) bool {
			return n.keyword == k.section+" "+k.name && (n.option == "" || k.option(n.option) != nil || n.option == k.takes)
		}) {
			t.Errorf("there is no '%s %s'", n.keyword, n.option)
		}
	}
}

func TestHelp(t *testing.T) {
	help := Help()
	for i := range keywords {
		if k := &keywords[i]; k.help == "" || k.apply == nil || !strings.Contains(help, k.usage()+"\n") {
			t.Errorf("%s: no help, or nothing done with it", k.name)
		}
	}
	for _, want := range []string{"global\n  stats socket ADDR [mode M]", "aggregations ID\n  from any|.S1[,.S2...] to .SUF [accept"} {
		if !strings.Contains(help, want) {
			t.Errorf("sections and their lines are listed: no %q in\n%s", want, help)
		}
	}
}

// TestForeign: no word that is ours can be refused as HAProxy's, and no entry can be
// without effect since it names a line that we have not.
func TestForeign(t *testing.T) {
	for name := range foreignWords {
		found := false
		for i := range keywords {
			k := &keywords[i]
			if name == k.section+" "+k.name || k.option(strings.TrimPrefix(name, k.name+" ")) != nil && strings.HasPrefix(name, k.name+" ") {
				t.Errorf("'%s' is our own", name)
			}
			found = found || strings.HasPrefix(name, k.section+" ") || strings.HasPrefix(name, k.name+" ")
		}
		if !found {
			t.Errorf("'%s' stands on no line of ours", name)
		}
	}
	for name := range foreignSections {
		if openers[name] != "" {
			t.Errorf("section '%s' is our own", name)
		}
	}
}
