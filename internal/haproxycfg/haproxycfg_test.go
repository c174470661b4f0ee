package haproxycfg

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// read reads a file that has no limit to fear.
func read(t testing.TB, text string, o Options) *Config {
	t.Helper()
	c, err := Parse([]File{{"f", []byte(text)}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestName: who a node is, and how sure that is.
func TestName(t *testing.T) {
	env := func(name string) (string, bool) { return "lb7", name == "NODE" }
	for _, c := range []struct {
		why, text, option string
		name              string
		named             bool
	}{
		{"localpeer says it", "global\n localpeer lb1\n", "", "lb1", true},
		{"-L goes before it", "global\n localpeer lb1\n", "lb2", "lb2", true},
		{"a variable is what it is here", "global\n localpeer \"$NODE\"\n", "", "lb7", true},
		{"setenv is another", "global\n setenv NODE lb8\n localpeer \"$NODE\"\n", "", "lb8", true},
		{"presetenv is not, where there is one", "global\n presetenv NODE lb8\n localpeer \"$NODE\"\n", "", "lb7", true},
		{"what unsetenv took away cannot be told", "global\n unsetenv NODE\n localpeer \"$NODE\"\n", "", "", false},
		{"resetenv leaves what it names", "global\n resetenv NODE\n localpeer \"$NODE\"\n", "", "lb7", true},
		{"and nothing else", "global\n resetenv HOME\n localpeer \"$NODE\"\n", "", "", false},
		{"a peer without an address can only be the node", "peers p\n bind :1\n server lb3\n server a 192.0.2.1:1\n", "", "lb3", false},
		{"else nobody knows", "peers p\n peer lb3 192.0.2.3:1\n peer a 192.0.2.1:1\n", "", "", false},
	} {
		got := read(t, c.text, Options{Name: c.option, Lookup: env})
		if got.Name != c.name || got.Named != c.named {
			t.Errorf("%s: got %q %v", c.why, got.Name, got.Named)
		}
	}
}

// TestPeers reads a section with all that has a meaning here.
func TestPeers(t *testing.T) {
	c := read(t, `global
    localpeer lb1
peers one
    default-bind ssl crt x
    bind 192.0.2.11:10000,[2001:db8::1]:10001
    default-server ssl
    shards 3
    server lb1
    server agg 192.0.2.50:10000 shard 2 check
    server old ipv4@192.0.2.51:10000 no-ssl
    server odd /path/to/it
    disabled
    peer
peers two
    peer lb1 192.0.2.11:1024
    peer agg "${WHERE}" ssl
    disabled
    enabled
`, Options{})
	one, two := c.Section("one"), c.Section("two")
	if one.Shards != 3 || one.Disabled.Line != 12 || two.Disabled.Line != 0 || one.Last != 13 {
		t.Errorf("section %+v %+v", one, two)
	}
	if l := one.Listen(); len(l) != 2 || l[1].Addr != (Addr{"[2001:db8::1]:10001", "2001:db8::1", 10001}) || !l[1].SSL {
		t.Errorf("one bind line may have several addresses, and the options of default-bind: %+v", l)
	}
	if l := two.Listen(); len(l) != 1 || l[0].Addr.Port != 1024 || l[0].SSL {
		t.Errorf("without one it listens at its own line's address: %+v", l)
	}
	agg := one.Peers[1]
	if agg.Shard != 2 || !agg.SSL || agg.Local || agg.Pos.Line != 9 || agg.Pos.Column != 12 || !slices.Equal(agg.Args, []string{"shard", "2", "check"}) {
		t.Errorf("a peer has a shard, and the options of default-server: %+v", agg)
	}
	if old := one.Peers[2]; old.SSL || old.Addr.Host != "192.0.2.51" {
		t.Errorf("unless it says otherwise; a family is no part of the host: %+v", old)
	}
	if odd := one.Peers[3]; odd.Addr.Port != 0 || odd.Addr.IsZero() {
		t.Errorf("of a path there is no port to tell: %+v", odd)
	}
	if where := two.Peers[1]; where.Addr.IsZero() || where.Addr.Port != 0 || !where.SSL || len(c.Doubts) != 1 {
		t.Errorf("an address that is not known is one all the same: %+v %v", where, c.Doubts)
	}
	if one.Local() == nil || one.Local().Name != "lb1" || c.Section("three") != nil {
		t.Error("the section's own line is that with the node's name")
	}
}

// TestConditions: what is in a block is read if it is surely there; if it is surely not it is nothing, and else it
// is said that nobody knows.
func TestConditions(t *testing.T) {
	const known, unknown = "peers p\n table t type ip size 1\n", ".if defined(X)\n"
	for _, c := range []struct {
		why, text      string
		tables, doubts int
		partial        bool
		major, minor   int
	}{
		{"no condition", known, 1, 0, false, 0, 0},
		{"a number that is true", ".if 1\n" + known + ".endif\n", 1, 0, false, 0, 0},
		{"one that is not", ".if 0\n" + known + ".endif\n", 0, 0, false, 0, 0},
		{"nothing is false", ".if\n" + known + ".endif\n", 0, 0, false, 0, 0},
		{"not", ".if !0\n" + known + ".endif\n", 1, 0, false, 0, 0},
		{"else", ".if 0\n.else\n" + known + ".endif\n", 1, 0, false, 0, 0},
		{"else behind what is there", ".if 1\n.else\n" + known + ".endif\n", 0, 0, false, 0, 0},
		{"elif behind what is there", ".if 1\n.elif 1\n" + known + ".endif\n", 0, 0, false, 0, 0},
		{"what is defined there is not known here", unknown + known + ".endif\n", 0, 1, true, 0, 0},
		{"nor what else it would be", unknown + ".else\n" + known + ".endif\n", 0, 1, true, 0, 0},
		{"not not known is not known", ".if !defined(X)\n" + known + ".endif\n", 0, 1, true, 0, 0},
		{"within what is not there nothing is in doubt", ".if 0\n" + unknown + known + ".endif\n.endif\n", 0, 1, false, 0, 0},
		{"a section in doubt leaves none behind it", unknown + "peers p\n.endif\n table t type ip size 1\n", 0, 1, true, 0, 0},
		{"doubt about other lines is no harm", unknown + "backend b\n.endif\n" + known, 1, 1, false, 0, 0},
		{"a version that is known", ".if version_atleast(2.6)\n" + known + ".endif\n", 1, 0, false, 2, 6},
		{"an older one", ".if version_atleast(2.6)\n" + known + ".endif\n", 0, 0, false, 2, 5},
		{"the other way round", ".if version_before(2.6)\n" + known + ".endif\n", 1, 0, false, 2, 5},
		{"a third number of our own branch is not known", ".if version_atleast(2.6.3)\n" + known + ".endif\n", 0, 1, true, 2, 6},
		{"of another branch it does not matter", ".if version_atleast(2.6.3)\n" + known + ".endif\n", 1, 0, false, 3, 0},
		{"without a version nothing is known", ".if version_atleast(2.6)\n" + known + ".endif\n", 0, 1, true, 0, 0},
		{"a message is no condition", ".notice hello\n" + known, 1, 0, false, 0, 0},
	} {
		got := read(t, c.text, Options{Version: Version{c.major, c.minor}})
		if len(got.Tables) != c.tables || len(got.Doubts) != c.doubts || got.Partial != c.partial {
			t.Errorf("%s: %d tables, partial %v, doubts %v", c.why, len(got.Tables), got.Partial, got.Doubts)
		}
	}
}

// TestUses plays rules of one frontend "web", whose own table counts: each line has the uses that are listed
// behind it, as KIND TABLE TEXT, and what the line becomes if every one of them goes to the table NEW.
func TestUses(t *testing.T) {
	const head = "peers p\n table r type ip size 1 store gpc0\nfrontend web\n stick-table type ip size 1 store gpc0\n http-request track-sc0 src table p/r\n http-request track-sc1 src\n"
	for _, c := range []struct{ why, line, uses, moved string }{
		{"a counter names its table", "tcp-request connection track-sc2 src table p/r if TRUE", "tracks into p/r track-sc2", "tcp-request connection track-sc2 src table NEW if TRUE"},
		{"or counts in its own", "http-request track-sc2 hdr(x),lower if TRUE", "tracks into web track-sc2", "http-request track-sc2 hdr(x),lower table NEW if TRUE"},
		{"stick rules too", "stick on src table p/r", "remembers servers in p/r stick", "stick on src table NEW"},
		{"in their own", "stick store-request src", "remembers servers in web stick", "stick store-request src table NEW"},
		{"by the client's address", "http-request deny if { src_http_req_rate(p/r) gt 5 }", "reads p/r src_http_req_rate(p/r)", "http-request deny if { src_http_req_rate(NEW) gt 5 }"},
		{"of its own table", "acl a src_http_req_rate gt 5", "reads web src_http_req_rate", "acl a src_http_req_rate(NEW) gt 5"},
		{"with nothing in between", "acl a src_conn_cur() gt 5", "reads web src_conn_cur()", "acl a src_conn_cur(NEW) gt 5"},
		{"by what a counter tracks", "http-request deny if { sc0_http_req_rate gt 5 }", "reads p/r sc0_http_req_rate", "http-request deny if { sc0_http_req_rate(NEW) gt 5 }"},
		{"by its number", "http-request deny if { sc_http_req_rate(1) gt 5 }", "reads web sc_http_req_rate(1)", "http-request deny if { sc_http_req_rate(1,NEW) gt 5 }"},
		{"in another table", "http-request deny if { sc_http_req_rate(1,p/r) gt 5 }", "reads p/r sc_http_req_rate(1,p/r)", "http-request deny if { sc_http_req_rate(1,NEW) gt 5 }"},
		{"an element of an array", "http-request deny if { sc_get_gpc(3,0) gt 5 }", "reads p/r sc_get_gpc(3,0)", "http-request deny if { sc_get_gpc(3,0,NEW) gt 5 }"},
		{"by the value of an expression", "http-request deny if { hdr(x),table_gpc0_rate(p/r) gt 5 }", "reads p/r table_gpc0_rate(p/r)", "http-request deny if { hdr(x),table_gpc0_rate(NEW) gt 5 }"},
		{"twice in one line", "http-request set-var(txn.a) src,table_gpc0(p/r),add(txn.b) if { src,in_table(p/r) }", "reads p/r table_gpc0(p/r); reads p/r in_table(p/r)", "http-request set-var(txn.a) src,table_gpc0(NEW),add(txn.b) if { src,in_table(NEW) }"},
		{"within a format", `http-request set-header X "%[sc0_http_req_rate] %[src,table_gpt0(p/r)]"`, "reads p/r sc0_http_req_rate; reads p/r table_gpt0(p/r)", `http-request set-header X "%[sc0_http_req_rate(NEW)] %[src,table_gpt0(NEW)]"`},
		{"in quotes", `acl a "src_get_gpc0(p/r)" gt 0`, "reads p/r src_get_gpc0(p/r)", `acl a "src_get_gpc0(NEW)" gt 0`},
		{"what counts by being asked", "http-request deny if { src_inc_gpc0(p/r) gt 0 }", "writes to p/r src_inc_gpc0(p/r)", "http-request deny if { src_inc_gpc0(NEW) gt 0 }"},
		{"names of ACLs may look like it", "acl src_conn_cur src_conn_cur gt 5", "reads web src_conn_cur", "acl src_conn_cur src_conn_cur(NEW) gt 5"},
		{"and their use", "http-request deny if src_conn_cur or { sc1_conn_rate gt 1 } || src_conn_rate", "reads web sc1_conn_rate", "http-request deny if src_conn_cur or { sc1_conn_rate(NEW) gt 1 } || src_conn_rate"},
		{"actions go where the counter goes", "http-request sc-inc-gpc0(0)", "", "http-request sc-inc-gpc0(0)"},
		{"comments are none of it", "http-request allow # src_conn_cur(p/r)", "", "http-request allow # src_conn_cur(p/r)"},
		{"nor are other fetches", "acl a src_port gt 5", "", "acl a src_port gt 5"},
		{"nor names of variables", "acl a var(txn.src_conn_cur) gt 5", "", "acl a var(txn.src_conn_cur) gt 5"},
		{"of a counter that nobody uses nothing is known", "acl a sc2_conn_cur gt 5", "reads  sc2_conn_cur", "acl a sc2_conn_cur(NEW) gt 5"},
	} {
		got := read(t, head+c.line+"\n", Options{})
		line := c.line
		var uses []string
		for _, u := range slices.Backward(got.Uses) {
			if u.Pos.Line != 7 {
				continue
			}
			uses = append([]string{fmt.Sprintf("%s %s %s", u.Kind, u.Table, u.Text)}, uses...)
			if at := u.Pos.Column - 1; !strings.HasPrefix(c.line[at:], u.Text) {
				t.Errorf("%s: %q does not stand at column %d", c.why, u.Text, at+1)
			}
			from, to, text := u.Naming("NEW")
			line = line[:from] + text + line[to:]
		}
		if s := strings.Join(uses, "; "); s != c.uses || line != c.moved {
			t.Errorf("%s: %s\n got %q %q\nwant %q %q", c.why, c.line, s, line, c.uses, c.moved)
		}
	}
}

// TestAmbiguous: a counter that tracks in two tables is not guessed, and one that only another proxy has is found.
func TestAmbiguous(t *testing.T) {
	c := read(t, `frontend a
 http-request track-sc0 src table one if A
 http-request track-sc0 src table two
 http-request track-sc1 src table two
 acl x sc0_conn_cur gt 1
backend b
 acl y sc1_conn_cur gt 1
`, Options{})
	if x, y := c.Uses[3], c.Uses[4]; x.Table != "" || y.Table != "two" {
		t.Errorf("sc0 of a reads %q, sc1 of b %q", x.Table, y.Table)
	}
}

func TestLimits(t *testing.T) {
	if _, err := Parse([]File{{"f", make([]byte, MaxBytes)}, {"g", []byte("\n")}}, Options{}); err == nil {
		t.Error("a byte more than the limit is not read")
	}
	table := "peers p\n" + strings.Repeat(" table t type ip size 1\n", MaxTables)
	if _, err := Parse([]File{{"f", []byte(table)}}, Options{}); err != nil {
		t.Errorf("as many tables as the limit says are read: %v", err)
	}
	if _, err := Parse([]File{{"f", []byte(table + " table t type ip size 1\n")}}, Options{}); err == nil {
		t.Error("one more is refused")
	}
	use := "frontend f\n" + strings.Repeat(" acl a src_conn_cur\n", MaxUses)
	if _, err := Parse([]File{{"f", []byte(use)}}, Options{}); err != nil {
		t.Errorf("as many uses as the limit says are read: %v", err)
	}
	if _, err := Parse([]File{{"f", []byte(use + " acl a src_conn_cur\n")}}, Options{}); err == nil {
		t.Error("one more is refused")
	}
}

// FuzzParse: whatever the bytes, there is no panic, and everything has a place that exists.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/wild.cfg", "../../examples/single-level/haproxy.cfg", "../../examples/shards/haproxy.cfg"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("peers p\n table \"${X[*]}\" type \"${X[*]}\n.if\n.else\n.elif !!1\nlisten\n stick on x\\\n http-request track-sc9 a table\n acl sc_( sc_get_gpc(")
	f.Fuzz(func(t *testing.T, text string) {
		env := func(name string) (string, bool) { return " a  b ", name == "X" }
		c, err := Parse([]File{{"f", []byte(text)}}, Options{Lookup: env})
		if err != nil {
			return
		}
		lines := strings.Split(text, "\n")
		for _, u := range c.Uses {
			line := lines[u.Pos.Line-1]
			from, to, _ := u.Naming("t")
			if from < 0 || to < from || to > len(line) || u.Pos.Column < 1 || u.Pos.Column > len(line) {
				t.Errorf("use %+v is not in line %q", u, line)
			}
		}
		for _, table := range c.Tables {
			if at := table.Pos; at.Line < 1 || at.Line > len(lines) || table.End() > len(lines[at.Line-1]) {
				t.Errorf("table %+v is nowhere", table)
			}
			if table.Size < 0 || slices.ContainsFunc(table.Options, func(o Option) bool { return o.Name == "" && len(o.Words) == 0 }) {
				t.Errorf("half a table: %+v", table)
			}
		}
	})
}
