package cli

import (
	"fmt"
	"strings"
)

// treeWidth is where a list in a tree goes on in the next line: a terminal of 100 columns has
// it whole, and what is quoted in a mail stays as it is.
const treeWidth = 100

// maxShown is how many of a kind are listed in a tree. The others are counted: a list of
// thousands is not read, it hides what stands behind it.
const maxShown = 20

// branch is a line of a tree and what hangs below it. A branch with items has nothing else
// below: they are listed behind its text.
type branch struct {
	text  string
	items []string
	below []*branch
}

// add hangs a line below b. Names of others in it go through oneWord or oneLine first.
func (b *branch) add(format string, args ...any) *branch {
	c := &branch{text: fmt.Sprintf(format, args...)}
	b.below = append(b.below, c)
	return c
}

// list hangs a line below b that ends with a list, unless that is empty; more is how many it
// leaves out.
func (b *branch) list(text string, items []string, more int) {
	if more > 0 {
		items = append(items, fmt.Sprintf("... and %d more", more))
	}
	if len(items) > 0 {
		b.below = append(b.below, &branch{text: text + ":", items: items})
	}
}

// draw writes what hangs below b, in ASCII, since it is read on any terminal:
//
//	+- nodes: 2 of 2 up
//	|  +- lb1: up 2m17s
//	|  `- lb2: up 3s
//	`- tables: none yet
func (o *output) draw(b *branch, indent string) {
	for i, c := range b.below {
		mark, next := "+- ", "|  "
		if i == len(b.below)-1 {
			mark, next = "`- ", "   "
		}
		o.printf("%s%s%s", indent, mark, c.text)
		o.items(c, indent+next)
		o.printf("\n")
		if !o.spill() {
			return
		}
		o.draw(c, indent+next)
	}
}

// items writes the list of a branch behind its text, and below that where it is too long. An
// item is never cut, however long it is.
func (o *output) items(b *branch, indent string) {
	at := len(indent) + len(b.text)
	for i, item := range b.items {
		if i < len(b.items)-1 {
			item += ","
		}
		if i > 0 && at+1+len(item) > treeWidth {
			o.printf("\n%s%s", indent, strings.Repeat(" ", len(b.text)))
			at = len(indent) + len(b.text)
		}
		o.printf(" %s", item)
		at += 1 + len(item)
	}
}

// some are the first of a list in a sentence: "a, b, c and 5 more".
func some(names []string) string {
	const most = 3
	if n := len(names) - most; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n)
	}
	return strings.Join(names, ", ")
}
