package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// complete asks the completion of bash what may stand in the place of the last word.
func complete(t *testing.T, dir string, words ...string) []string {
	t.Helper()
	script, err := filepath.Abs("../../packaging/completion/tallystick.bash")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-c", `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
complete -p tallystick >/dev/null && _tallystick && printf '%s\n' "${COMPREPLY[@]}"`, "bash", script)
	cmd.Args, cmd.Dir = append(cmd.Args, words...), dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", words, err, out)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	return got
}

func TestBashCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.cfg", "a.txt", "conf.d/c.cfg"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all, jobs []string
	for _, o := range options() {
		all = append(all, o.name)
	}
	for _, c := range commands() {
		jobs = append(jobs, c.name)
	}
	slices.Sort(all)
	slices.Sort(jobs)
	for _, c := range []struct {
		words string
		want  []string
		why   string
	}{
		{"tallystick ", jobs, "a word that is no option is a command"},
		{"tallystick de", []string{"demo"}, "the beginning of one"},
		{"tallystick -", all, "every option, and nothing else"},
		{"tallystick -c -v", []string{"-v", "-vv"}, "options that begin so"},
		{"tallystick -f ", []string{"b.cfg", "conf.d"}, "a configuration, or a folder of them"},
		{"tallystick -f conf.d/", []string{"conf.d/c.cfg"}, "in a folder"},
		{"tallystick -c -l ", []string{"a.txt", "b.cfg", "conf.d"}, "any file"},
		{"tallystick -u roo", []string{"root"}, "a user"},
		{"tallystick -L ", nil, "nobody knows our name"},
		{"tallystick bench -ra", []string{"-rate"}, "options of a command"},
		{"tallystick bench -target ", []string{"a.txt", "b.cfg", "conf.d"}, "what else it may be is a file"},
	} {
		if got := complete(t, dir, strings.Split(c.words, " ")...); !slices.Equal(got, c.want) {
			t.Errorf("%q: %s: got %q, want %q", c.words, c.why, got, c.want)
		}
	}
}

// zsh must take the file, and it must have the options that there are.
func TestZshCompletion(t *testing.T) {
	const file = "../../packaging/completion/_tallystick"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range regexp.MustCompile(`(?m)^\t\t'\*?(-\w+)\[`).FindAllStringSubmatch(string(text), -1) {
		got = append(got, m[1])
	}
	for _, o := range options() {
		want = append(want, o.name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("options: got %q, want %q", got, want)
	}
	if _, err := exec.LookPath("zsh"); err != nil {
		t.Skip("not run to its end: there is no zsh; the options were compared")
	}
	// The functions of zsh's own that it calls tell what they were called with.
	cmd := exec.Command("zsh", "-f", "-c", `
_describe() { print -l -- "$@" $commands; }
_alternative() { print -l -- "$@"; }
_arguments() { print -l -- "$@"; }
words=("$@"); CURRENT=$#; set --; source `+file, "zsh")
	for want, words := range map[string][]string{
		"demo:show three": {"tallystick", ""}, "*-f[configuration": {"tallystick", "-"}, "-rate": {"tallystick", "bench", "-r"},
	} {
		run := *cmd
		run.Args = append(slices.Clone(cmd.Args), words...)
		if out, err := run.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q: %v, want %q in\n%s", words, err, want, out)
		}
	}
}
