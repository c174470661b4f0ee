package config

import (
	"fmt"
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
	return Parse([]File{readFile(t, name)}, Options{})
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

// TestVendor loads every configuration that the manuals of both products print, unchanged,
// and holds what is said about it to what is expected: mostly nothing. What the pages have as a
// grammar, in words or with placeholders is completed; such a file says so in its first line.
func TestVendor(t *testing.T) {
	said := map[string][]string{
		"stktagg/middle.cfg": {"7: both would write the nodes' table"},
		// The products have no way to tell certificates apart, or to keep anybody out; we have, and say so.
		"stktagg/tls-optional.cfg": {"4: any certificate of that authority may use any peer's name"},
		"stktagg/tls-required.cfg": {"4: any certificate of that authority may use any peer's name"},
		"gpe/dynamic.cfg":          {"7: anybody who reaches the listener at [testdata/vendor/gpe/dynamic.cfg:6] becomes a member"},
		"gpe/bind.cfg":             {"7: anybody who reaches the listener at [testdata/vendor/gpe/bind.cfg:3] becomes a member"},
		"gpe/dynamic-global.cfg":   {"5: anybody who reaches the listener at [testdata/vendor/gpe/dynamic-global.cfg:4] becomes a member"},
		"stktagg/ignored.cfg":      {"3: 'hash-table' is accepted and ignored", "4: 'trash-batch' is accepted and ignored"},
	}
	for _, name := range glob(t, "testdata/vendor/*/*.cfg") {
		c, errs := loadFile(t, name)
		if c == nil {
			t.Errorf("%s: the vendor's example does not load: %v", name, errs)
			continue
		}
		want := said[strings.TrimPrefix(name, "testdata/vendor/")]
		for i, e := range errs {
			line, text := "", ""
			if i < len(want) {
				line, text, _ = strings.Cut(want[i], ": ")
			}
			if line != fmt.Sprint(e.Pos.Line) || !strings.Contains(e.Msg, text) {
				t.Errorf("%s: unexpected: %v", name, e)
			}
		}
		if len(errs) < len(want) {
			t.Errorf("%s: got %v, want %q", name, errs, want)
		}
	}
}

// TestManualParses: what the manual shows is possible.
func TestManualParses(t *testing.T) {
	file := readFile(t, manual)
	c, errs := Parse([]File{file}, Options{})
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
			if !shown(string(file.Data), k, o.name) {
				t.Errorf("the manual has no example of '%s %s' in section %s", k.name, o.name, k.section)
			}
		}
	}
}

// shown reports whether a line of the keyword's section has the keyword, with that option if it is not "".
func shown(manual string, k *keyword, option string) bool {
	all := blocks(manual)
	for i := range all {
		for _, line := range all[i].example {
			if words := strings.Fields(line); k.has(words) && inSection(all[:i+1], k.section) && (option == "" || slices.Contains(words, option)) {
				return true
			}
		}
	}
	return false
}

// TestManualExplains: every keyword stands in a comment with all that it takes.
func TestManualExplains(t *testing.T) {
	comments := regexp.MustCompile(`\s*\n\s*#\s*`).ReplaceAllString(string(readFile(t, manual).Data), " ")
	for i := range keywords {
		k := &keywords[i]
		if !strings.Contains(comments, k.usage()) {
			t.Errorf("the manual lacks: %s", k.usage())
		}
		if k.alias != "" && !strings.Contains(comments, k.alias) {
			t.Errorf("the manual lacks: %s", k.alias)
		}
	}
}

// TestManPage: the man page has every keyword with all that it takes.
func TestManPage(t *testing.T) {
	page := strings.ReplaceAll(string(readFile(t, "../../doc/tallystick.cfg.5").Data), `\-`, "-")
	for i := range keywords {
		k := &keywords[i]
		_, section, _ := strings.Cut(page, ".SH "+strings.ToUpper(k.section)+" SECTION")
		section, _, _ = strings.Cut(section, "\n.SH ")
		if !strings.Contains(section, "\n.B "+k.usage()+"\n") {
			t.Errorf("tallystick.cfg(5) lacks in section %s: %s", k.section, k.usage())
		}
		if k.alias != "" && !strings.Contains(section, "\n.B "+k.alias+" ") {
			t.Errorf("tallystick.cfg(5) lacks: %s", k.alias)
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
