package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// combined runs a program and returns how it ended and all that it said.
func combined(t *testing.T, argv ...string) (said string, err error) {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	return string(out), err
}

// deb and rpm are the packages for a kind of machine.
func deb(arch string) string { return filepath.Join(made, "tallystick_"+version+"-1_"+arch+".deb") }
func rpm(arch string) string {
	return filepath.Join(made, "tallystick-"+version+"-1."+map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch]+".rpm")
}

// debFiles lists the files of a deb: mode, owner, path.
func debFiles(t *testing.T, arch string) (list []string) {
	t.Helper()
	for line := range strings.Lines(output(t, "dpkg-deb", "--contents", deb(arch))) {
		if f := strings.Fields(line); !strings.HasSuffix(f[5], "/") {
			list = append(list, f[0]+" "+f[1]+" "+strings.TrimPrefix(f[5], "."))
		}
	}
	slices.Sort(list)
	return list
}

func TestDebHasItAll(t *testing.T) {
	t.Parallel()
	need(t, "dpkg-deb")
	for _, arch := range arches {
		list := debFiles(t, arch)
		for _, i := range items {
			if !slices.ContainsFunc(list, func(l string) bool { return strings.Contains(l, " "+i.to) }) {
				t.Errorf("%s: no %s", arch, i.to)
			}
		}
		for _, l := range list {
			want := "-rw-r--r-- root/root /"
			if strings.HasSuffix(l, " /usr/sbin/tallystick") {
				want = "-rwxr-xr-x root/root /"
			}
			if !strings.HasPrefix(l, want) || strings.HasSuffix(l, ".go") {
				t.Errorf("%s: %s", arch, l)
			}
		}
		if got := strings.TrimSpace(output(t, "dpkg-deb", "--field", deb(arch), "Architecture")); got != arch {
			t.Errorf("%s is for %s", deb(arch), got)
		}
		conffiles := output(t, "dpkg-deb", "--ctrl-tarfile", deb(arch))
		for _, name := range []string{"/etc/tallystick/tallystick.cfg", "/etc/default/tallystick", "/etc/logrotate.d/tallystick"} {
			if !strings.Contains(conffiles, name+"\n") {
				t.Errorf("%s: %s is not the administrator's", arch, name)
			}
		}
	}
}

// An rpm has the same files as a deb, whatever tool reads it.
func TestRpmHasTheSame(t *testing.T) {
	t.Parallel()
	need(t, "rpm", "dpkg-deb")
	for _, arch := range arches {
		list := strings.Split(strings.TrimSpace(output(t, "rpm", "--query", "--package", "--queryformat",
			"[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]", rpm(arch))), "\n")
		slices.Sort(list)
		if diff := cmp.Diff(debFiles(t, arch), list); diff != "" {
			t.Errorf("%s (- deb, + rpm):\n%s", arch, diff)
		}
		if said, err := combined(t, "rpm", "--checksig", "--nosignature", rpm(arch)); err != nil {
			t.Errorf("%s is damaged: %s", rpm(arch), said)
		}
		if got, want := output(t, "rpm", "--query", "--package", "--configfiles", rpm(arch)),
			"/etc/default/tallystick\n/etc/logrotate.d/tallystick\n/etc/tallystick/tallystick.cfg\n"; sorted(got) != want {
			t.Errorf("the administrator's files are %q, want %q", got, want)
		}
		scripts := output(t, "rpm", "--query", "--package", "--scripts", rpm(arch))
		for _, want := range []string{"preinstall", "postinstall", "preuninstall", "postuninstall"} {
			if !strings.Contains(scripts, want+" scriptlet") {
				t.Errorf("%s: no %s", arch, want)
			}
		}
		if got := output(t, "rpm", "--query", "--package", "--queryformat", "%{NAME} %{VERSION}-%{RELEASE} %{LICENSE} %{BUILDHOST} %{BUILDTIME}", rpm(arch)); got != "tallystick "+version+"-1 MIT reproducible 1700000000" {
			t.Errorf("it is %q", got)
		}
	}
}

func sorted(lines string) string {
	list := strings.Split(strings.TrimSpace(lines), "\n")
	slices.Sort(list)
	return strings.Join(list, "\n") + "\n"
}

// A shell must be able to read the scripts that root will run.
func TestScriptsParse(t *testing.T) {
	files, err := filepath.Glob("../[dr][ep][bm]*/*")
	if err != nil || len(files) != 7 {
		t.Fatalf("%q: %v", files, err)
	}
	for _, f := range files {
		if said, err := combined(t, "sh", "-n", f); err != nil {
			t.Errorf("%s: %s", f, said)
		}
	}
}

// logrotate must take the file, and turn a log over.
func TestLogrotate(t *testing.T) {
	need(t, "logrotate")
	dir := t.TempDir()
	file := filepath.Join(dir, "rotate")
	text := regexp.MustCompile(`(?m)^\s*su .*\n`).ReplaceAllString(strings.ReplaceAll(read(t, "../etc/logrotate"), "/var/log/tallystick", dir), "")
	write(t, file, text)
	write(t, filepath.Join(dir, "a.log"), "a line\n")
	if said, err := combined(t, "logrotate", "--force", "--state", filepath.Join(dir, "state"), file); err != nil || said != "" {
		t.Errorf("%v: %s", err, said)
	}
	if read(t, filepath.Join(dir, "a.log.1")) != "a line\n" {
		t.Error("it did not turn the log over")
	}
}

// The configuration that comes with the packages is good without a word, whatever the machine.
func TestDefaultConfiguration(t *testing.T) {
	if said, err := combined(t, program(t), "-c", "-V", "-f", "../etc/tallystick.cfg"); err != nil || said != "Configuration file is valid\n" {
		t.Errorf("%v: %q", err, said)
	}
}

// program is the one that runs here.
func program(t *testing.T) string {
	t.Helper()
	arch := strings.TrimSpace(output(t, "go", "env", "GOHOSTARCH"))
	if !slices.Contains(arches, arch) {
		t.Skipf("not run: nothing is built for %s", arch)
	}
	return filepath.Join(made, fmt.Sprintf("tallystick-%s-linux-%s", version, arch))
}
