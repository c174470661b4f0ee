// Package snippets finds the commands and files that stand in a manual page, so that a test can run
// them: what a page shows is what holds. It reads Markdown and knows nothing of what the pages are about.
// Tests of pages use it.
package snippets

import (
	"fmt"
	"os"
	"strings"
)

// Snippet is one fenced block of a page.
type Snippet struct {
	Line int    // of its first line, from 1
	Lang string // "sh", "cfg", ...: the first word behind the fence
	Mark string // the rest of it: what it needs that a test machine may lack; "" for nothing
	Text string
}

// Read returns the fenced blocks of a page, in their order. A block that says of what language it is
// not, or that does not end, is an error: nobody could tell whether it holds.
func Read(page string) ([]Snippet, error) {
	data, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	var all []Snippet
	var open *Snippet
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		info, fence := strings.CutPrefix(strings.TrimRight(line, "\n"), "```")
		switch {
		case open != nil && fence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.Text += line
		case fence && info == "":
			return nil, fmt.Errorf("%s:%d: a block of no language", page, n)
		case fence:
			lang, mark, _ := strings.Cut(info, " ")
			open = &Snippet{Line: n + 1, Lang: lang, Mark: mark}
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s:%d: the block does not end", page, open.Line)
	}
	return all, nil
}
