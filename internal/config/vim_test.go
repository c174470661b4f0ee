package config

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const vimFiles = "../../packaging/vim"

// vimWords are the words of a group of the syntax file, sorted.
func vimWords(t *testing.T, group string) []string {
	t.Helper()
	text := string(readFile(t, vimFiles+"/syntax/tallystick.vim").Data)
	var words []string
	for _, m := range regexp.MustCompile(`(?m)^syntax match `+group+` /\^\\s\*\\zs\\\((.*?)\\\)\\ze`).FindAllStringSubmatch(text, -1) {
		words = append(words, strings.Split(strings.ReplaceAll(m[1], `\s\+`, " "), `\|`)...)
	}
	for _, m := range regexp.MustCompile(`(?m)^syntax keyword `+group+` contained (.*)$`).FindAllStringSubmatch(text, -1) {
		words = append(words, strings.Fields(m[1])...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// TestVimWords: vim colours the words that the language has, and no others.
func TestVimWords(t *testing.T) {
	var sections, statements, options []string
	values := strings.Fields("any all stderr stdout on off") // stand in no table
	for name := range openers {
		sections = append(sections, name)
	}
	for i := range keywords {
		k := &keywords[i]
		statements = append(statements, k.name)
		if k.alias != "" {
			statements = append(statements, k.alias)
		}
		for _, a := range k.args {
			if name, _, _ := strings.Cut(a, " "); name == strings.ToLower(name) && regexp.MustCompile(`^[a-z]+$`).MatchString(name) {
				options = append(options, name)
			}
		}
		for _, o := range k.options {
			options = append(options, o.name)
		}
	}
	for _, words := range [][]string{levelWords[:], verifyWords[:], formatWords[:], logLevelWords[:]} {
		values = append(values, words...)
	}
	for group, want := range map[string][]string{"tallystickSection": sections, "tallystickStatement": statements, "tallystickOption": options, "tallystickValue": values} {
		slices.Sort(want)
		if diff := cmp.Diff(slices.Compact(want), vimWords(t, group)); diff != "" {
			t.Errorf("%s (- the language, + vim):\n%s", group, diff)
		}
	}
}

// TestVimColours asks vim itself what it makes of a line, and whether it knows our files.
func TestVimColours(t *testing.T) {
	if _, err := exec.LookPath("vim"); err != nil {
		t.Skip("not run: there is no vim")
	}
	dir, err := filepath.Abs(vimFiles)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tallystick.cfg")
	const text = "global\n    stats socket /run/x mode 660 # here\naggregations web\n    peer lb1 192.0.2.1:10000 verify none\n    from any to .agg\n    warmup 10s\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // where: what
		"1,1": "tallystickSection", "2,5": "tallystickStatement", "2,11": "tallystickStatement", "2,25": "tallystickOption", "2,30": "tallystickNumber",
		"2,34": "tallystickComment", "3,1": "tallystickSection", "4,5": "tallystickStatement", "4,14": "tallystickAddress", "4,30": "tallystickOption",
		"4,37": "tallystickValue", "5,5": "tallystickStatement", "5,10": "tallystickValue", "5,14": "tallystickOption", "5,17": "tallystickSuffix", "6,12": "tallystickNumber",
	}
	script := "set rtp^=" + dir + "\nfiletype on\nsyntax on\nedit " + file + "\nredir! > " + file + ".out\nsilent echo &filetype\n"
	for at := range want {
		script += fmt.Sprintf("silent echo '%s '.synIDattr(synID(%s,1),'name')\n", at, at)
	}
	if err := os.WriteFile(file+".vim", []byte(script+"redir END\nqa!\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vim := exec.Command("vim", "-u", "NONE", "-N", "-es", "-S", file+".vim")
	vim.Env = append(os.Environ(), "TERM=dumb", "HOME="+t.TempDir())
	said, err := vim.CombinedOutput()
	out, _ := os.ReadFile(file + ".out")
	if !strings.HasPrefix(strings.TrimSpace(string(out)), "tallystick\n") {
		t.Fatalf("vim takes the file for %q (%v)\n%s", out, err, said)
	}
	for at, group := range want {
		if !strings.Contains(string(out), at+" "+group+"\n") && !strings.HasSuffix(string(out), at+" "+group) {
			got, _, _ := strings.Cut(string(out)[strings.Index(string(out), at+" "):], "\n")
			t.Errorf("line,column %s is no %s: %s", at, group, got)
		}
	}
}
