package wire

import (
	"strings"
	"testing"
)

func TestHello(t *testing.T) {
	h := Hello{Minor: 1, Called: "agg", Caller: "hap", PID: "15548"}
	const want = "HAProxyS 2.1\nagg\nhap 15548 1\n" // HAProxy 3.4.0
	if got := h.Append(nil); string(got) != want {
		t.Errorf("%q, HAProxy's is %q", got, want)
	}
	for i := range want {
		if _, n, err := ParseHello([]byte(want[:i])); err != ErrShort || n != 0 {
			t.Errorf("%q: %d, %v, want ErrShort: it may come in any number of pieces", want[:i], n, err)
		}
	}
}

func TestParseHello(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Hello
		left     int
	}{
		{"2.1", "HAProxyS 2.1\nagg\nhap 15548 1\n", Hello{1, "agg", "hap", "15548"}, 0},
		{"2.0: no timed updates", "HAProxyS 2.0\nagg\nhap 15548 1\n", Hello{0, "agg", "hap", "15548"}, 0},
		{"carriage returns", "HAProxyS 2.1\r\nagg\r\nhap 15548 1\r\n", Hello{1, "agg", "hap", "15548"}, 0},
		{"no pid", "HAProxyS 2.1\nagg\nhap \n", Hello{1, "agg", "hap", ""}, 0},
		{"what follows the pid is not looked at", "HAProxyS 2.1\nagg\nhap x y  z\n", Hello{1, "agg", "hap", "x"}, 0},
		{"blanks in the called name", "HAProxyS 2.1\na g g\nhap 1 1\n", Hello{1, "a g g", "hap", "1"}, 0},
		{"messages in the same segment", "HAProxyS 2.1\nagg\nhap 1 1\n\x00\x00", Hello{1, "agg", "hap", "1"}, 2},
		{"names of any script", "HAProxyS 2.1\nägg\nhäp 1 1\n", Hello{1, "ägg", "häp", "1"}, 0},
		{"512 bytes", "HAProxyS 2.1\nagg\nhap " + strings.Repeat("1", 490) + "\n\x00", Hello{1, "agg", "hap", strings.Repeat("1", 490)}, 1},
	} {
		h, n, err := ParseHello([]byte(c.in))
		if h != c.want || len(c.in)-n != c.left || err != nil {
			t.Errorf("%s: %+v, %d bytes, %v, want %+v", c.name, h, n, err, c.want)
		}
	}
}

func TestHelloFaults(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"another protocol", "GET / HTTP/1.1\r\n", "hello does not start with 'HAProxyS ' (byte 0)"},
		{"its first byte", "G", "hello does not start with 'HAProxyS ' (byte 0)"},
		{"case counts", "HAproxyS 2.1\n", "hello does not start with 'HAProxyS ' (byte 2)"},
		{"no space", "HAProxyS2.1\n", "hello does not start with 'HAProxyS ' (byte 8)"},
		{"an empty line", "\r\n", "hello does not start with 'HAProxyS ' (byte 0)"},
		{"a line that ends early", "HAProxy\n", "hello does not start with 'HAProxyS ' (byte 7)"},
		{"version 3.0", "HAProxyS 3.0\n", "version of the protocol is neither 2.0 nor 2.1 (byte 9)"},
		{"version 2", "HAProxyS 2\n", "version of the protocol is neither 2.0 nor 2.1 (byte 9)"},
		{"version 2.2", "HAProxyS 2.2\nagg\nhap 1 1\n", "version of the protocol is neither 2.0 nor 2.1 (byte 9)"},
		{"version 2.", "HAProxyS 2.\n", "version of the protocol is neither 2.0 nor 2.1 (byte 9)"},
		{"junk behind the version", "HAProxyS 2.1 \n", "version of the protocol is neither 2.0 nor 2.1 (byte 9)"},
		{"version 2.11", "HAProxyS 2.11\n", "version of the protocol is neither 2.0 nor 2.1 (byte 9)"},
		{"nobody called", "HAProxyS 2.1\n\nhap 1 1\n", "name of a peer is empty (byte 13)"},
		{"nobody calls", "HAProxyS 2.1\nagg\n 1 1\n", "name of a peer is empty (byte 17)"},
		{"third line empty", "HAProxyS 2.1\nagg\n\n", "name of a peer is empty (byte 17)"},
		{"no space behind the caller", "HAProxyS 2.1\nagg\nhap\n", "no space follows the name of the caller (byte 20)"},
		{"escape in a name", "HAProxyS 2.1\nag\x1bg\nhap 1 1\n", "control byte in the name of a peer (byte 15)"},
		{"NUL in a name", "HAProxyS 2.1\nagg\nh\x00p 1 1\n", "control byte in the name of a peer (byte 18)"},
		{"endless first line", "HAProxyS 2." + strings.Repeat("1", 600), "hello is longer than 512 bytes (byte 512)"},
		{"endless second line", "HAProxyS 2.1\n" + strings.Repeat("a", 600), "hello is longer than 512 bytes (byte 512)"},
		{"endless third line", "HAProxyS 2.1\nagg\nhap 1 " + strings.Repeat("1", 600), "hello is longer than 512 bytes (byte 512)"},
		{"512 bytes without an end", "HAProxyS 2.1\nagg\nhap " + strings.Repeat("1", 491), "hello is longer than 512 bytes (byte 512)"},
		{"513 bytes", "HAProxyS 2.1\nagg\nhap " + strings.Repeat("1", 491) + "\n", "hello is longer than 512 bytes (byte 512)"},
	} {
		if h, n, err := ParseHello([]byte(c.in)); err == nil || err.Error() != c.want || n != 0 || h != (Hello{}) {
			t.Errorf("%s: %+v, %d, %v, want %s", c.name, h, n, err, c.want)
		}
	}
}

func TestStatus(t *testing.T) {
	if got := AppendStatus(nil, StatusOK); string(got) != "200\n" {
		t.Errorf("%q, want a line of three digits", got)
	}
	for _, c := range []struct {
		in   string
		code int
		n    int
		err  string
	}{
		{"200\n", 200, 4, ""},
		{"990\n", 990, 4, ""},
		{"502\r\n\x00\x00", 502, 5, ""},
		{"", 0, 0, ErrShort.Error()},
		{"20", 0, 0, ErrShort.Error()},
		{"200", 0, 0, ErrShort.Error()},
		{"200\r", 0, 0, ErrShort.Error()},
		{"HTTP", 0, 0, "status is not a line of three digits (byte 0)"},
		{"\n", 0, 0, "status is not a line of three digits (byte 0)"},
		{"20\n", 0, 0, "status is not a line of three digits (byte 2)"},
		{"2000\n", 0, 0, "status is not a line of three digits (byte 3)"},
		{"200\rx", 0, 0, "status is not a line of three digits (byte 4)"},
		{"200\r\r\n", 0, 0, "status is not a line of three digits (byte 4)"},
	} {
		code, n, err := ParseStatus([]byte(c.in))
		if got := errorText(err); got != c.err || c.err == "" && (code != c.code || n != c.n) {
			t.Errorf("%q: %d, %d, %q, want %d, %d, %q", c.in, code, n, got, c.code, c.n, c.err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
