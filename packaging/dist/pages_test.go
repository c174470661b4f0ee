package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tallystick/packaging/snippets"
)

// lacking says what a mark on a block means: what the block needs, and tests do not have.
var lacking = map[string]string{
	"system":  "it changes the machine",
	"systemd": "it needs a systemd that runs",
	"cluster": "it needs a cluster",
	"image":   "it needs an image engine and a registry",
}

// What the pages about installing show is what holds: commands are run, in their order, in a copy
// of the sources, configurations are checked by the programs that they are for, and drop-ins by
// systemd. What cannot be run is parsed, and counted as not run.
func TestPages(t *testing.T) {
	t.Parallel()
	root := sources(t)
	for _, page := range []string{"install.md", "kubernetes.md"} {
		all, err := snippets.Read("../../doc/" + page)
		if err != nil || len(all) < 3 {
			t.Fatalf("%d blocks: %v", len(all), err)
		}
		for _, s := range all {
			t.Run(fmt.Sprintf("%s:%d", page, s.Line), func(t *testing.T) { try(t, root, s) })
		}
	}
}

// try holds one block to what it says.
func try(t *testing.T, root string, s snippets.Snippet) {
	why, marked := lacking[s.Mark]
	switch {
	case s.Mark != "" && !marked:
		t.Fatalf("what is %q? It may be one of %v", s.Mark, lacking)
	case s.Lang == "sh":
		file := filepath.Join(t.TempDir(), "snippet")
		write(t, file, s.Text)
		if marked {
			parse(t, file, root, s)
			t.Skipf("not run: %s; the shell can read it", why)
		}
		cmd := exec.Command("bash", "-eu", "-o", "pipefail", file)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s%s", err, s.Text, out)
		}
	case s.Lang == "cfg":
		file := filepath.Join(t.TempDir(), "tallystick.cfg")
		write(t, file, s.Text)
		if said, err := combined(t, program(t), "-c", "-f", file); err != nil || said != "" {
			t.Errorf("%v: %s", err, said)
		}
	case s.Lang == "haproxy":
		checkHAProxy(t, s.Text)
	case s.Lang == "ini":
		checkDropIn(t, s.Text)
	default:
		t.Fatalf("nobody knows how to try %q", s.Lang)
	}
}

// parse lets the shell read a block, and looks whether files of ours that it names are there.
func parse(t *testing.T, file, root string, s snippets.Snippet) {
	t.Helper()
	if said, err := combined(t, "bash", "-n", file); err != nil {
		t.Errorf("%s", said)
	}
	for word := range strings.FieldsSeq(s.Text) {
		word, _ = strings.CutPrefix(word, "./")
		switch {
		case strings.HasPrefix(word, "packaging/"):
			if _, err := os.Stat(filepath.Join(root, word)); err != nil {
				t.Error(err)
			}
		case strings.HasPrefix(word, "build/dist/"):
			if _, err := os.Stat(filepath.Join(made, strings.TrimPrefix(word, "build/dist/"))); err != nil {
				t.Error(err)
			}
		}
	}
}

// checkHAProxy asks a HAProxy for its opinion of the nodes' half.
func checkHAProxy(t *testing.T, text string) {
	t.Helper()
	cache := os.Getenv("TALLYSTICK_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(user, "tallystick")
	}
	haproxy := filepath.Join(cache, "haproxy-3.0/run")
	if _, err := os.Stat(haproxy); err != nil {
		t.Skip("not run: there is no HAProxy 3.0; \"scripts/setup.sh haproxy\" brings it")
	}
	if !strings.Contains(text, "\ndefaults") { // the block shows a part
		text += "\ndefaults\n    mode http\n    timeout client 30s\n    timeout connect 5s\n    timeout server 30s\nfrontend web\n    bind 127.0.0.1:8080\n"
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	write(t, file, text)
	check := exec.Command(haproxy, "-c", "-f", file)
	check.Env = append(os.Environ(), "POD_NAME=lb1")
	if said, err := check.CombinedOutput(); err != nil || strings.Contains(string(said), "[WARNING]") {
		t.Errorf("%v\n%s", err, said)
	}
}

// checkDropIn lets systemd read a drop-in of one of our units.
func checkDropIn(t *testing.T, text string) {
	t.Helper()
	need(t, "systemd-analyze")
	name := "tallystick.service"
	if strings.HasPrefix(text, "[Socket]") {
		name = "tallystick.socket"
	}
	if said := verify(t, map[string]string{name + ".d/override.conf": text}); said != "" {
		t.Errorf("systemd says %s", said)
	}
}
