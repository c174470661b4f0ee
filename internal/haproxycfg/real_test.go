package haproxycfg

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/haproxytest"
	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// TestRealHAProxy holds the reader against HAProxy itself: the same file, and the same tables. What "show table"
// says of them is their names, types and sizes; what HAProxy tells a peer of them is the rest, byte by byte: lengths
// of keys, expire, columns, elements, periods.
func TestRealHAProxy(t *testing.T) {
	for _, v := range haproxytest.Versions(t) {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			dir := short(t)
			agg := haproxytest.Address(t)
			told := listen(t, agg)
			file := filepath.Join(dir, "haproxy.cfg")
			text := strings.NewReplacer("{lb1}", haproxytest.Address(t), "{agg}", agg).Replace(wildest(t, v))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			env := func(name string) (string, bool) { return map[string]string{"DIR": dir}[name], name == "DIR" }
			c, err := Parse([]File{{file, []byte(text)}}, Options{Lookup: env, Version: Version{v.Major, v.Minor}})
			if err != nil || len(c.Doubts) > 0 {
				t.Fatalf("nothing here is in doubt: %v %v", err, c.Doubts)
			}
			haproxytest.StartProcess(t, "HAProxy "+v.String(), dir, v.Program, "-db", "-f", file)
			compareShow(t, c, filepath.Join(dir, "cli.sock"))
			haproxytest.Eventually(t, 30*time.Second, func() error { return told.compare(c) })
		})
	}
}

// wildest is the file without what the version does not know: behind "#! 3.2" stands what it came with.
func wildest(t *testing.T, v haproxytest.Version) string {
	t.Helper()
	text, err := os.ReadFile("testdata/wild.cfg")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if _, since, ok := strings.Cut(line, "#! "); ok {
			if first, err := ParseVersion(strings.TrimSpace(since)); err != nil || !v.AtLeast(first.Major, first.Minor) {
				line = "\n" // so that the others keep their numbers
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

// short is a directory whose name leaves room for that of a socket.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "haproxycfg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

var shown = regexp.MustCompile(`(?m)^# table: (\S+), type: (\S+), size:(\d+),`)

func compareShow(t *testing.T, c *Config, socket string) {
	t.Helper()
	var answer string
	haproxytest.Eventually(t, 20*time.Second, func() (err error) {
		answer, err = haproxytest.Ask(socket, "show table")
		return err
	})
	found := shown.FindAllStringSubmatch(answer, -1)
	if len(found) != len(c.Tables) || len(found) < 10 {
		t.Errorf("HAProxy has %d tables, the reader %d", len(found), len(c.Tables))
	}
	names := map[string]bool{}
	for _, f := range found {
		names[f[1]] = true
	}
	for _, table := range c.Tables {
		if !names[table.Name] {
			t.Errorf("HAProxy has no table %s, which the reader has seen", table.Name)
		}
	}
	for _, f := range found {
		size, _ := strconv.ParseInt(f[3], 10, 64)
		if table := c.Table(f[1]); table == nil {
			t.Errorf("the reader has not seen table %s", f[1])
		} else if kind := table.Schema.KeyType.String(); kind != f[2] || table.Size != size {
			t.Errorf("%s is of type %s and size %d, read as %s and %d", f[1], f[2], size, kind, table.Size)
		}
	}
}

// definitions are what a HAProxy has told of its tables, by their names on the wire. The lock guards it.
type definitions struct {
	mu   sync.Mutex
	seen map[string]stick.Schema
}

// listen plays the aggregator, which asks for a lesson and so hears of every table.
func listen(t *testing.T, addr string) *definitions {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	d := &definitions{seen: map[string]stick.Schema{}}
	n := fakepeer.New(fakepeer.Config{Name: "agg", Peer: "lb1", PID: 1, Trace: d.trace})
	n.Start()
	t.Cleanup(func() { l.Close(); n.Stop() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n.Accept(conn)
		}
	}()
	return d
}

func (d *definitions) trace(direction byte, b []byte) {
	if direction != '>' {
		return
	}
	m, _, err := wire.Next(b)
	if err != nil {
		return // the hello
	}
	var s stick.Schema
	if m.Class != wire.ClassStick || m.Type != wire.Definition {
		return
	}
	if _, err := wire.ParseDefinition(m.Payload, &s); err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.seen[s.Name] = s
	}
}

// compare holds what was told against what was read, for the tables of the peers section.
func (d *definitions) compare(c *Config) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	shared := 0
	for _, t := range c.Tables {
		if t.Peers != "cluster" {
			continue
		}
		shared++
		told, ok := d.seen[t.Wire()]
		if !ok {
			return fmt.Errorf("HAProxy has said nothing of %s so far, only of %d tables", t.Wire(), len(d.seen))
		}
		if !told.Equal(&t.Schema) {
			return fmt.Errorf("%s: HAProxy says\n%s (key of %d), read was\n%s (key of %d)", t.Wire(), &told, told.KeyLen, &t.Schema, t.Schema.KeyLen)
		}
	}
	if shared != len(d.seen) || shared < 10 {
		return fmt.Errorf("HAProxy has told of %d tables, read were %d", len(d.seen), shared)
	}
	return nil
}

// TestDistributed reads the examples that come with HAProxy's packages: none has anything in doubt that HAProxy takes.
func TestDistributed(t *testing.T) {
	read := 0
	for _, v := range haproxytest.Versions(t) {
		var files []string
		for _, pattern := range []string{"root/usr/share/doc/haproxy/examples/*.cfg", "root/etc/haproxy/*.cfg"} {
			found, err := filepath.Glob(filepath.Join(filepath.Dir(v.Program), pattern))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, found...)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse([]File{{name, text}}, Options{Version: Version{v.Major, v.Minor}})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if exec.Command(v.Program, "-c", "-f", name).Run() != nil {
				continue // it needs files that are not there
			}
			read++
			for _, d := range c.Doubts {
				t.Errorf("%s: %s %s", name, d.Pos, d.Msg)
			}
		}
	}
	if read < 10 {
		t.Errorf("HAProxy takes %d of its own examples only: this test looks in the wrong place", read)
	}
}
