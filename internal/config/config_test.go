package config

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tallystick/internal/topology"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// good parses a text that has no mistakes.
func good(t *testing.T, o Options, texts ...string) *Config {
	t.Helper()
	var files []File
	for _, text := range texts {
		files = append(files, File{Name: "t.cfg", Data: []byte(text)})
	}
	c, errs := Parse(files, o)
	for _, e := range errs {
		if e.Severity == Alert {
			t.Error(e)
		}
	}
	if c == nil {
		t.FailNow()
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := good(t, Options{}, `
aggregations data
    from any to .agg
    peer agg *:10000 local
    server lb1
`)
	want := &Config{Sections: []*Section{{
		ID: "data", Name: "agg",
		Rules:        topology.Rules{Any: true, To: ".agg"},
		Local:        &Peer{Name: "agg", Addr: Addr{Network: TCP, Port: 10000}, Role: topology.Local},
		Peers:        []Peer{{Name: "lb1"}},
		Warmup:       10 * time.Second,
		PushInterval: 5 * time.Millisecond,
		Restore:      true,
		MaxEntries:   10_000_000,
		MaxTables:    256,
	}}}
	equal(t, "what no line says has its default", want, c)
	if p := c.Sections[0].Peers[0].Pos; p != (Pos{File: "t.cfg", Line: 5, Column: 12}) {
		t.Errorf("a peer knows the place of its name: got %v", p)
	}
}

// equal compares configurations but for positions.
func equal(t *testing.T, why string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(Pos{}), cmpopts.IgnoreUnexported(Config{}),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("%s:\n%s", why, diff)
	}
}

func TestEverything(t *testing.T) {
	c := good(t, Options{Lookup: environment}, `
global
    stats socket /tmp/a mode 660 user root group 0 level admin
    stats socket ipv4@127.0.0.1:11111 level user
    bind *:10001 use_aggrs more allow 10.0.0.0/8,::1 ssl crt a.pem
    source [2001:db8::1]:99
    cpu-map 5-7,0,6
    dynamic-peers max 2k
    log stdout format json level debug
    log ./file format logfmt
    log unix@/dev/log level err
    http localhost:8404 ssl crt a.pem ca-file ca.pem auth users admin
`, `
aggregations data
    from .a,.b to .sum accept-no-suffix no-ascend no-feedback
    forward .c,.d
    forward .e
    peer agg 127.0.0.1:10000 local
    peer "lb-$BAR" [::1]:1 dial ssl ca-file ca.pem verifyhost h verifyname allow 10.1.2.3
    peer top lb.example.com:2 up group g
    peer site ipv4@10.0.0.9:3 down
    warmup 1m
    push-interval 0
    mode observe
    restore off
    shard 2/3 peers cluster
    max-entries 1m
    max-tables 9
    allow 10.0.0.0/8
    allow 192.0.2.1
    dynamic-peers allow 10.2.0.0/16
aggregations more
    from any to .agg
    peer low down
`)
	prefix := netip.MustParsePrefix
	equal(t, "global", Global{
		Stats: []StatsSocket{
			{Addr: Addr{Network: Unix, Path: "/tmp/a"}, Mode: 0o660, User: "root", Group: "0", Level: LevelAdmin},
			{Addr: Addr{Network: TCP4, Host: "127.0.0.1", Port: 11111}, Mode: 0o600, Level: LevelUser},
		},
		Binds: []Bind{{
			Addr: Addr{Network: TCP, Port: 10001}, Sections: []string{"more"}, TLS: TLS{Enabled: true, Crt: "a.pem"},
			Allow: []netip.Prefix{prefix("10.0.0.0/8"), prefix("::1/128")},
		}},
		Source:       netip.MustParseAddrPort("[2001:db8::1]:99"),
		CPUs:         []int{0, 5, 6, 7},
		DynamicPeers: &DynamicPeers{Max: 2048},
		Logs: []Log{
			{Target: LogStdout, Format: LogJSON, Level: LogDebug},
			{Target: LogFile, Path: "./file", Format: LogLogfmt, Level: LogInfo},
			{Target: LogSyslog, Path: "/dev/log", Level: LogErr},
		},
		HTTP: &HTTP{
			Addr: Addr{Network: TCP, Host: "localhost", Port: 8404}, Auth: "users", Admin: true,
			TLS: TLS{Enabled: true, Crt: "a.pem", CAFile: "ca.pem", Verify: VerifyRequired},
		},
	}, c.Global)
	equal(t, "a section with all its lines", &Section{
		ID: "data", Name: "agg",
		Rules: topology.Rules{
			From: []string{".a", ".b"}, To: ".sum", Forward: []string{".c", ".d", ".e"},
			AcceptNoSuffix: true, NoAscend: true, NoFeedback: true,
		},
		Local: &Peer{Name: "agg", Addr: Addr{Network: TCP, Host: "127.0.0.1", Port: 10000}, Role: topology.Local},
		Peers: []Peer{
			{
				Name: "lb-bar", Addr: Addr{Network: TCP, Host: "::1", Port: 1}, Dial: true,
				TLS:   TLS{Enabled: true, CAFile: "ca.pem", Verify: VerifyRequired, VerifyHost: "h", VerifyName: true},
				Allow: []netip.Prefix{prefix("10.1.2.3/32")},
			},
			{Name: "top", Addr: Addr{Network: TCP, Host: "lb.example.com", Port: 2}, Role: topology.Up, Group: "g"},
			{Name: "site", Addr: Addr{Network: TCP4, Host: "10.0.0.9", Port: 3}, Role: topology.Down},
		},
		DynamicPeers: &DynamicPeers{Max: 1024, Allow: []netip.Prefix{prefix("10.2.0.0/16")}},
		Allow:        []netip.Prefix{prefix("10.0.0.0/8"), prefix("192.0.2.1/32")},
		Warmup:       time.Minute,
		Observe:      true,
		Shard:        Shard{Index: 2, Count: 3, Peers: "cluster"},
		MaxEntries:   1 << 20,
		MaxTables:    9,
	}, c.Sections[0])
	more := c.Sections[1]
	if more.Name != "more" || more.Local != nil {
		t.Errorf("behind a shared bind we have the section's name: got %q %v", more.Name, more.Local)
	}
	if more.Warmup != 20*time.Second {
		t.Errorf("an aggregator below needs a lesson of its own first: got %v", more.Warmup)
	}
	if more.DynamicPeers != c.Global.DynamicPeers {
		t.Error("dynamic-peers of the global section are for all sections that say nothing")
	}
	if b := c.Global.Binds[0]; b.Serves("data") || !b.Serves("more") || !(&Bind{}).Serves("data") {
		t.Error("use_aggrs names the sections that a bind serves; without it, all")
	}
}

func TestWordsOfConstants(t *testing.T) {
	for got, want := range map[string]string{
		LevelOperator.String(): "operator", VerifyOptional.String(): "optional",
		LogLogfmt.String(): "logfmt", LogWarning.String(): "warning", LogDebug.String(): "debug",
	} {
		if got != want {
			t.Errorf("constants print as they are written: got %s, want %s", got, want)
		}
	}
}

// TestName holds -L to what it does in HAProxy: it tells which line is ourselves.
func TestName(t *testing.T) {
	const lines = "aggregations a\n from any to .agg\n peer x 127.0.0.1:1\n peer y 127.0.0.1:2"
	s := good(t, Options{Name: "x"}, lines+"\n").Sections[0]
	if s.Local == nil || s.Name != "x" || s.Local.Role != topology.Local || len(s.Peers) != 1 || s.Peers[0].Name != "y" {
		t.Errorf("the line of that name is local: got %+v", s)
	}
	s = good(t, Options{Name: "x"}, lines+" local\n").Sections[0]
	if s.Name != "y" || s.Peers[0].Name != "x" {
		t.Errorf("a line that says local wins: got %+v", s)
	}
	s = good(t, Options{Name: "x"}, "global\n bind *:9\n"+lines+"\n").Sections[0]
	if s.Name != "a" || s.Local != nil || len(s.Peers) != 2 {
		t.Errorf("behind a shared bind the section's name counts: got %+v", s)
	}
	s = good(t, Options{Name: "x"}, strings.Replace(lines, "127.0.0.1:1", "127.0.0.1:1 dial group g", 1)+"\n").Sections[0]
	if s.Local.Dial || s.Local.Group != "" {
		t.Errorf("what others shall do with us does not concern us: got %+v", s.Local)
	}
	_, errs := Parse([]File{{"t.cfg", []byte(lines + "\n peer z\n")}}, Options{Name: "z"})
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "[t.cfg:5] : peer 'z' is ourselves, by option -L, and needs an address") {
		t.Errorf("we need a place to listen: got %v", errs)
	}
	_, errs = Parse([]File{{"t.cfg", []byte(lines + " ssl ca-file ca.pem verifyname\n")}}, Options{Name: "y"})
	if len(errs) != 2 || !strings.Contains(errs[1].Error(), "[t.cfg:4] : peer 'y' is ourselves, by option -L, and 'ssl' needs a certificate") {
		t.Errorf("a line that only calls needs no certificate, one that listens does: got %v", errs)
	}
	if c, _ := Parse([]File{{"t.cfg", []byte(lines + " up\n")}}, Options{Name: "y"}); c != nil {
		t.Error("an aggregator above us is not ourselves")
	}
	if c, _ := Parse([]File{{"t.cfg", []byte(lines + "\n")}}, Options{Name: "z"}); c != nil {
		t.Error("a name that no line has helps nothing")
	}
}

// TestDoors: a section may be reached at shared listeners and at its own address, each with
// a name for us of its own.
func TestDoors(t *testing.T) {
	c := good(t, Options{}, `
global
    bind *:9001 allow 10.0.0.0/8
    bind *:9002 use_aggrs other
aggregations both
    from any to .agg
    peer us *:9003 local allow 192.0.2.0/24
    peer lb1
aggregations other
    from any to .agg
    peer lb1
`)
	both, other := c.Sections[0], c.Sections[1]
	if both.Name != "us" || both.Local == nil || other.Name != "other" || other.Local != nil {
		t.Errorf("the local line gives the name, else the section: got %q and %q", both.Name, other.Name)
	}
	ports := func(doors []Door) (ports []uint16) {
		for _, d := range doors {
			ports = append(ports, d.Addr.Port)
		}
		return ports
	}
	for _, d := range []struct {
		why       string
		got, want []uint16
	}{
		{"all doors, binds first", ports(c.Doors()), []uint16{9001, 9002, 9003}},
		{"a bind that names no sections serves all, and there is the local line", ports(c.doorsOf(both)), []uint16{9001, 9003}},
		{"one that names some serves these", ports(c.doorsOf(other)), []uint16{9001, 9002}},
	} {
		if !slices.Equal(d.got, d.want) {
			t.Errorf("%s: got %v, want %v", d.why, d.got, d.want)
		}
	}
	if d := c.Doors(); d[0].Allow[0].String() != "10.0.0.0/8" || d[1].Allow != nil || d[2].Allow[0].String() != "192.0.2.0/24" {
		t.Errorf("a door has the allow of its line: got %v", d)
	}
}

func TestListenersCollide(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"127.0.0.1:1", "127.0.0.1:1", true},
		{"127.0.0.1:1", "127.0.0.1:2", false},
		{"127.0.0.1:1", "127.0.0.2:1", false},
		{"*:1", "127.0.0.1:1", true},
		{"*:1", "[::1]:1", true},
		{"0.0.0.0:1", "127.0.0.1:1", true},
		{"0.0.0.0:1", "[::1]:1", false},
		{"[::]:1", "[::1]:1", true},
		{"[::]:1", "127.0.0.1:1", true},
		{"ipv6@[::]:1", "0.0.0.0:1", false},
		{"ipv4@*:1", "ipv6@*:1", false},
		{"ipv4@*:1", "*:1", true},
		{"ipv6@*:1", "127.0.0.1:1", false},
		{"lb1:1", "*:1", true},
		{"lb1:1", "127.0.0.1:1", false}, // nobody knows before it is looked up
		{"/tmp/a", "unix@/tmp/a", true},
		{"/tmp/a", "/tmp/b", false},
		{"fd@3", "fd@3", true},
		{"fd@3", "*:1", false},
	} {
		a, _ := parseAddr(c.a)
		b, _ := parseAddr(c.b)
		if collide(a, b) != c.want || collide(b, a) != c.want {
			t.Errorf("%s and %s: want %v", c.a, c.b, c.want)
		}
	}
}

func TestDisk(t *testing.T) {
	disk := fstest.MapFS{
		"d/b.cfg": {Data: []byte("b")}, "d/a.cfg": {Data: []byte("a")}, "d/B.cfg": {Data: []byte("B")},
		"d/.hidden.cfg": {}, "d/a.cfg~": {}, "d/sub.cfg/x.cfg": {}, "one.txt": {Data: []byte("1")}, "empty/x": {},
	}
	read := Disk{ReadFile: disk.ReadFile, ReadDir: disk.ReadDir}
	files, err := read.Read([]string{"one.txt", "d"})
	var names []string
	for _, f := range files {
		names = append(names, f.Name+"="+string(f.Data))
	}
	if want := []string{"one.txt=1", "d/B.cfg=B", "d/a.cfg=a", "d/b.cfg=b"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("files as they are named, directories in C order: got %v %v", names, err)
	}
	_, err = read.Read([]string{"no1", "empty", "no2"})
	for _, name := range []string{"no1", "empty: no *.cfg", "no2"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("every file that cannot be read is named, %s too: %v", name, err)
		}
	}
}
