// Package examples holds configurations of several shapes to what they promise: they have no
// flaw, the two halves of each fit together, and HAProxy takes its half. There are tests only.
package examples

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tallystick/internal/config"
	"tallystick/internal/haproxytest"
	"tallystick/internal/secure/securetest"
)

// dirs are the examples.
func dirs(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*/haproxy.cfg")
	if err != nil || len(names) < 8 {
		t.Fatalf("there are examples of at least eight shapes, found %v (%v)", names, err)
	}
	for i, n := range names {
		names[i] = filepath.Dir(n)
	}
	return names
}

// aggregators loads every aggregator of an example.
func aggregators(t *testing.T, dir string) (all []*config.Config) {
	t.Helper()
	names, err := filepath.Glob(dir + "/tallystick*.cfg")
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no aggregator (%v)", dir, err)
	}
	for _, name := range names {
		c, errs := config.Parse([]config.File{{Name: name, Data: read(t, name)}}, config.Options{})
		if c == nil || len(errs) > 0 {
			t.Fatalf("%s: an example is without a flaw, and nothing is said about it: %v", name, errs)
		}
		all = append(all, c)
	}
	return all
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var (
	called = regexp.MustCompile(`(?m)^ +server (\S+) (\S+:\d+)`) // an aggregator, on a line of the peers section
	served = regexp.MustCompile(`(?m)^ +table (\S+?)(\.\S+)? `)
)

// TestHalvesFit: whom the nodes call is there under that name and port, and every table that
// they only read is one that an aggregator writes.
func TestHalvesFit(t *testing.T) {
	for _, dir := range dirs(t) {
		all := aggregators(t, dir)
		peers, _, _ := strings.Cut(string(read(t, dir+"/haproxy.cfg")), "\nfrontend ")
		_, peers, _ = strings.Cut(peers, "\npeers ")
		lines := called.FindAllStringSubmatch(peers, -1)
		if len(lines) == 0 {
			t.Errorf("%s: the nodes call nobody", dir)
		}
		for _, l := range lines {
			if at := netip.MustParseAddrPort(l[2]); !slices.ContainsFunc(all, func(c *config.Config) bool { return answers(c, l[1], at.Port()) }) {
				t.Errorf("%s: no aggregator is called %s at port %d", dir, l[1], at.Port())
			}
		}
		tables := served.FindAllStringSubmatch(peers, -1)
		if len(tables) < 2 {
			t.Errorf("%s: a node counts in one table and reads another", dir)
		}
		for _, table := range tables {
			if suffix := table[2]; suffix != "" && !slices.ContainsFunc(all, func(c *config.Config) bool { return c.Sections[0].Rules.To == suffix }) {
				t.Errorf("%s: nobody writes %s%s", dir, table[1], suffix)
			}
		}
	}
}

// answers reports whether an aggregator has a name at a port.
func answers(c *config.Config, name string, port uint16) bool {
	for _, s := range c.Sections {
		if s.Local != nil && s.Local.Name == name && s.Local.Addr.Port == port {
			return true
		}
		for i := range c.Global.Binds {
			if b := &c.Global.Binds[i]; b.Addr.Port == port && b.Serves(s.ID) && s.ID == name {
				return true
			}
		}
	}
	return false
}

// TestLevelsFit: whoever is above somebody has him below, and the other way round.
func TestLevelsFit(t *testing.T) {
	for _, dir := range dirs(t) {
		all := aggregators(t, dir)
		links := map[string]bool{} // "LOWER HIGHER", as the lower one sees it, and as the higher one does
		for _, c := range all {
			for _, s := range c.Sections {
				for _, p := range s.Peers {
					switch p.Role.String() {
					case "up":
						links["low "+s.Name+" "+p.Name] = true
					case "down":
						links["high "+p.Name+" "+s.Name] = true
					}
				}
			}
		}
		for l := range links {
			side, pair, _ := strings.Cut(l, " ")
			other := map[string]string{"low": "high ", "high": "low "}[side] + pair
			if !links[other] {
				t.Errorf("%s: one side alone knows of the link %s", dir, pair)
			}
		}
		if leveled := strings.HasPrefix(dir, "levels"); leveled != (len(links) > 0) {
			t.Errorf("%s: %d links", dir, len(links))
		}
	}
}

// TestHAProxyTakesItsHalf asks every HAProxy that has the words of an example.
func TestHAProxyTakesItsHalf(t *testing.T) {
	ca := securetest.New(t)
	files := strings.NewReplacer("/etc/haproxy/lb1.pem", ca.Leaf(securetest.Leaf{Names: []string{"lb1"}}), "/etc/haproxy/ca.pem", ca.File())
	for _, v := range haproxytest.Versions(t) {
		for _, dir := range dirs(t) {
			if dir == "shards" && !v.AtLeast(2, 7) {
				continue // shards came with it, and the example says so
			}
			cfg := filepath.Join(t.TempDir(), "haproxy.cfg")
			if err := os.WriteFile(cfg, []byte(files.Replace(string(read(t, dir+"/haproxy.cfg")))), 0o600); err != nil {
				t.Fatal(err)
			}
			check := exec.Command(v.Program, "-c", "-f", cfg)
			check.Env = append(os.Environ(), "NODE=lb1", "ADDR=127.0.0.1")
			if said, err := check.CombinedOutput(); err != nil || strings.Contains(string(said), "[WARNING]") {
				t.Errorf("%s: HAProxy %v: %v\n%s", dir, v, err, said)
			}
		}
	}
}
