package config

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tallystick/internal/stick"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct {
		in   string
		want time.Duration
		err  string
	}{
		{"0", 0, ""},
		{"5", 5 * time.Millisecond, ""},
		{"500us", 500 * time.Microsecond, ""},
		{"5ms", 5 * time.Millisecond, ""},
		{"10s", 10 * time.Second, ""},
		{"3m", 3 * time.Minute, ""},
		{"2h", 2 * time.Hour, ""},
		{"24d", 24 * 24 * time.Hour, ""},
		{"2147483647", math.MaxInt32 * time.Millisecond, ""},
		{"2147483648", 0, "timer overflow"},
		{"25d", 0, "timer overflow"},
		{"99999999999999999999s", 0, "timer overflow"},
		{"", 0, "missing number"},
		{"s", 0, "missing number"},
		{"-1s", 0, "missing number"},
		{"10x", 0, "unexpected character 'x'"},
		{"1.5s", 0, "unexpected character '.'"},
		{"1m30s", 0, "unexpected character 'm'"},
		{"1é", 0, "unexpected character 'é'"},
	} {
		got, err := parseTime(c.in)
		if got != c.want || message(err) != c.err {
			t.Errorf("%q: got %v %q, want %v %q", c.in, got, message(err), c.want, c.err)
		}
	}
}

// message is the fault without its hint.
func message(f *fault) string {
	if f != nil {
		return f.msg
	}
	return ""
}

func TestTimesRoundTrip(t *testing.T) {
	for _, ms := range []uint32{0, 1, 999, 1000, 1001, 59999, 60000, 90000, 3600000, 86400000, 2073600000, math.MaxInt32} {
		text := stick.FormatMillis(ms)
		if d, err := parseTime(text); err != nil || d != time.Duration(ms)*time.Millisecond {
			t.Errorf("what we print as %s is read as %v, %v", text, d, err)
		}
	}
}

func TestParseCount(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
		err  string
	}{
		{"1", 1, ""}, {"1000", 1000, ""}, {"1k", 1024, ""}, {"2M", 2 << 20, ""}, {"1g", 1 << 30, ""},
		{"2g", 0, "number out of range"}, // one more than 1<<31-1: the unit must not hide the overflow
		{"0", 0, "number out of range"}, {"99999999999999999999", 0, "number out of range"},
		{"9999999999999999999g", 0, "number out of range"},
		{"", 0, "invalid number"}, {"k", 0, "invalid number"}, {"1x", 0, "invalid number"},
		{"-1", 0, "number out of range"}, {"1 ", 0, "invalid number"}, {"1kk", 0, "invalid number"},
	} {
		got, err := parseCount(c.in, 1, maxEntries)
		if got != c.want || message(err) != c.err {
			t.Errorf("%q: got %d %q, want %d %q", c.in, got, message(err), c.want, c.err)
		}
	}
}

func TestParseCPUs(t *testing.T) {
	for in, want := range map[string]string{
		"0": "[0]", "5-8": "[5 6 7 8]", "7-7": "[7]", "1023": "[1023]",
		"1024": "invalid CPU set", "8-5": "invalid CPU range", "": "invalid CPU set", "-": "invalid CPU set",
		"1-": "invalid CPU set", "-1": "invalid CPU set", "1-2-3": "invalid CPU set", "+1": "invalid CPU set",
		"99999999999": "invalid CPU set", "1-99999999999": "invalid CPU set", "all": "invalid CPU set",
	} {
		cpus, err := parseCPUs(in)
		got := fmt.Sprint(cpus)
		if err != nil {
			got = message(err)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestParsePrefix(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "192.0.2.1": "192.0.2.1/32", "2001:db8::1": "2001:db8::1/128",
		"10.1.2.3/8":  "10.0.0.0/8", // bits behind the prefix do not matter
		"0.0.0.0/0":   "0.0.0.0/0",
		"10.0.0.0/33": "", "10.0.0/8": "", "": "", "fe80::1%eth0": "", "lb1": "", "localhost": "", "10.0.0.0/": "",
	} {
		p, err := parsePrefix(in)
		if got := p.String(); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: got %s %v, want %q", in, got, err, want)
		}
	}
}

func TestParseAddr(t *testing.T) {
	for _, c := range []struct {
		why, in, want, err string
	}{
		{"IPv4", "192.0.2.1:10000", "192.0.2.1:10000", ""},
		{"IPv6 in brackets", "[2001:db8::1]:80", "[2001:db8::1]:80", ""},
		{"IPv6 without: the last colon counts", "2001:db8::1:80", "[2001:db8::1]:80", ""},
		{"an interface's own address", "[fe80::1%eth0]:80", "[fe80::1%eth0]:80", ""},
		{"a name", "lb1.example.com:80", "lb1.example.com:80", ""},
		{"a name that is complete", "lb1.:80", "lb1.:80", ""},
		{"every address", "*:80", "*:80", ""},
		{"nothing is every address", ":80", "*:80", ""},
		{"every IPv6 address", ":::80", "[::]:80", ""},
		{"IPv4 by its prefix", "ipv4@*:80", "ipv4@:80", ""},
		{"IPv6 by its prefix", "ipv6@:80", "ipv6@:80", ""},
		{"a prefix that says nothing new", "tcp@lb1:80", "lb1:80", ""},
		{"a path", "/tmp/x", "unix@/tmp/x", ""},
		{"a path by its prefix need not be whole", "unix@x.sock", "unix@x.sock", ""},
		{"an inherited socket", "fd@3", "fd@3", ""},
		{"no port", "192.0.2.1", "", "missing port specification"},
		{"no port behind the colon", "192.0.2.1:", "", "missing port specification"},
		{"no port behind the brackets", "[::1]", "", "missing port specification"},
		{"ports are numbers", "192.0.2.1:http", "", "invalid character 'h' in port number 'http'"},
		{"and not negative", "192.0.2.1:-1", "", "invalid character '-' in port number '-1'"},
		{"nor ranges", "192.0.2.1:80-90", "", "invalid character '-' in port number '80-90'"},
		{"65535 is the highest", "192.0.2.1:65536", "", "invalid port '65536'"},
		{"0 is none", "192.0.2.1:0", "", "invalid port '0'"},
		{"a number above 255", "192.0.2.300:80", "", "invalid IPv4 address"},
		{"a number too few", "192.0.2:80", "", "invalid IPv4 address"},
		{"a dot instead of the colon", "192.0.2.1.80", "", "missing port specification"},
		{"IPv6 without a port", "2001:db8::f00d", "", "invalid character 'f' in port number 'f00d'"},
		{"brackets around IPv4", "[192.0.2.1]:80", "", "brackets around an IPv4 address"},
		{"half a pair", "[::1:80", "", "unmatched '['"},
		{"too many colons for IPv6", "1:2:3:4:5:6:7:8:9:80", "", "invalid IPv6 address"},
		{"the prefix says another family", "ipv4@[::1]:80", "", "address of another family than its prefix"},
		{"and so here", "ipv6@192.0.2.1:80", "", "address of another family than its prefix"},
		{"an unknown prefix", "udp@192.0.2.1:80", "", "unknown prefix 'udp@'"},
		{"a name with a blank", "lb 1:80", "", "character ' ' is not permitted"},
		{"a name with an empty label", "lb..1:80", "", "invalid IPv4 address"},
		{"the longest name", strings.Repeat("a", 253) + ":80", strings.Repeat("a", 253) + ":80", ""},
		{"a longer one", strings.Repeat("a", 254) + ":80", "", "invalid host name"},
		{"a name that begins with a dot", ".lb:80", "", "invalid host name"},
		{"no descriptor", "fd@x", "", "missing file descriptor"},
		{"no path", "unix@", "", "missing path"},
		{"more than a socket's address holds", "/" + string(make([]byte, 107)), "", "path of a socket too long"},
	} {
		a, err := parseAddr(c.in)
		if err != nil {
			a = Addr{}
		}
		got := ""
		if !a.IsZero() {
			got = a.String()
		}
		if got != c.want || message(err) != c.err {
			t.Errorf("%s: %q: got %q %q, want %q %q", c.why, c.in, got, message(err), c.want, c.err)
		}
		if again, err := parseAddr(c.want); c.want != "" && (err != nil || again != a) {
			t.Errorf("%s: what we print, %s, is not what we read: %+v, %v", c.why, c.want, again, err)
		}
	}
}

func TestAddrDial(t *testing.T) {
	for in, want := range map[string]string{"*:80": ":80", "[::1]:80": "[::1]:80", "/x": "/x", "lb1:80": "lb1:80"} {
		if a, _ := parseAddr(in); a.Dial() != want {
			t.Errorf("%s: package net wants %q, got %q", in, want, a.Dial())
		}
	}
}

func TestAddrListen(t *testing.T) {
	for in, want := range map[string]string{
		"*:80": "tcp :80", "0.0.0.0:80": "tcp4 0.0.0.0:80", "[::]:80": "tcp [::]:80", "ipv6@:80": "tcp6 :80", "/x": "unix /x",
	} {
		a, _ := parseAddr(in)
		if network, address := a.Listen(); network+" "+address != want {
			t.Errorf("%s: got %s %s, want %s", in, network, address, want)
		}
	}
}

// TestParseSource follows the rules of hapee-stktagg's source line.
func TestParseSource(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"the port of IPv4 is optional", "192.0.2.1", "192.0.2.1:0"},
		{"and may be given", "192.0.2.1:1000", "192.0.2.1:1000"},
		{"0 is any port", "192.0.2.1:0", "192.0.2.1:0"},
		{"IPv6 in brackets needs none", "[2001:db8::1]", "[2001:db8::1]:0"},
		{"but may have one", "[2001:db8::1]:1000", "[2001:db8::1]:1000"},
		{"without brackets the last colon is the port's", "2001:db8::1:1000", "[2001:db8::1]:1000"},
		{"so one without port is none", "2001:db8::f00d", ""},
		{"nor is this", "2001:db8::1", ""},
		{"IPv4 has no brackets", "[192.0.2.1]", ""},
		{"a name is no local address", "lb1", ""},
		{"half a pair", "[2001:db8::1", ""},
		{"too high a port", "192.0.2.1:70000", ""},
		{"too high a port without brackets", "2001:db8::1:70000", ""},
		{"nothing", "", ""},
	} {
		a, err := parseSource(c.in)
		if got := a.String(); (err == nil) != (c.want != "") || err == nil && got != c.want {
			t.Errorf("%s: %q: got %s %v, want %q", c.why, c.in, got, err, c.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"local", "up", "down", "group", "no-ascend", "no-feedback", "accept-no-suffix"}
	for in, want := range map[string]string{
		"locla": "local", "Local": "local", "no-asend": "no-ascend", "no-assend": "no-ascend", "grop": "group", "uo": "up", "accept": "accept-no-suffix",
		"nofeedback": "no-feedback", "accept_no_suffix": "accept-no-suffix", "dwon": "down",
		"check": "", "x": "", "": "", "10.0.0.1:80": "", "lb1": "", "localhost": "",
	} {
		if got := suggest(in, words); got != want {
			t.Errorf("%q was meant to be %q, got %q", in, want, got)
		}
	}
}
