package tallystick

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// TestMigrating does what doc/migrating.md says, from its first line to its last. A block is a file ("haproxy NAME"),
// commands ("sh", or "sh eventually" where what they show takes a moment), or what the commands before it print ("text",
// in which "..." is anything). A comment "test: ..." says what the reader does elsewhere: nodes are started, requests are
// made. Addresses of documentation become addresses of the loopback network, /run and /etc folders of the test.
func TestMigrating(t *testing.T) {
	for _, tool := range []string{"sh", "socat", "install"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the page uses %s: %v", tool, err)
		}
	}
	page, err := os.ReadFile("doc/migrating.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	steps := r.steps(string(page))
	if len(steps) < 20 {
		t.Fatalf("%d steps only: this test reads the page wrongly", len(steps))
	}
	for i, s := range steps {
		want := ""
		if i+1 < len(steps) && steps[i+1].kind == "text" {
			want = steps[i+1].text
		}
		r.do(s, want)
	}
	if r.commands < 12 {
		t.Errorf("%d commands were run, the page has more", r.commands)
	}
}

// reader is somebody who reads the page and does as it says.
type reader struct {
	t        *testing.T
	dir      string
	local    *strings.Replacer // what stands on the page to what it is here
	path     string
	commands int
}

// step is one thing to do.
type step struct {
	line int
	kind string // haproxy, sh, text, test
	args string
	text string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	dir, err := os.MkdirTemp("", "migrating-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, dir: dir, path: filepath.Join(dir, "bin")}
	t.Cleanup(func() {
		r.endDaemons()
		os.RemoveAll(dir)
	})
	for _, d := range []string{"bin", "run/hapee-extras", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	net := fmt.Sprintf("127.%d.%d.", 100+rand.N(100), rand.N(256))
	r.local = strings.NewReplacer("192.0.2.", net, "/var/run/", dir+"/run/", "/run/", dir+"/run/", "/etc/", dir+"/etc/")
	if said, err := exec.Command("go", "build", "-o", filepath.Join(r.path, "tallystick"), "./cmd/tallystick").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if err := os.Symlink(haproxytest.Get(t, 3, 2).Program, filepath.Join(r.path, "haproxy")); err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	fence   = regexp.MustCompile("^```(\\w*) ?(.*)$")
	comment = regexp.MustCompile(`^<!-- test: (.*) -->$`)
)

// steps finds what there is to do on a page.
func (r *reader) steps(page string) (all []step) {
	var open *step
	for i, line := range strings.Split(page, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case open != nil && line == "```":
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += r.local.Replace(line) + "\n"
		case m != nil:
			open = &step{line: i + 1, kind: m[1], args: m[2]}
		case comment.MatchString(line):
			all = append(all, step{line: i + 1, kind: "test", args: r.local.Replace(comment.FindStringSubmatch(line)[1])})
		}
	}
	return all
}

// do does one step. want is what its commands print; "" if the page does not say.
func (r *reader) do(s step, want string) {
	r.t.Helper()
	switch s.kind {
	case "haproxy":
		if err := os.WriteFile(filepath.Join(r.dir, s.args), []byte(s.text), 0o600); err != nil {
			r.t.Fatal(err)
		}
	case "sh":
		r.commands += strings.Count(s.text, "\n")
		patience := time.Duration(0)
		if s.args == "eventually" {
			patience = 30 * time.Second
		}
		haproxytest.Eventually(r.t, patience, func() error { return r.run(s, want) })
		r.localize()
	case "test":
		words := strings.Fields(s.args)
		if words[0] == "start" {
			r.start(words[1:])
		} else {
			r.request(words[1], words[2])
		}
	case "text":
	default:
		r.t.Errorf("line %d: nobody knows what a block of %q is for", s.line, s.kind)
	}
}

// run runs commands as a shell does that stops at the first failure.
func (r *reader) run(s step, want string) error {
	shell := exec.Command("sh", "-e", "-c", s.text)
	shell.Dir = r.dir
	shell.Env = append(os.Environ(), "PATH="+r.path+":"+os.Getenv("PATH"))
	said, err := shell.CombinedOutput()
	if err != nil {
		return fmt.Errorf("line %d: %s: %w\n%s", s.line, s.text, err, said)
	}
	if want != "" && !printed(want).Match(said) {
		return fmt.Errorf("line %d: %s prints\n%s\nbut the page says\n%s", s.line, s.text, said, want)
	}
	return nil
}

// localize moves sockets of configurations that were just written into the test's own /run.
func (r *reader) localize() {
	r.t.Helper()
	err := filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".cfg" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), " /run/") {
			return err
		}
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(text), " /run/", " "+r.dir+"/run/")), 0o600)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// printed is what a block of text stands for: "..." is anything, as a line of its own any lines.
func printed(want string) *regexp.Regexp {
	pattern := "(?m)^"
	for line := range strings.Lines(want) {
		if line == "...\n" {
			pattern += "(?:.*\n)*?"
			continue
		}
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "...")
		for i, p := range parts {
			parts[i] = regexp.QuoteMeta(p)
		}
		pattern += strings.Join(parts, ".*") + "\n"
	}
	return regexp.MustCompile(pattern)
}

// start starts nodes.
func (r *reader) start(files []string) {
	r.t.Helper()
	for _, f := range files {
		haproxytest.StartProcess(r.t, f, r.dir, filepath.Join(r.path, "haproxy"), "-db", "-f", f)
	}
}

// request makes requests of a node, which may have been started a moment ago.
func (r *reader) request(addr, times string) {
	r.t.Helper()
	n, err := strconv.Atoi(times)
	if err != nil {
		r.t.Fatal(err)
	}
	client := http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	for range n {
		haproxytest.Eventually(r.t, 20*time.Second, func() error {
			res, err := client.Get("http://" + addr + "/")
			if err != nil {
				return err
			}
			return res.Body.Close()
		})
	}
}

// endDaemons ends what was started in the background: the processes of the pid files.
func (r *reader) endDaemons() {
	files, _ := filepath.Glob(filepath.Join(r.dir, "run/*.pid")) // the pattern is sound
	for _, f := range files {
		text, _ := os.ReadFile(f)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			continue
		}
		if exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); strings.HasPrefix(exe, r.dir) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
