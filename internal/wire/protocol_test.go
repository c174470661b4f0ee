package wire

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestProtocolText reads the examples of PROTOCOL.md, each line against the code: the
// bytes mean what is said of them, and are what we would send (incremental updates: in
// their full form).
func TestProtocolText(t *testing.T) {
	text, err := os.ReadFile("../../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var kind string
	var r *receiver
	examples := map[string]int{}
	for i, l := range strings.Split(string(text), "\n") {
		if fence, ok := strings.CutPrefix(l, "```"); ok {
			kind, r = fence, newReceiver()
			continue
		}
		if kind == "" {
			continue
		}
		digits, want, _ := strings.Cut(l, ";")
		b, want := unhex(t, digits), strings.TrimSpace(want)
		examples[kind]++
		var got string
		var again []byte
		switch kind {
		case "varint":
			v, _, _ := Varint(b)
			got, again = strconv.FormatUint(v, 10), AppendVarint(nil, v)
		case "hello":
			h, _, _ := ParseHello(b)
			got, again = fmt.Sprintf("2.%d %s %s %s", h.Minor, h.Called, h.Caller, h.PID), h.Append(nil)
		case "session":
			got, again, b = example(t, r, b)
		}
		if !strings.HasPrefix(got+" ", want+" ") || want == "" {
			t.Errorf("PROTOCOL.md:%d: is read as\n\t%s", i+1, got)
		}
		if !bytes.Equal(again, b) {
			t.Errorf("PROTOCOL.md:%d: we would send\n\t%x", i+1, again)
		}
	}
	if examples["varint"] < 7 || examples["hello"] < 2 || examples["session"] < 18 {
		t.Errorf("only %v examples were found", examples)
	}
}

// example plays one message of an example; want is the form of it that we would send.
func example(t *testing.T, r *receiver, b []byte) (text string, again, want []byte) {
	t.Helper()
	m, n, err := Next(b)
	if err != nil || n != len(b) {
		t.Errorf("%x: %d bytes, %v", b, n, err)
		return "", nil, b
	}
	if text, again, err = r.play(m); err != nil {
		t.Errorf("%x: %v", b, err)
	}
	if m.Class == ClassControl {
		text = []string{"request", "finished", "partial", "confirm", "heartbeat"}[m.Type]
	}
	if m.Class == ClassStick && m.Type == Switch {
		text = fmt.Sprintf("SWITCH tab=%d", r.table)
	}
	return text, again, full(b, r.last[r.table])
}
