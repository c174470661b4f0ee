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

const rest = `defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
`

// inputs are configurations as people have them. In each {lb1} and {lb2} are addresses.
var inputs = []struct{ why, lb1 string }{
	{"tables of a peers section, with nodes that replicate", `global
    localpeer lb1
` + rest + `peers mycluster
    bind {lb1}
    server lb1
    server lb2 {lb2}
    table rates type ip size 1m expire 30s store http_req_rate(10s)
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mycluster/rates
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
`},
	{"tables of proxies", `global
    localpeer lb1
` + rest + `peers mypeers
    peer lb1 {lb1}
    peer lb2 {lb2}
frontend web
    bind unix@w.sock
    stick-table type string len 20 size 100k expire 10m store http_req_cnt,gpc0 peers mypeers
    tcp-request inspect-delay 1s
    tcp-request content track-sc1 req.hdr(x-user) if HTTP
    acl busy sc1_http_req_cnt gt 5
    acl bad sc1_get_gpc0 gt 0
    http-request sc-inc-gpc0(1) if busy
    http-request deny if bad
`},
	{"a table that nobody shares, and no peers section", `global
    localpeer lb1
` + rest + `backend st_ip
    stick-table type ip size 50k expire 5m store conn_cnt,conn_rate(3s)
frontend web
    bind unix@w.sock
    tcp-request connection track-sc0 src table st_ip
    tcp-request connection reject if { src_conn_rate(st_ip) gt 20 }
`},
	{"names with dots that would become one", `global
    localpeer lb1
` + rest + `peers mypeers
    bind {lb1}
    server lb1
    server lb2 {lb2}
frontend www.example.com
    bind unix@a.sock
    stick-table type ip size 1k expire 5m store http_req_rate(10s) peers mypeers
    http-request track-sc0 src
    http-request deny if { src_http_req_rate gt 20 }
frontend www.example.org
    bind unix@b.sock
    stick-table type ip size 1k expire 5m store http_req_rate(10s) peers mypeers
    http-request track-sc0 src
    http-request deny if { sc0_http_req_rate(www.example.org) gt 20 }
`},
	{"half adopted: a twin that is too small, and one node still a peer", `global
    localpeer lb1
` + rest + `peers mypeers
    bind {lb1}
    server lb1
    server tallystick 192.0.2.50:10000
    server lb2 {lb2}
    table rates type ip size 1m expire 30s store http_req_rate(10s)
    table rates.agg type ip size 1m expire 30s store http_req_rate(10s)
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mypeers/rates
    http-request deny if { sc_http_req_rate(0,mypeers/rates.agg) gt 20 }
`},
	{"gauges and servers that are remembered", `global
    localpeer lb1
` + rest + `peers mypeers
    bind {lb1}
    server lb1
    server lb2 {lb2}
    table conns type ip size 10k expire 30s store conn_cur,conn_cnt
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mypeers/conns
    http-request deny if { sc0_conn_cur gt 20 } || { sc0_conn_cnt gt 200 }
    default_backend app
backend app
    stick-table type string len 32 size 10k expire 1h peers mypeers
    stick on req.cook(id)
    server a 127.0.0.1:9 id 1
`},
	{"no localpeer, no own line, switched off, and no end of the last line", `# nothing
` + rest + `peers mypeers
    bind {lb1}
    disabled
    table rates type ip size 10k store gpc0
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mypeers/rates
    http-request deny if { sc0_get_gpc0 gt 20 }`},
}

// filled are the texts of two nodes: the second is the first with names and addresses exchanged.
func filled(lb1, one, two string) []string {
	other := strings.NewReplacer("lb1", "lb2", "lb2", "lb1").Replace(lb1)
	addresses := strings.NewReplacer("{lb1}", one, "{lb2}", two)
	return []string{addresses.Replace(lb1), addresses.Replace(other)}
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

// TestRequest: nothing that would be more than one word gets into a file.
func TestRequest(t *testing.T) {
	good := func() Request {
		return Request{
			Aggregators: []Place{{"agg", "192.0.2.50:10000"}}, Nodes: []Place{{"lb1", "192.0.2.11:10000"}, {"lb2", "192.0.2.12:10000"}},
			Tables: []Table{{Name: "rates", Type: "ip", Size: "1m", Expire: "30s", Store: "http_req_rate(10s)"}, {Name: "users", Type: "string", Len: 20, Size: "10k", Store: "http_req_cnt", Key: "req.hdr(x-user)"}},
			Limits: []Limit{{Table: "rates", Column: "http_req_rate", Above: 100}, {Table: "users", Column: "http_req_cnt", Above: 5, Status: 403}},
		}
	}
	p, err := Propose(good())
	if err != nil {
		t.Fatal(err)
	}
	verify(t, "from nothing", p, good(), haproxycfg.Options{})
	for _, line := range []string{
		"http-request track-sc1 req.hdr(x-user) table cluster/users",
		"http-request deny deny_status 429 if { src,table_http_req_rate(cluster/rates.agg) gt 100 }",
		"http-request deny deny_status 403 if { req.hdr(x-user),table_http_req_cnt(cluster/users.agg) gt 5 }",
		"table users.agg type string len 20 size 20k store http_req_cnt",
	} {
		if !strings.Contains(p.Nodes[1].After, "    "+line+"\n") {
			t.Errorf("there is no %q in\n%s", line, p.Nodes[1].After)
		}
	}
	for _, v := range versions(t) {
		taken(t, "from nothing", v, p.Nodes[0].After)
	}
	for why, spoil := range map[string]func(r *Request){
		"nobody to call":            func(r *Request) { r.Aggregators = nil },
		"three side by side":        func(r *Request) { r.Aggregators = []Place{{"a", "h:1"}, {"b", "h:2"}, {"c", "h:3"}} },
		"a name that is two words":  func(r *Request) { r.Nodes[0].Name = "lb1\nbackend x" },
		"a name twice":              func(r *Request) { r.Nodes[0].Name = "agg" },
		"an address that is two":    func(r *Request) { r.Nodes[0].Addr = "192.0.2.1:1 ssl" },
		"an address without a port": func(r *Request) { r.Nodes[0].Addr = "192.0.2.1" },
		"a section":                 func(r *Request) { r.Section = "a b" },
		"a suffix without a dot":    func(r *Request) { r.Suffix = "agg" },
		"one with two":              func(r *Request) { r.Suffix = ".a.b" },
		"a socket":                  func(r *Request) { r.Socket = "/run/x level admin" },
		"a peers section":           func(r *Request) { r.Peers = "#" },
		"too many tables":           func(r *Request) { r.Tables = append(r.Tables, r.Tables...) },
		"no node":                   func(r *Request) { r.Nodes = nil },
		"no table":                  func(r *Request) { r.Tables = nil },
		"a table's name":            func(r *Request) { r.Tables[0].Name = "a.b" },
		"its type":                  func(r *Request) { r.Tables[0].Type = "float" },
		"its length":                func(r *Request) { r.Tables[0].Len = 4 },
		"its size":                  func(r *Request) { r.Tables[0].Size = "many" },
		"its life":                  func(r *Request) { r.Tables[0].Expire = "30s store gpc0" },
		"its columns":               func(r *Request) { r.Tables[0].Store = "nonsense" },
		"its key":                   func(r *Request) { r.Tables[0].Key = "src } { always_true" },
		"the table of a limit":      func(r *Request) { r.Limits[0].Table = "other" },
		"the column of a limit":     func(r *Request) { r.Limits[0].Column = "a(b)" },
		"the status of a limit":     func(r *Request) { r.Limits[0].Status = 1000 },
	} {
		r := good()
		spoil(&r)
		if _, err := Propose(r); err == nil {
			t.Errorf("%s: refused", why)
		}
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
