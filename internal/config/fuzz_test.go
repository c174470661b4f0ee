package config

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// FuzzLoad: whatever the bytes, there is no panic; every complaint is one line that shows
// and points at a byte that exists; and a Config comes out exactly if none is an Alert.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/vendor/*/*.cfg", manual} {
		for _, name := range glob(f, pattern) {
			f.Add(string(readFile(f, name).Data))
		}
	}
	for _, c := range badConfigs(f) {
		f.Add(c.file)
	}
	f.Add("global\n stats socket \"${NO[*]}\" level \\x41\\\r\n mode 'a\n# \\\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		c, errs := Parse([]File{{Name: "f", Data: []byte(text)}}, Options{Lookup: environment, Name: "lb1"})
		if alert := slices.ContainsFunc(errs, func(e Error) bool { return e.Severity == Alert }); alert != (c == nil) {
			t.Errorf("%d errors, config %v", len(errs), c)
		}
		lines := strings.Split(text, "\n")
		for _, e := range errs {
			checkError(t, e, lines)
		}
		if c != nil {
			checkSections(t, c)
		}
	})
}

func checkError(t *testing.T, e Error, lines []string) {
	p := e.Pos
	switch {
	case p.File != "f" || p.Line < 1 || p.Line > len(lines):
		t.Fatalf("no such line: %v", e)
	case p.Column < 1 || p.Column > max(1, len(lines[p.Line-1])):
		t.Errorf("no such column: %v in %q", e, lines[p.Line-1])
	}
	if text := e.Format(1); strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("not a line that can be shown: %q", text)
	}
}

// checkSections: what a section needs to be run is there.
func checkSections(t *testing.T, c *Config) {
	if len(c.Sections) == 0 {
		t.Error("no section")
	}
	for _, s := range c.Sections {
		if s.ID == "" || s.Rules.To == "" || len(s.Peers) == 0 && s.DynamicPeers == nil {
			t.Errorf("half a section: %+v", s)
		}
		shared := slices.ContainsFunc(c.Global.Binds, func(b Bind) bool { return b.Serves(s.ID) })
		switch {
		case s.Local == nil && (!shared || s.Name != s.ID):
			t.Errorf("nobody can call it: %+v", s)
		case s.Local != nil && (s.Local.Addr.IsZero() || s.Name != s.Local.Name):
			t.Errorf("half a local line: %+v", s)
		}
		if s.Warmup < 0 || s.PushInterval < 0 || s.MaxEntries < 1 || s.MaxTables < 1 {
			t.Errorf("impossible values: %+v", s)
		}
		for _, n := range s.Peers {
			if n.Name == "" || n.Name == s.Name || n.Dial && n.Addr.IsZero() {
				t.Errorf("impossible peer: %+v", n)
			}
		}
	}
}
