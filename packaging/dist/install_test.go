package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The deb is installed, started with the unit's own command lines, used, upgraded, removed and
// purged, as on a machine where systemd does not run. testdata/install.sh does it in a copy of
// this machine that is nothing but what it changes: nothing is installed here, and what a purge
// leaves behind is easily seen.
func TestInstall(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not run: only root can install a package")
	}
	need(t, "dpkg", "unshare", "chroot", "setpriv", "socat", "ip")
	arch := strings.TrimSpace(output(t, "dpkg", "--print-architecture"))
	cmd := exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "testdata/install.sh")
	cmd.Env = append(os.Environ(), "DEB="+deb(arch), "DIR="+t.TempDir(),
		"START="+settings(t, "ExecStart")[0], "CHECK="+settings(t, "ExecStartPre")[0], "RELOAD="+strings.Join(settings(t, "ExecReload"), " && "))
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "no copy of this machine") {
		t.Skipf("not run: this machine cannot make an overlay of itself: %s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []struct{ said, why string }{
		{"user: uid=\\d+\\(tallystick\\) gid=\\d+\\(tallystick\\)", "a user of its own"},
		{"folder: drwxr-x--- root tallystick", "keys may lie there"},
		{"enabled: yes", "it starts with the machine, once systemd runs"},
		{"check: 0", "the configuration that comes with it is good"},
		{"socket: srw-rw---- tallystick tallystick", "members of the group may use the CLI"},
		{"(?m)^Name: tallystick$", "the CLI answers"},
		{"threads: Uid: tallystick", "it runs as nobody else"},
		{"bad reload: 1", "a mistake is found before anything is asked of what runs"},
		{"good reload: 0", "and a good one is taken"},
		{"reloaded: 1", "by the program that runs"},
		{"kept: 1", "an upgrade does not touch what the administrator has changed"},
		{"still: 1", "removing leaves the configuration"},
		{"man: 3", "the manuals can be read"},
		{"done", "to the end"},
	} {
		if !regexp.MustCompile(want.said).Match(out) {
			t.Errorf("no %q: %s", want.said, want.why)
		}
	}
	if _, left, _ := strings.Cut(string(out), "left:\n"); left != "done\n" {
		t.Errorf("a purge leaves\n%s", left)
	}
	if t.Failed() {
		t.Logf("all of it:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join("/usr/sbin", "tallystick")); err == nil {
		t.Log("there is a tallystick on this machine; it was not touched")
	}
}
