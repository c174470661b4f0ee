package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tallystick/internal/config"
	"tallystick/internal/haproxycfg"
)

// base is an installation without a flaw: each case below breaks it in one place.
func base() map[string]string {
	node := func(n int) string {
		return fmt.Sprintf(`global
    localpeer lb%d
defaults
    mode http
peers cluster
    bind 192.0.2.1%d:10000
    server lb%d
    server agg 192.0.2.50:10000
    table rates     type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)
    table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)
backend users
    stick-table type string len 32 size 1k expire 1h peers cluster store gpc0
backend users.agg
    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0
frontend web
    http-request track-sc0 src table cluster/rates
    http-request track-sc1 req.hdr(user) table users
    http-request deny if { sc_http_req_rate(0,cluster/rates.agg) gt 10 }
    http-request deny if { sc_get_gpc0(1,users.agg) gt 10 }
`, n, n, n)
	}
	return map[string]string{"lb1": node(1), "lb2": node(2), "agg": `aggregations data
    from any to .agg
    peer agg 192.0.2.50:10000 local
    peer lb1 192.0.2.11:10000
    peer lb2 192.0.2.12:10000
`}
}

// check runs Check over files.
func check(t *testing.T, files map[string]string, o haproxycfg.Options) []Finding {
	t.Helper()
	c, errs := config.Parse([]config.File{{Name: "agg", Data: []byte(files["agg"])}}, config.Options{})
	if c == nil {
		t.Fatal(errs)
	}
	var nodes []*haproxycfg.Config
	for _, name := range []string{"lb1", "lb2", "lb3"} {
		if files[name] == "" {
			continue
		}
		n, err := haproxycfg.Parse([]haproxycfg.File{{Name: name, Data: []byte(files[name])}}, o)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, n)
	}
	return Check(c, nodes)
}

// cases break the base: what stands for "old" in a file becomes "new", and found is then what Check finds, each
// as "RULE SEVERITY FILE:LINE:COLUMN WRITE".
var cases = []struct {
	why              string
	file, old, fresh string
	found            []string
	version          haproxycfg.Version
}{
	{why: "nothing is wrong"},
	{"a node reads no sum that it has no table for", "lb1", "    table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)\n", "\n",
		[]string{"twin-missing error lb1:9:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"the twin of a proxy's table is a proxy's", "lb2", "backend users.agg\n    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0\n", "\n\n",
		[]string{"twin-missing error lb2:12:5 backend users.agg|    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0"}, haproxycfg.Version{}},
	{"a slash makes another name", "lb1", "backend users.agg\n    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0\n", "peers cluster\n    table users.agg type string len 32 size 2k expire 1h store gpc0\n",
		[]string{"twin-place error lb1:14:5 backend users.agg|    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0"}, haproxycfg.Version{}},
	{"a twin that is not shared hears nothing", "lb1", "size 2k expire 1h peers cluster store", "size 2k expire 1h store",
		[]string{"twin-unshared error lb1:14:5 backend users.agg|    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0"}, haproxycfg.Version{}},
	{"a source that is not shared says nothing", "lb1", "size 1k expire 1h peers cluster store", "size 1k expire 1h store",
		[]string{"source-unshared error lb1:12:5 stick-table type string len 32 size 1k expire 1h peers cluster store gpc0", "source-missing warning lb1:5:7 stick-table type string len 32 size 1k expire 1h peers cluster store gpc0"}, haproxycfg.Version{}},
	{"keys of another type", "lb1", "rates.agg type ip ", "rates.agg type ipv6 ",
		[]string{"twin-type error lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"shorter keys", "lb1", "len 32 size 2k", "len 16 size 2k",
		[]string{"twin-length warning lb1:14:5 backend users.agg|    stick-table type string len 32 size 2k expire 1h peers cluster store gpc0"}, haproxycfg.Version{}},
	{"longer ones do no harm", "lb1", "len 32 size 2k", "len 64 size 2k", nil, haproxycfg.Version{}},
	{"a column that a rule reads is not there", "lb1", "size 2m expire 30s store http_req_cnt,http_req_rate(10s)", "size 2m expire 30s store http_req_cnt",
		[]string{"twin-columns error lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"one that nobody reads", "lb1", "size 2m expire 30s store http_req_cnt,http_req_rate(10s)", "size 2m expire 30s store http_req_rate(10s)",
		[]string{"twin-columns warning lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"another period", "lb1", "size 2m expire 30s store http_req_cnt,http_req_rate(10s)", "size 2m expire 30s store http_req_cnt,http_req_rate(60s)",
		[]string{"twin-period error lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"room for one node's keys only", "lb1", "size 2m", "size 1m",
		[]string{"twin-size warning lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"a shorter memory", "lb1", "size 2m expire 30s", "size 2m expire 29s",
		[]string{"twin-expire warning lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"one that lasts for ever", "lb1", "size 2m expire 30s", "size 2m",
		[]string{"twin-expire warning lb1:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"counting in the twin", "lb1", "track-sc0 src table cluster/rates\n", "track-sc0 src table cluster/rates.agg\n",
		[]string{"twin-tracked error lb1:16:18 http-request track-sc0 src table cluster/rates"}, haproxycfg.Version{}},
	{"or by a fetch", "lb1", "sc_get_gpc0(1,users.agg)", "sc_inc_gpc0(1,users.agg)",
		[]string{"twin-tracked error lb1:19:28 http-request deny if { sc_inc_gpc0(1,users) gt 10 }", "twin-unread notice lb1:14:5 "}, haproxycfg.Version{}},
	{"nodes that replicate", "lb1", "    server agg", "    peer lb2 192.0.2.12:10000\n    server agg",
		[]string{"nodes-replicate error lb1:8:10 # peer lb2 192.0.2.12:10000"}, haproxycfg.Version{}},
	{"a name that we do not know, but nearly", "agg", "peer lb2 ", "peer lb22 ",
		[]string{"name-unknown error agg:1:14 peer lb2 192.0.2.12:10000"}, haproxycfg.Version{}},
	{"with dynamic peers any name is good", "agg", "peer lb2 192.0.2.12:10000", "dynamic-peers max 10", nil, haproxycfg.Version{}},
	{"no name at all", "lb1", "    localpeer lb1\n", "\n",
		[]string{"localpeer-missing warning lb1:1:1 localpeer lb1"}, haproxycfg.Version{}},
	{"one name twice", "lb2", "lb2", "lb1",
		[]string{"name-twice error lb2:2:15 localpeer lb1-2", "address warning agg:4:10 peer lb1 192.0.2.12:10000"}, haproxycfg.Version{}},
	{"no line for itself", "lb1", "    server lb1\n", "\n",
		[]string{"self-missing error lb1:5:7 server lb1"}, haproxycfg.Version{}},
	{"the aggregator under another name", "lb1", "server agg ", "server aggregator ",
		[]string{"aggregator-name error lb1:8:12 server agg 192.0.2.50:10000"}, haproxycfg.Version{}},
	{"nobody is called", "lb1", "    server agg 192.0.2.50:10000\n", "\n",
		[]string{"aggregator-missing error lb1:5:7 server agg 192.0.2.50:10000"}, haproxycfg.Version{}},
	{"at another port", "lb1", "192.0.2.50:10000", "192.0.2.50:10001",
		[]string{"address error lb1:8:12 server agg 192.0.2.50:10000"}, haproxycfg.Version{}},
	{"at another address, which may be translated", "lb1", "192.0.2.50:10000", "198.51.100.1:10000",
		[]string{"address warning lb1:8:12 server agg 192.0.2.50:10000"}, haproxycfg.Version{}},
	{"a name may stand for it", "lb1", "192.0.2.50:10000", "agg.example.com:10000", nil, haproxycfg.Version{}},
	{"where the node does not listen", "agg", "192.0.2.11:10000", "192.0.2.11:10001",
		[]string{"address warning agg:4:10 peer lb1 192.0.2.11:10000"}, haproxycfg.Version{}},
	{"a section that is switched off", "lb1", "    server lb1\n", "    server lb1\n    disabled\n",
		[]string{"peers-disabled error lb1:8:5 enabled"}, haproxycfg.Version{}},
	{"a source that another node does not have", "lb2", "    table rates     type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)\n", "\n",
		[]string{"source-missing warning lb2:5:7 table rates type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"a source with another period", "lb2", "http_req_cnt,http_req_rate(10s)", "http_req_cnt,http_req_rate(1m)",
		[]string{"sources-disagree error lb2:9:5 table rates type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)", "twin-period error lb2:10:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(1m)"}, haproxycfg.Version{}},
	{"of another type", "lb2", "type ip", "type ipv6",
		[]string{"sources-disagree error lb2:9:5 table rates type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"with shorter keys", "lb2", "len 32", "len 16",
		[]string{"sources-disagree warning lb2:12:5 stick-table type string len 32 size 1k expire 1h peers cluster store gpc0"}, haproxycfg.Version{}},
	{"with fewer columns", "lb2", "http_req_cnt,", "",
		[]string{"sources-disagree warning lb2:9:5 table rates type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"with more", "lb2", "store http_req_cnt,", "store conn_cnt,http_req_cnt,",
		[]string{"sources-disagree warning lb2:9:5 table rates type ip size 1m expire 30s store http_req_cnt,http_req_rate(10s)"}, haproxycfg.Version{}},
	{"two tables of one sum", "lb1", "    table rates     ", "    table rates.v2 type ip size 1k expire 30s store http_req_cnt,http_req_rate(10s)\n    table rates     ",
		[]string{
			"source-missing warning lb2:5:7 table rates.v2 type ip size 1k expire 30s store http_req_cnt,http_req_rate(10s)",
			"target-collision warning lb1:9:5 table rates_v2 type ip size 1k expire 30s store http_req_cnt,http_req_rate(10s)",
			"twin-size warning lb1:11:5 table rates.agg type ip size 2049k expire 30s store http_req_cnt,http_req_rate(10s)",
			"twin-size warning lb2:10:5 table rates.agg type ip size 2049k expire 30s store http_req_cnt,http_req_rate(10s)",
		}, haproxycfg.Version{}},
	{"a suffix that is not taken", "lb1", "    table rates     ", "    table odd.x type ip size 1\n    table rates     ",
		[]string{
			"source-missing warning lb2:5:7 table odd.x type ip size 1",
			"twin-missing error lb1:9:5 table odd.agg type ip size 1",
		}, haproxycfg.Version{}},
	{"TLS on the node's side alone", "lb1", "192.0.2.50:10000", "192.0.2.50:10000 ssl verify none",
		[]string{"tls error agg:3:10 ssl crt FILE ca-file FILE (on that line)"}, haproxycfg.Version{}},
	{"TLS where the node listens alone", "lb1", "192.0.2.11:10000", "192.0.2.11:10000 ssl crt x",
		[]string{"tls warning agg:4:10 peer lb1 192.0.2.11:10000 ssl crt FILE ca-file FILE verifyname"}, haproxycfg.Version{}},
	{"a node that shares its keys out", "lb1", "    server agg 192.0.2.50:10000", "    shards 2\n    server agg 192.0.2.50:10000 shard 2",
		[]string{"shard warning agg:1:14 shard 2/2 peers cluster"}, haproxycfg.Version{}},
	{"a condition that cannot be told", "lb1", "    table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)\n", ".if defined(AGG)\n    table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)\n.endif\n",
		[]string{"twin-missing notice lb1:9:5 table rates.agg type ip size 2m expire 30s store http_req_cnt,http_req_rate(10s)", "unjudged notice lb1:10:1 "}, haproxycfg.Version{}},
	{"a sum that nobody reads", "lb1", "sc_get_gpc0(1,users.agg)", "sc_get_gpc0(1,users)",
		[]string{"twin-unread notice lb1:14:5 "}, haproxycfg.Version{}},
}

func TestCheck(t *testing.T) {
	for _, c := range cases {
		files := base()
		if c.file != "" && !strings.Contains(files[c.file], c.old) {
			t.Fatalf("%s: there is no %q to break", c.why, c.old)
		}
		if n := 1; c.file != "" {
			if c.why == "one name twice" || c.why == "of another type" || c.why == "with fewer columns" || c.why == "with more" || strings.HasPrefix(c.why, "with shorter") {
				n = -1
			}
			files[c.file] = strings.Replace(files[c.file], c.old, c.fresh, n)
		}
		compare(t, c.why, check(t, files, haproxycfg.Options{Version: c.version}), c.found)
	}
}

// more are cases that break several places.
var more = []struct {
	why     string
	change  []string // FILE, OLD, NEW, ...
	version haproxycfg.Version
	found   []string
}{
	{"a suffix that 'from' does not take", []string{"agg", "from any to .agg", "from .local to .agg accept-no-suffix", "lb1", "    table rates     ", "    table odd.x type ip size 1\n    table rates     "}, haproxycfg.Version{},
		[]string{"source-ignored notice lb1:9:5 "}},
	{"one sum of two tables, by a list of suffixes: it may be meant so", []string{
		"agg", "from any to .agg", "from .v2 to .agg accept-no-suffix",
		"lb1", "    table rates     ", "    table rates.v2 type ip size 0 store http_req_cnt,http_req_rate(10s)\n    table rates     ",
		"lb2", "    table rates     ", "    table rates.v2 type ip size 0 store http_req_cnt,http_req_rate(10s)\n    table rates     ",
	}, haproxycfg.Version{}, []string{
		"target-collision notice lb1:9:5 table rates_v2 type ip size 0 store http_req_cnt,http_req_rate(10s)",
		"twin-expire warning lb1:11:5 table rates.agg type ip size 0 store http_req_cnt,http_req_rate(10s)",
		"twin-expire warning lb2:11:5 table rates.agg type ip size 0 store http_req_cnt,http_req_rate(10s)",
	}},
	{"gauges, of a version that nobody told", gauges, haproxycfg.Version{}, []string{
		"recv-only notice lb1:10:5 ",
		"recv-only notice lb2:10:5 "}},
	{"gauges of 3.2, which has a word for it", gauges, haproxycfg.Version{Major: 3, Minor: 2}, []string{
		"recv-only warning lb1:10:5 table rates.agg type ip size 2m expire 30s recv-only store conn_cur,http_req_rate(10s)",
		"recv-only warning lb2:10:5 table rates.agg type ip size 2m expire 30s recv-only store conn_cur,http_req_rate(10s)"}},
	{"gauges of 2.6, which takes none", gauges, haproxycfg.Version{Major: 2, Minor: 6}, []string{
		"recv-only warning lb1:10:5 ",
		"recv-only warning lb2:10:5 "}},
	{"gauges of 2.2, which takes all", gauges, haproxycfg.Version{Major: 2, Minor: 2}, nil},
	{"shards that fit", shards("cluster", "cluster", 2, 1), haproxycfg.Version{}, nil},
	{"another number of them", shards("cluster", "cluster", 3, 1), haproxycfg.Version{},
		[]string{"shard error lb1:8:12 shards 2", "shard error lb2:8:12 shards 2"}},
	{"another one", shards("cluster", "cluster", 2, 2), haproxycfg.Version{},
		[]string{"shard error lb1:9:12 server agg 192.0.2.50:10000 shard 1", "shard error lb2:9:12 server agg 192.0.2.50:10000 shard 1"}},
	{"another peers section than ours is told of", shards("mypeers", "mypeers", 2, 1), haproxycfg.Version{},
		[]string{"shard error lb1:5:7 peers cluster", "shard error lb2:5:7 peers cluster"}},
	{"TLS on our side alone", []string{"agg", "10000 local", "10000 local ssl crt x ca-file y", "agg", "192.0.2.11:10000", "192.0.2.11:10000 ssl ca-file y verifyname", "agg", "192.0.2.12:10000", "192.0.2.12:10000 ssl ca-file y verifyname"}, haproxycfg.Version{},
		[]string{
			"tls error lb1:8:12 server agg 192.0.2.50:10000 ssl crt FILE ca-file FILE verify required verifyhost agg",
			"tls error lb2:8:12 server agg 192.0.2.50:10000 ssl crt FILE ca-file FILE verify required verifyhost agg",
			"tls warning agg:4:10 peer lb1 192.0.2.11:10000", "tls warning agg:5:10 peer lb2 192.0.2.12:10000",
		}},
	{"binary keys of other lengths", []string{"lb1", "type string len 32 size 2k", "type binary len 16 size 2k", "lb1", "type string len 32 size 1k", "type binary len 20 size 1k", "lb2", "type string len 32", "type binary len 20", "lb2", "type string len 32", "type binary len 20"}, haproxycfg.Version{},
		[]string{"twin-length error lb1:14:5 backend users.agg|    stick-table type binary len 20 size 2k expire 1h peers cluster store gpc0"}},
	{"replicas on purpose", []string{"agg", "lb1 192.0.2.11:10000", "lb1 192.0.2.11:10000 group pair", "agg", "lb2 192.0.2.12:10000", "lb2 192.0.2.12:10000 group pair", "lb1", "    server agg", "    peer lb2 192.0.2.12:10000\n    server agg"}, haproxycfg.Version{}, nil},
	{"behind a shared port we are called as the section is", []string{"agg", "aggregations", "global\n    bind 192.0.2.50:10000\naggregations", "agg", "    peer agg 192.0.2.50:10000 local\n", "", "lb1", "server agg", "server data", "lb2", "server agg", "server agg"}, haproxycfg.Version{},
		[]string{"aggregator-name error lb2:8:12 server data 192.0.2.50:10000"}},
}

// gauges have both nodes count open connections.
var gauges = []string{
	"lb1", "http_req_cnt,", "conn_cur,", "lb1", "http_req_cnt,", "conn_cur,",
	"lb2", "http_req_cnt,", "conn_cur,", "lb2", "http_req_cnt,", "conn_cur,",
}

// shards have the nodes share their keys out, in peers sections of these names, and our half say 1/2.
func shards(one, two string, count, index int) []string {
	all := []string{"agg", "    from", "    shard 1/2 peers cluster\n    from"}
	for i, name := range []string{one, two} {
		node := fmt.Sprintf("lb%d", i+1)
		all = append(all, node, "    server agg 192.0.2.50:10000", fmt.Sprintf("    shards %d\n    server agg 192.0.2.50:10000 shard %d", count, index))
		for range 7 {
			all = append(all, node, "cluster", "\x00")
		}
		for range 7 {
			all = append(all, node, "\x00", name)
		}
	}
	return all
}

func TestCheckMore(t *testing.T) {
	for _, c := range more {
		files := base()
		for i := 0; i < len(c.change); i += 3 {
			files[c.change[i]] = strings.Replace(files[c.change[i]], c.change[i+1], c.change[i+2], 1)
		}
		compare(t, c.why, check(t, files, haproxycfg.Options{Version: c.version}), c.found)
	}
}

// TestEveryRule: a rule without a case is one that nobody has seen.
func TestEveryRule(t *testing.T) {
	seen := map[string]bool{"config": true} // which is the command's, see its script
	for _, c := range cases {
		for _, f := range c.found {
			seen[strings.Fields(f)[0]] = true
		}
	}
	for _, c := range more {
		for _, f := range c.found {
			seen[strings.Fields(f)[0]] = true
		}
	}
	if !slices.IsSortedFunc(Rules(), func(a, b Rule) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("rules are sorted by name")
	}
	for _, r := range Rules() {
		if !seen[r.Name] || r.Meaning == "" {
			t.Errorf("no case finds %s", r.Name)
		}
	}
}

// compare holds findings against what is wanted, in any order.
func compare(t *testing.T, why string, found []Finding, want []string) {
	t.Helper()
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %s %s:%d:%d %s", f.Rule, f.Severity, f.Where.File, f.Where.Line, f.Where.Column, strings.ReplaceAll(f.Fix, "\n", "|")))
		if !slices.ContainsFunc(Rules(), func(r Rule) bool { return r.Name == f.Rule }) {
			t.Errorf("%s: %s is not in the list of rules", why, f.Rule)
		}
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", why, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		for _, f := range found {
			t.Log(f)
		}
	}
}

// TestExamples: what is shown to everybody has no flaw. The files of one node stand for all of them there.
func TestExamples(t *testing.T) {
	dirs, err := filepath.Glob("../../examples/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, dir := range dirs {
		names, _ := filepath.Glob(dir + "/tallystick*.cfg") // the pattern is sound
		node, err := os.ReadFile(dir + "/haproxy.cfg")
		if err != nil {
			continue
		}
		n, err := haproxycfg.Parse([]haproxycfg.File{{Name: dir + "/haproxy.cfg", Data: node}}, haproxycfg.Options{Name: "lb1"})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.Contains(name, "top") || strings.Contains(name, "region2") {
				continue // no aggregator of this node
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, errs := config.Parse([]config.File{{Name: name, Data: text}}, config.Options{})
			if c == nil {
				t.Fatal(errs)
			}
			seen++
			for _, f := range Check(c, []*haproxycfg.Config{n}) {
				if f.Severity != Notice {
					t.Errorf("%s: %v", name, f)
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("%d aggregators seen: this test looks in the wrong place", seen)
	}
}
