package snippets

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRead(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	for _, c := range []struct {
		why, text string
		want      []Snippet
	}{
		{"none", "# Title\n", nil},
		{"blocks with their lines, languages and marks", "a\n```sh\nls\nls -l\n```\nb\n\n```cfg some words\nx\n```\n",
			[]Snippet{{3, "sh", "", "ls\nls -l\n"}, {9, "cfg", "some words", "x\n"}}},
		{"an empty one", "```sh\n```\n", []Snippet{{2, "sh", "", ""}}},
	} {
		if err := os.WriteFile(page, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(page); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %+v (%v), want %+v", c.why, got, err, c.want)
		}
	}
	for _, text := range []string{"```\nls\n```\n", "```sh\nls\n"} {
		if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(page); err == nil {
			t.Errorf("%q: %+v, want an error", text, got)
		}
	}
}
