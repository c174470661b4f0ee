package config

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// doc/configuration.md is made of the table of keywords, which gives it every line with all that it takes, and of
// doc/reference.cfg, which gives it what the lines mean. So neither can drift from what is parsed:
//
//	go test ./internal/config -run TestConfigurationPage -update
var update = flag.Bool("update", false, "write doc/configuration.md anew")

const page = "../../doc/configuration.md"

func TestConfigurationPage(t *testing.T) {
	got := configurationPage(t, string(readFile(t, manual).Data))
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(readFile(t, page).Data), got); diff != "" {
		t.Errorf("doc/configuration.md is not what the keywords and doc/reference.cfg make of it (-page +made): run with -update\n%s", diff)
	}
	for i := range keywords {
		if k := &keywords[i]; !strings.Contains(got, "`"+k.usage()+"`") {
			t.Errorf("the page lacks: %s", k.usage())
		}
	}
}

// block is a comment of the manual and the lines of configuration behind it.
type block struct {
	text    []string // without the mark of a comment
	example []string
}

// blocks cuts the manual at empty lines and where comments begin.
func blocks(manual string) (list []block) {
	fresh := true
	for line := range strings.SplitSeq(manual, "\n") {
		line = strings.TrimSpace(line)
		comment, isComment := strings.CutPrefix(line, "#")
		switch {
		case line == "":
			fresh = true
			continue
		case fresh || isComment && len(list[len(list)-1].example) > 0:
			list = append(list, block{})
			fresh = false
		}
		b := &list[len(list)-1]
		if isComment {
			b.text = append(b.text, strings.TrimPrefix(comment, " "))
		} else {
			b.example = append(b.example, line)
		}
	}
	return list
}

// configurationPage writes the page.
func configurationPage(t *testing.T, manual string) string {
	var b strings.Builder
	b.WriteString("# Configuration\n\n<!-- Made of internal/config/keyword.go and doc/reference.cfg: go test ./internal/config -run TestConfigurationPage -update -->\n\n")
	all := blocks(manual)
	prose(&b, all[0].text[2:]) // the first line says what the file is
	section := ""
	for i := range keywords {
		k := &keywords[i]
		if k.section != section {
			section = k.section
			fmt.Fprintf(&b, "## `%s`\n\n%s\n\n", openers[section], map[string]string{
				global: "The process. The section may be left out, and may stand once.", aggregations: "A set of nodes whose tables are summed. There is at least one such section; sections share nothing but the listeners of `bind`."}[section])
			index(&b, section)
		}
		fmt.Fprintf(&b, "### %s\n\n`%s`\n\n", k.name, k.usage())
		if !explain(&b, all, k) {
			t.Errorf("nothing in the manual explains %s", k.usage())
		}
	}
	b.WriteString("## A whole file\n\n[reference.cfg](reference.cfg) has every keyword in one file, which is itself a configuration; [examples](../examples) has whole set-ups, with the nodes' half.\n")
	return b.String()
}

// index lists the keywords of a section.
func index(b *strings.Builder, section string) {
	b.WriteString("| keyword | |\n|---|---|\n")
	for i := range keywords {
		if k := &keywords[i]; k.section == section {
			fmt.Fprintf(b, "| [%s](#%s) | %s |\n", k.name, anchor(k.name, section), k.help)
		}
	}
	b.WriteString("\n")
}

// anchor is what a heading is called in a link: of two with one name the second has a number.
func anchor(name, section string) string {
	a := strings.ReplaceAll(name, " ", "-")
	if name == "dynamic-peers" && section == aggregations {
		a += "-1"
	}
	return a
}

var blanks = regexp.MustCompile(`\s+`)

// explain writes what the manual says of a keyword, with its examples.
func explain(b *strings.Builder, all []block, k *keyword) (found bool) {
	for i := range all {
		own := &all[i]
		head, body := split(own.text)
		if !strings.Contains(head+" ", k.usage()+" ") || !inSection(all[:i], k.section) {
			continue
		}
		found = true
		prose(b, body)
		var lines []string
		for _, line := range own.example {
			if words := strings.Fields(line); k.has(words) {
				lines = append(lines, line)
			}
		}
		code(b, lines)
	}
	for i := range all { // what is told apart, since it is long
		if head, rest, _ := strings.Cut(strings.Join(all[i].text, "\n"), "\n"); k.name == "peer" && head == "Of a peer line:" {
			prose(b, strings.Split(strings.TrimPrefix(rest, "\n"), "\n"))
			code(b, all[i].example)
		}
	}
	return found
}

// has reports whether a line of the file begins with the keyword.
func (k *keyword) has(words []string) bool {
	return strings.HasPrefix(strings.Join(words, " ")+" ", k.name+" ") || k.alias != "" && words[0] == k.alias
}

// inSection reports whether the last opener before a place is that of the section.
func inSection(before []block, section string) bool {
	last := ""
	for i := range before {
		for _, line := range before[i].example {
			if word, _, _ := strings.Cut(line, " "); openers[word] != "" {
				last = word
			}
		}
	}
	return last == section
}

// split cuts the comment of a keyword into its head, as one line, and what it means.
func split(text []string) (head string, body []string) {
	for i, line := range text {
		if line == "" {
			return blanks.ReplaceAllString(strings.Join(text[:i], " "), " "), text[i+1:]
		}
	}
	return "", nil
}

// prose writes text; what is set in from the margin stays as it is.
func prose(b *strings.Builder, text []string) {
	set := false
	for _, line := range append(text, "") {
		in := strings.HasPrefix(line, "  ")
		switch {
		case in && !set:
			b.WriteString("\n```\n")
		case !in && set:
			b.WriteString("```\n")
		}
		if set = in; in {
			line = strings.TrimPrefix(line, "  ")
		} else {
			line = strings.NewReplacer("*", `\*`, "<", `\<`).Replace(line)
		}
		b.WriteString(line + "\n")
	}
}

func code(b *strings.Builder, lines []string) {
	if len(lines) > 0 {
		b.WriteString("```haproxy\n" + strings.Join(lines, "\n") + "\n```\n\n")
	}
}
