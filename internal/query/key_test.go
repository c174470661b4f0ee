package query

import (
	"fmt"
	"testing"

	"tallystick/internal/stick"
)

func TestParseKey(t *testing.T) {
	for _, c := range []struct {
		why  string
		typ  stick.KeyType
		text string
		want string // hex; "" is refused
	}{
		{"an address", stick.IPv4, "192.0.2.1", "c0000201"},
		{"one mapped into IPv6 is itself", stick.IPv4, "::ffff:192.0.2.1", "c0000201"},
		{"a name is none", stick.IPv4, "localhost", ""},
		{"a network is none", stick.IPv4, "192.0.2.0/24", ""},
		{"an IPv4 address stands for its mapping", stick.IPv6, "192.0.2.1", "00000000000000000000ffffc0000201"},
		{"a zone is of no table", stick.IPv6, "fe80::1%lo", ""},
		{"nothing is no integer", stick.Integer, "", ""},
		{"nor is a sign", stick.Integer, "-1", ""},
		{"the largest", stick.Integer, "4294967295", "ffffffff"},
		{"nothing is a binary key, of zeros", stick.Binary, "", "00000000"},
		{"hex digits of both cases", stick.Binary, "aBCd", "abcd0000"},
		{"other letters", stick.Binary, "xx", ""},
	} {
		got, err := ParseKey(c.text, &stick.Schema{KeyType: c.typ, KeyLen: 4})
		if text := fmt.Sprintf("%x", got); text != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %q: got %s, %v, want %q", c.why, c.text, text, err, c.want)
		}
	}
	for _, typ := range []stick.KeyType{stick.String, stick.Binary} {
		if got, err := ParseKey("", &stick.Schema{KeyType: typ}); got == nil || len(got) > 0 || err != nil {
			t.Errorf("nothing is a key of type %s, and not nil, which stands for all keys: got %#v, %v", typ, got, err)
		}
	}
}

// TestUnescape: a key, printed and unescaped, is the key; what has no escapes is itself.
func TestUnescape(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	if got := Unescape(string(stick.AppendEscaped(nil, all))); got != string(all) {
		t.Errorf("every byte comes back: got %q", got)
	}
	for _, c := range []struct{ text, want string }{
		{"plain", "plain"}, {`a\x3bb`, "a;b"}, {`\x3B`, ";"}, {`\x3`, `\x3`}, {`\xzz`, `\xzz`}, {`\`, `\`}, {`\n`, `\n`}, {`\\x41`, `\A`}, {"", ""},
	} {
		if got := Unescape(c.text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
