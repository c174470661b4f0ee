package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const unit = "../systemd/tallystick.service"

// settings are the values of a setting in the unit, in their order.
func settings(t *testing.T, name string) (values []string) {
	t.Helper()
	for line := range strings.Lines(read(t, unit)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			values = append(values, value)
		}
	}
	return values
}

// T-29, T-30: what an attacker who has taken the process over could still do is little.
func TestUnitIsHardened(t *testing.T) {
	t.Parallel()
	need(t, "systemd-analyze")
	out := output(t, "systemd-analyze", "security", "--offline=true", "--no-pager", unit)
	m := regexp.MustCompile(`Overall exposure level for tallystick.service: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze says\n%s", out)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level > 2.0 {
		t.Errorf("exposure %s, want 2.0 at most\n%s", m[1], out)
	}
}

// systemd must know every setting: one that is misspelt protects from nothing, and silently.
func TestUnitsAreKnown(t *testing.T) {
	t.Parallel()
	need(t, "systemd-analyze")
	if said := verify(t, nil); said != "" {
		t.Errorf("systemd says %s", said)
	}
	if said := verify(t, map[string]string{"tallystick.service.d/x.conf": "[Service]\nProtectHom=yes\n"}); !strings.Contains(said, "ProtectHom") {
		t.Errorf("systemd says %q of a setting that there is not: this test sees nothing", said)
	}
}

// verify returns what systemd has to say of our units, with files beside them.
func verify(t *testing.T, more map[string]string) (complaints string) {
	t.Helper()
	root := t.TempDir()
	put := func(name, text string, mode os.FileMode) {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("usr/sbin/tallystick", "#!/bin/sh\n", 0o755) // the programs that the unit names must be there
	put("bin/kill", "#!/bin/sh\n", 0o755)
	for _, name := range []string{"tallystick.service", "tallystick.socket"} {
		put("etc/systemd/system/"+name, read(t, "../systemd/"+name), 0o644)
	}
	for name, text := range more {
		put("etc/systemd/system/"+name, text, 0o644)
	}
	said, _ := combined(t, "systemd-analyze", "verify", "--man=no", "--root="+root, "tallystick.service", "tallystick.socket")
	for line := range strings.Lines(said) { // units of others are not there
		if strings.Contains(line, "/tallystick.") || strings.HasPrefix(line, "tallystick.") && !strings.Contains(line, "not found") {
			complaints += line
		}
	}
	return complaints
}

// What the program must still be able to do: pin itself to processors, bound its files, call
// and be called.
func TestUnitLetsItWork(t *testing.T) {
	t.Parallel()
	need(t, "systemd-analyze")
	allowed := map[string]bool{}
	for _, value := range settings(t, "SystemCallFilter") {
		words, denied := strings.CutPrefix(value, "~")
		for _, w := range strings.Fields(words) {
			for _, call := range calls(t, w) {
				allowed[call] = !denied
			}
		}
	}
	for call, want := range map[string]bool{
		"sched_setaffinity": true, "prlimit64": true, "setrlimit": true, "accept4": true, "connect": true, "sendto": true, "epoll_pwait": true,
		"inotify_add_watch": true, "rename": true, "fchmodat": true, "fchownat": true, "prctl": true, "mmap": true, "madvise": true,
		"mount": false, "ptrace": false, "reboot": false, "init_module": false, "chroot": false, "setuid": false,
	} {
		if allowed[call] != want {
			t.Errorf("%s: %v, want %v", call, allowed[call], want)
		}
	}
	for name, want := range map[string][]string{
		"Type": {"notify"}, "User": {"tallystick"}, "RuntimeDirectory": {"tallystick"}, "StateDirectory": {"tallystick"},
		"ConfigurationDirectory": {"tallystick"}, "Restart": {"always"}, "WatchdogSec": {"30s"},
		"ExecStart":    {"/usr/sbin/tallystick -f $CONFIG $EXTRAOPTS"},
		"ExecStartPre": {"/usr/sbin/tallystick -c -f $CONFIG $EXTRAOPTS"},
		"ExecReload":   {"/usr/sbin/tallystick -c -f $CONFIG $EXTRAOPTS", "/bin/kill -HUP $MAINPID"},
	} {
		if got := settings(t, name); !slices.Equal(got, want) {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
}

// calls are the system calls of a word of SystemCallFilter.
func calls(t *testing.T, word string) (list []string) {
	t.Helper()
	if !strings.HasPrefix(word, "@") {
		return []string{word}
	}
	for line := range strings.Lines(output(t, "systemd-analyze", "syscall-filter", "--no-pager", word)) {
		if line = strings.TrimSpace(line); line == "" || line == word || strings.HasPrefix(line, "#") {
			continue
		}
		list = append(list, calls(t, line)...)
	}
	return list
}
