package stick

import "testing"

func TestDataTypes(t *testing.T) {
	for id := range DataType(27) {
		back, ok := ParseDataType(id.String())
		if !ok || back != id {
			t.Errorf("%d: its name %q must lead back to it, got %d %v", id, id, back, ok)
		}
	}
	if DataType(27).Known() || !DataType(26).Known() {
		t.Error("26 (glitch_rate) is the last data type that HAProxy has")
	}
	if got := DataType(40).String(); got != "data-type-40" {
		t.Errorf("an unknown type still prints: got %q", got)
	}
}

func TestKeyTypes(t *testing.T) {
	for _, c := range []struct {
		why   string
		t     KeyType
		known bool
		width int
	}{
		{"integers are four bytes whatever the definition says", Integer, true, 4},
		{"so are IPv4 addresses", IPv4, true, 4},
		{"IPv6 addresses are sixteen", IPv6, true, 16},
		{"strings say their own length", String, true, -1},
		{"binary keys have the table's length", Binary, true, 20},
		{"0 is unused", 0, false, -1},
		{"1 was a signed integer before 1.6", 1, false, -1},
		{"3 is unused", 3, false, -1},
		{"8 and above do not exist", 8, false, -1},
	} {
		if c.t.Known() != c.known || c.t.Width(20) != c.width {
			t.Errorf("%s: got %v %d", c.why, c.t.Known(), c.t.Width(20))
		}
	}
}

func TestSchemaString(t *testing.T) {
	s := Schema{Name: "web", KeyType: String, KeyLen: 33, Expire: 600000, Columns: []Column{
		{Type: ConnCur, Len: 1}, {Type: HTTPReqRate, Len: 1, Period: 10000}, {Type: GPC, Len: 3}, {Type: GPCRate, Len: 2, Period: 1500},
	}}
	want := "type string len 32 expire 10m store conn_cur,http_req_rate(10s),gpc(3),gpc_rate(2,1500ms)"
	if got := s.String(); got != want {
		t.Errorf("a schema prints as an operator wrote it:\n got %s\nwant %s", got, want)
	}
	if s.Words() != 1+3+3+6 {
		t.Errorf("a rate has three words an element: got %d", s.Words())
	}
	if s.Column(GPC) != 2 || s.Column(GPT) != -1 {
		t.Error("Column finds by type")
	}
}

// TestDeclare has the lines that go into a node's configuration.
func TestDeclare(t *testing.T) {
	s := Schema{KeyType: Binary, KeyLen: 20, Expire: 30000, Columns: []Column{{Type: ConnCur, Len: 1}, {Type: GPC0, Len: 1}}}
	for _, c := range []struct {
		why, wire     string
		options       []string
		section, line string
	}{
		{"a table of a peers section has no slash there", "/web.agg", nil, "peers", "table web.agg type binary len 20 size 100k expire 30s store conn_cur,gpc0"},
		{"a proxy's must say whose peers hear of it", "web.agg", nil, "backend web.agg", "stick-table type binary len 20 size 100k expire 30s peers PEERS store conn_cur,gpc0"},
		{"options stand before store", "web.agg", []string{"recv-only"}, "backend web.agg", "stick-table type binary len 20 size 100k expire 30s recv-only peers PEERS store conn_cur,gpc0"},
	} {
		if section, line := s.Declare(c.wire, "100k", c.options...); section != c.section || line != c.line {
			t.Errorf("%s:\n got %s: %s\nwant %s: %s", c.why, section, line, c.section, c.line)
		}
	}
}

// TestOneLine: whatever a name of others has in it, what is printed is one line, and a terminal does nothing else.
func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a name with 'blanks'": "a name with 'blanks'", "lb1\nlb2": `lb1\x0alb2`, "\x1b[2J": `\x1b[2J`, "\x7f\xff": `\x7f\xff`, "": "",
	} {
		if got := OneLine(in); got != want {
			t.Errorf("%q is printed as %s, want %s", in, got, want)
		}
	}
}

func TestSchemaEqual(t *testing.T) {
	a := Schema{Name: "web", KeyType: Binary, KeyLen: 20, Columns: []Column{{Type: GPC0, Len: 1}}}
	same := a
	same.Columns = []Column{{Type: GPC0, Len: 1}}
	longer := a
	longer.KeyLen = 32
	if !a.Equal(&same) {
		t.Error("equal columns in other memory are equal")
	}
	if a.Equal(&longer) || a.SameKeys(&longer) {
		t.Error("binary keys of other lengths are other keys")
	}
	x, y := Schema{KeyType: String, KeyLen: 17}, Schema{KeyType: String, KeyLen: 33}
	if !x.SameKeys(&y) {
		t.Error("a string is the same key in a longer table")
	}
}

func TestAppendKey(t *testing.T) {
	for _, c := range []struct {
		why  string
		t    KeyType
		key  string
		want string
	}{
		{"integers are in network order", Integer, "\x12\x34\x56\x78", "305419896"},
		{"IPv4", IPv4, "\x0a\x01\x02\x03", "10.1.2.3"},
		{"IPv6 prints short", IPv6, "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "2001:db8::1"},
		{"plain strings stay", String, "user1", "user1"},
		{"a key cannot end its line", String, "a\nb key=c", `a\x0ab\x20key=c`},
		{"nor end a command", String, "a;b", `a\x3bb`},
		{"nor play the terminal", String, "\x1b[2J", `\x1b[2J`},
		{"nor forge an escape", String, `a\x0a`, `a\x5cx0a`},
		{"binary is hex", Binary, "ab\x00", "616200"},
		{"an address of a wrong length is bytes", IPv4, "abc", "616263"},
	} {
		if got := string(AppendKey(nil, c.t, []byte(c.key))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestFormatMillis(t *testing.T) {
	for ms, want := range map[uint32]string{0: "0ms", 1: "1ms", 1500: "1500ms", 10000: "10s", 600000: "10m", 3600000: "1h", 86400000: "1d"} {
		if got := FormatMillis(ms); got != want {
			t.Errorf("%d: got %s, want %s", ms, got, want)
		}
	}
}
