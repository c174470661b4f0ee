package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// made is where the tests of this package find everything, made once. version is what it is of.
var made, version string

// TestMain makes everything once, as "make dist" does but for the date.
func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tallystick-made-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	made = filepath.Join(dir, "dist")
	os.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	if _, err := dist("../..", made); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if version, err = versionOf("../../cmd/tallystick/version.go"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// need skips a test where a program is missing, and says so.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("not run: there is no %s; \"scripts/setup.sh tools\" as root brings it", p)
		}
	}
}

// output runs a program and returns what it prints.
func output(t *testing.T, argv ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s%s", argv, err, out, stderr.Bytes())
	}
	return string(out)
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWhatIsMade(t *testing.T) {
	entries, err := os.ReadDir(made)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, strings.Replace(e.Name(), version, "V", 1))
	}
	want := []string{"SHA256SUMS", "tallystick-V-1.aarch64.rpm", "tallystick-V-1.x86_64.rpm",
		"tallystick-V-linux-amd64", "tallystick-V-linux-amd64.cdx.json", "tallystick-V-linux-arm64", "tallystick-V-linux-arm64.cdx.json",
		"tallystick_V-1_amd64.deb", "tallystick_V-1_arm64.deb"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = made
	if out, err := check.CombinedOutput(); err != nil || strings.Count(string(out), ": OK\n") != len(want)-1 {
		t.Errorf("the sums are those of all files but their own: %v\n%s", err, out)
	}
}

// sources copies the project's sources, those that are not committed yet included.
func sources(t *testing.T) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "elsewhere")
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Skipf("not run: no git repository to copy the sources of: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join("../..", name))
		mode := fs.FileMode(0o600)
		if info, err := os.Stat(filepath.Join("../..", name)); err == nil && info.Mode()&0o100 != 0 {
			mode = 0o700
		}
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Two builds are one: from another folder, by somebody with another umask, another home and
// other settings, whose files are of another time.
func TestReproducible(t *testing.T) {
	root := sources(t)
	t.Setenv("GOFLAGS", "-tags=whatever")
	t.Setenv("GOAMD64", "v2")
	t.Setenv("TZ", "Asia/Kathmandu")
	t.Setenv("CGO_ENABLED", "1")
	again := filepath.Join(t.TempDir(), "again")
	names, err := dist(root, again)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if read(t, filepath.Join(made, name)) != read(t, filepath.Join(again, name)) {
			t.Errorf("%s is another one", name)
		}
	}
}

// The programs are static, for their machine, and tell nothing of the one they were made on.
func TestPrograms(t *testing.T) {
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range arches {
		file := filepath.Join(made, "tallystick-"+version+"-linux-"+arch)
		text := output(t, "go", "version", "-m", file)
		for _, want := range []string{"CGO_ENABLED=0", "GOARCH=" + arch, "-trimpath=true"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s in\n%s", arch, want, text)
			}
		}
		program := read(t, file)
		if strings.Contains(program, "/lib64/ld-linux") || strings.Contains(program, "ld-linux-aarch64") {
			t.Errorf("%s: it wants a loader", arch)
		}
		if strings.Contains(program, here) {
			t.Errorf("%s: it knows the folder it was made in, %s", arch, here)
		}
	}
}

func TestVersionOf(t *testing.T) {
	if _, err := versionOf("main.go"); err == nil {
		t.Error("a file without a version is an error")
	}
}

// Every script and unit must be in the packages, and nothing may be forgotten in a folder.
func TestNothingIsForgotten(t *testing.T) {
	used := read(t, "contents.go") + read(t, "packages.go")
	for _, dir := range []string{"completion", "debian", "etc", "rpm", "systemd", "vim"} {
		err := filepath.WalkDir("../"+dir, func(path string, e fs.DirEntry, err error) error {
			name := strings.TrimPrefix(path, "../")
			if err == nil && !e.IsDir() && !regexp.MustCompile(`"(packaging/)?`+regexp.QuoteMeta(name)+`"`).MatchString(used) {
				t.Errorf("%s goes nowhere", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
