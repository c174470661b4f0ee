package fleet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tallystick/internal/config"
	"tallystick/internal/haproxycfg"
	"tallystick/internal/haproxytest"
)

// parse reads a node's file.
func parse(t testing.TB, name, text string, o haproxycfg.Options) *haproxycfg.Config {
	t.Helper()
	c, err := haproxycfg.Parse([]haproxycfg.File{{Name: name, Data: []byte(text)}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// one is the usual request.
func one() Request { return Request{Aggregators: []Place{{"tallystick", "192.0.2.50:10000"}}} }

// adopted is what Adopt makes of nodes' texts, by their names.
func adopted(t *testing.T, r Request, o haproxycfg.Options, texts ...string) *Proposal {
	t.Helper()
	var nodes []*haproxycfg.Config
	for i, text := range texts {
		nodes = append(nodes, parse(t, fmt.Sprintf("%d.cfg", i+1), text, o))
	}
	p, err := Adopt(nodes, r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// verify holds a proposal to what is promised of every one: Check finds no error in it and no warning, a second Adopt
// changes nothing, and the difference leads from one text to the other.
func verify(t *testing.T, why string, p *Proposal, r Request, o haproxycfg.Options) {
	t.Helper()
	c, errs := config.Parse([]config.File{{Name: "tallystick.cfg", Data: p.Aggregators[0].Data}}, config.Options{})
	if c == nil || len(errs) > 0 {
		t.Fatalf("%s: tallystick takes its own configuration, and has nothing to say: %v\n%s", why, errs, p.Aggregators[0].Data)
	}
	var nodes []*haproxycfg.Config
	for _, n := range p.Nodes {
		nodes = append(nodes, parse(t, n.File, n.After, o))
		if got := patched(n.Before, n.Diff); got != n.After {
			t.Errorf("%s: the difference leads elsewhere: %s\n%s", why, n.Diff, got)
		}
	}
	for _, f := range Check(c, nodes) {
		if f.Severity != Notice && !(f.Rule == "recv-only" && o.Version != haproxycfg.Version{}) {
			t.Errorf("%s: %v", why, f)
		}
	}
	again, err := Adopt(nodes, r)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range again.Nodes {
		if n.Diff != "" {
			t.Errorf("%s: what is adopted needs nothing any more:\n%s\nof\n%s", why, n.Diff, p.Nodes[i].After)
		}
	}
}

// patched applies a unified difference, strictly: what is unchanged in it must stand where it says.
func patched(before, diff string) string {
	if diff == "" {
		return before
	}
	lines := strings.SplitAfter(strings.TrimSuffix(before, "\n")+"\n", "\n")
	if before == "" {
		lines = nil
	}
	var out strings.Builder
	at := 0
	for line := range strings.Lines(diff) {
		var from, gone, to, come int
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++") && at == 0 && out.Len() == 0:
		case line[0] == '@':
			fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &from, &gone, &to, &come)
			for ; at < from-b2i(gone > 0); at++ {
				out.WriteString(lines[at])
			}
			if n := strings.Count(out.String(), "\n"); n != to-b2i(come > 0) {
				return fmt.Sprintf("line %d is said to be %d", n+1, to)
			}
		case line[0] == '+':
			out.WriteString(line[1:])
		default:
			if at >= len(lines) || lines[at] != line[1:] {
				return fmt.Sprintf("%q is not line %d", line[1:], at+1)
			}
			if line[0] == ' ' {
				out.WriteString(line[1:])
			}
			at++
		}
	}
	for ; at < len(lines)-1; at++ {
		out.WriteString(lines[at])
	}
	return out.String()
}

func versions(t *testing.T) map[haproxycfg.Version]haproxytest.Version {
	all := map[haproxycfg.Version]haproxytest.Version{}
	for _, v := range haproxytest.Versions(t) {
		all[haproxycfg.Version{Major: v.Major, Minor: v.Minor}] = v
	}
	return all
}

// TestAdopt adopts what people have, for each version of HAProxy: Check has nothing against it, and that HAProxy takes it.
func TestAdopt(t *testing.T) {
	for own, v := range versions(t) {
		t.Run(own.String(), func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{} // what was checked before
			for _, in := range inputs {
				for _, known := range []bool{true, false} {
					o := haproxycfg.Options{}
					if known {
						o.Version = own
					}
					why := fmt.Sprintf("%s (known: %v)", in.why, known)
					p := adopted(t, one(), o, filled(in.lb1, "192.0.2.11:10000", "192.0.2.12:10000")...)
					verify(t, why, p, one(), o)
					if text := p.Nodes[0].After; !seen[text] {
						seen[text] = true
						taken(t, why, v, text)
					}
				}
			}
		})
	}
}

// taken has HAProxy check a configuration.
func taken(t *testing.T, why string, v haproxytest.Version, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(v.Program, "-c", "-f", file).CombinedOutput(); err != nil || strings.Contains(string(said), "[WARNING]") {
		t.Errorf("%s: HAProxy %v: %v\n%s\n%s", why, v, err, said, text)
	}
}

// TestAdoptText: what changes, to the letter.
func TestAdoptText(t *testing.T) {
	for _, c := range []struct {
		why     string
		input   int
		version haproxycfg.Version
		want    string
	}{
		{"the node is out, the aggregator in; a twin, and a rule that reads it", 0, haproxycfg.Version{}, `
-    server lb2 192.0.2.12:10000
+    server tallystick 192.0.2.50:10000
+    table rates.agg type ip size 2m expire 30s store http_req_rate(10s)
-    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
+    http-request deny deny_status 429 if { sc_http_req_rate(0,mycluster/rates.agg) gt 100 }
`},
		{"the twin of a proxy's table is a proxy's; actions still count in the source", 1, haproxycfg.Version{}, `
-    peer lb2 192.0.2.12:10000
+    peer tallystick 192.0.2.50:10000
-    acl busy sc1_http_req_cnt gt 5
+    acl busy sc1_http_req_cnt(web.agg) gt 5
-    acl bad sc1_get_gpc0 gt 0
+    acl bad sc1_get_gpc0(web.agg) gt 0
+
+# What all nodes together have counted in web: written by the aggregator, only read here.
+backend web.agg
+    stick-table type string len 20 size 200k expire 10m store http_req_cnt,gpc0 peers mypeers
`},
		{"who has no peers gets some", 2, haproxycfg.Version{}, `
-    stick-table type ip size 50k expire 5m store conn_cnt,conn_rate(3s)
+    stick-table type ip size 50k expire 5m store conn_cnt,conn_rate(3s) peers cluster
-    tcp-request connection reject if { src_conn_rate(st_ip) gt 20 }
+    tcp-request connection reject if { src_conn_rate(st_ip.agg) gt 20 }
+
+peers cluster
+    bind :10000
+    server lb1
+    server tallystick 192.0.2.50:10000
+
+# What all nodes together have counted in st_ip: written by the aggregator, only read here.
+backend st_ip.agg
+    stick-table type ip size 100k expire 5m peers cluster store conn_cnt,conn_rate(3s)
`},
		{"only 3.2 gets conn_cur and only 2.9 has write-to", 5, haproxycfg.Version{Major: 3, Minor: 2}, `
-    server lb2 192.0.2.12:10000
+    server tallystick 192.0.2.50:10000
+    table conns.agg type ip size 20k expire 30s recv-only store conn_cur,conn_cnt
-    http-request deny if { sc0_conn_cur gt 20 } || { sc0_conn_cnt gt 200 }
+    http-request deny if { sc0_conn_cur(mypeers/conns.agg) gt 20 } || { sc0_conn_cnt(mypeers/conns.agg) gt 200 }
+
+# What all nodes together have counted in app: written by the aggregator, only read here.
+backend app.agg
+    stick-table type string len 32 size 20k expire 1h peers mypeers write-to app store server_id,server_key
`},
		{"an older one goes on counting connections by itself", 5, haproxycfg.Version{Major: 2, Minor: 6}, `
-    server lb2 192.0.2.12:10000
+    server tallystick 192.0.2.50:10000
+    table conns.agg type ip size 20k expire 30s store conn_cur,conn_cnt
-    http-request deny if { sc0_conn_cur gt 20 } || { sc0_conn_cnt gt 200 }
+    http-request deny if { sc0_conn_cur gt 20 } || { sc0_conn_cnt(mypeers/conns.agg) gt 200 }
+
+# What all nodes together have counted in app: written by the aggregator, only read here.
+backend app.agg
+    stick-table type string len 32 size 20k expire 1h peers mypeers store server_id,server_key
`},
	} {
		p := adopted(t, one(), haproxycfg.Options{Version: c.version}, filled(inputs[c.input].lb1, "192.0.2.11:10000", "192.0.2.12:10000")...)
		got := "\n"
		for line := range strings.Lines(p.Nodes[0].Diff) {
			if (line[0] == '-' || line[0] == '+') && line[1] != '-' && line[1] != '+' {
				got += line
			}
		}
		if got != c.want {
			t.Errorf("%s:\n got %swant %s", c.why, got, c.want)
		}
	}
}

// TestAdoptOurs: the aggregator's half knows everybody that the nodes' files know.
func TestAdoptOurs(t *testing.T) {
	text := filled(inputs[0].lb1, "192.0.2.11:10000", "192.0.2.12:10000")[0]
	text = strings.Replace(text, "bind 192.0.2.11:10000", "bind :10000 ssl crt x ca-file y", 1)
	text = strings.Replace(text, "lb2 192.0.2.12:10000", "lb2 192.0.2.12:10000 ssl crt x ca-file y verify required verifyhost lb2\n    server lb3 lb3.example.com:10000", 1)
	r := one()
	r.Aggregators = []Place{{"a", "192.0.2.50:10000"}, {"b", "agg.example.com:10001"}}
	p := adopted(t, r, haproxycfg.Options{}, text)
	want := []string{
		"peer a 192.0.2.50:10000 local ssl crt /etc/tallystick/a.pem ca-file /etc/tallystick/ca.pem",
		"peer lb1 ssl crt /etc/tallystick/a.pem ca-file /etc/tallystick/ca.pem verifyname",
		"peer lb2 192.0.2.12:10000 ssl crt /etc/tallystick/a.pem ca-file /etc/tallystick/ca.pem verifyname",
		"peer lb3 lb3.example.com:10000 ssl crt /etc/tallystick/a.pem ca-file /etc/tallystick/ca.pem verifyname",
	}
	for _, line := range want {
		if !strings.Contains(string(p.Aggregators[0].Data), "    "+line+"\n") {
			t.Errorf("there is no %q in\n%s", line, p.Aggregators[0].Data)
		}
	}
	if second := string(p.Aggregators[1].Data); p.Aggregators[1].Name != "tallystick-b.cfg" || !strings.Contains(second, "    peer b *:10001 local ssl") {
		t.Errorf("the second listens at every address, since nodes call it by a name:\n%s", second)
	}
	for _, line := range []string{
		"+    server a 192.0.2.50:10000 ssl crt x ca-file y verify required verifyhost a\n",
		"+    server b agg.example.com:10001 ssl crt x ca-file y verify required verifyhost b\n",
	} {
		if !strings.Contains(p.Nodes[0].Diff, line) {
			t.Errorf("there is no %q in\n%s", line, p.Nodes[0].Diff)
		}
	}
	if n := strings.Count(fmt.Sprint(p.Notes), "is taken for a node"); n != 2 {
		t.Errorf("two nodes are known by their lines alone, which is said: %v", p.Notes)
	}
}

// TestLarge: the time that a file takes grows as the file does, not as its square: a page may be given anything.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("global\n localpeer lb1\npeers p\n bind 192.0.2.11:10000\n server lb1\n")
	for i := range haproxycfg.MaxTables {
		fmt.Fprintf(&b, " table t%d.x%d type ip size 1k expire 1m store http_req_rate(10s)\n", i/2, i%2)
	}
	b.WriteString("frontend f\n")
	for i := range haproxycfg.MaxUses / 2 {
		fmt.Fprintf(&b, " acl a src_http_req_rate(p/t%d.x0) gt 1\n", i%haproxycfg.MaxTables)
	}
	start := time.Now()
	p := adopted(t, one(), haproxycfg.Options{}, b.String())
	c, _ := config.Parse([]config.File{{Name: "a", Data: p.Aggregators[0].Data}}, config.Options{})
	n, err := haproxycfg.Parse([]haproxycfg.File{{Name: "n", Data: []byte(strings.ReplaceAll(b.String(), "1k", "1m"))}}, haproxycfg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if found := Check(c, []*haproxycfg.Config{n}); len(found) < haproxycfg.MaxTables {
		t.Errorf("none of %d tables has a twin, found %d", haproxycfg.MaxTables, len(found))
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// TestAdoptLeaves: what is not about sums stays.
func TestAdoptLeaves(t *testing.T) {
	text := strings.Replace(filled(inputs[0].lb1, "192.0.2.11:10000", "192.0.2.12:10000")[0],
		"lb2 192.0.2.12:10000", "lb2 192.0.2.12:10000 shard 1 id 7 source 192.0.2.11 check", 1) +
		"    http-request allow if { src,in_table(mycluster/rates) }\n    http-request deny if { src_inc_gpc0(mycluster/rates) gt 1 }\n"
	p := adopted(t, one(), haproxycfg.Options{}, text)
	for why, want := range map[string]string{
		"whether a node knows a key itself is its own affair":  "    http-request allow if { src,in_table(mycluster/rates) }\n",
		"what counts does so in the source":                    "    http-request deny if { src_inc_gpc0(mycluster/rates) gt 1 }\n",
		"what was said of one peer alone does not hold for us": "    server tallystick 192.0.2.50:10000 check\n",
	} {
		if !strings.Contains(p.Nodes[0].After, want) {
			t.Errorf("%s: there is no %q in\n%s", why, want, p.Nodes[0].After)
		}
	}
}

// TestFolder: a node's configuration may be several files, each of which has its changes; what is new comes last.
func TestFolder(t *testing.T) {
	one1 := "global\n localpeer lb1\npeers p\n bind 192.0.2.11:10000\n server lb1\n"
	two := "backend st\n stick-table type ip size 1k expire 1m store conn_cnt peers p\nfrontend f\n http-request track-sc0 src table st\n http-request deny if { src_conn_cnt(st) gt 1 }\n"
	n, err := haproxycfg.Parse([]haproxycfg.File{{Name: "d/1.cfg", Data: []byte(one1)}, {Name: "d/2.cfg", Data: []byte(two)}}, haproxycfg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Adopt([]*haproxycfg.Config{n}, one())
	if err != nil || len(p.Nodes) != 2 {
		t.Fatal(err, p)
	}
	if want := one1 + "    server tallystick 192.0.2.50:10000\n"; p.Nodes[0].After != want {
		t.Errorf("the first file has the peers: %s", p.Nodes[0].After)
	}
	if got := p.Nodes[1].After; !strings.Contains(got, "src_conn_cnt(st.agg) gt 1") || !strings.HasSuffix(got, "backend st.agg\n    stick-table type ip size 1k expire 1m store conn_cnt peers p\n") {
		t.Errorf("the second one has the rules, and the twin at its end: %s", got)
	}
	for _, name := range []string{"..", "a/b", "a b"} {
		n, err := haproxycfg.Parse([]haproxycfg.File{{Name: "f", Data: []byte(two)}}, haproxycfg.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Adopt([]*haproxycfg.Config{n}, one()); err == nil {
			t.Errorf("a node called %q would be a folder outside, or two words", name)
		}
	}
}

// FuzzAdopt: whatever a node's file is, there is no panic, and the difference leads from it to the result.
func FuzzAdopt(f *testing.F) {
	for _, in := range inputs {
		f.Add(in.lb1)
	}
	f.Add("peers p\n table a.b type ip size 1\n table a.c type ip size 1\npeers q\n table \"x\" size \"\nlisten l\n stick-table\n stick on a\n http-request track-sc0 b\n acl c sc0_gpc0(")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := haproxycfg.Parse([]haproxycfg.File{{Name: "f", Data: []byte(text)}}, haproxycfg.Options{})
		if err != nil {
			return
		}
		p, err := Adopt([]*haproxycfg.Config{n, n}, one())
		if err != nil {
			return
		}
		c := p.Nodes[0]
		if got := patched(c.Before, c.Diff); got != c.After && !strings.Contains(c.Before, "\r") {
			t.Errorf("the difference leads elsewhere:\n%s\ngot %q\nwant %q", c.Diff, got, c.After)
		}
		own, errs := config.Parse([]config.File{{Name: "a", Data: p.Aggregators[0].Data}}, config.Options{})
		if own != nil {
			_ = Check(own, []*haproxycfg.Config{n})
		} else if !slices.ContainsFunc(errs, func(e config.Error) bool { return e.Severity == config.Alert }) {
			t.Error("no configuration, and no word why")
		}
	})
}
