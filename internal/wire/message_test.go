package wire

import (
	"bytes"
	"strings"
	"testing"
)

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, hex   string
		class, typ  byte
		payload     string
		left        int
		err         string // of *Error; "short" for ErrShort
		explanation string
	}{
		{name: "nothing", hex: "", err: "short", explanation: "two bytes are needed to know anything"},
		{name: "class only", hex: "0a", err: "short", explanation: "even a control message has two bytes"},
		{name: "control", hex: "0004 00", class: 0, typ: Heartbeat, left: 1, explanation: "below type 0x80 a message is its two bytes"},
		{name: "unknown control", hex: "0009", class: 0, typ: 9, explanation: "skipped by whoever knows it not"},
		{name: "unknown class, short", hex: "0501", class: 5, typ: 1, explanation: "the type alone tells whether there is a payload"},
		{name: "unknown class, long", hex: "058103616263 00", class: 5, typ: 0x81, payload: "abc", left: 1, explanation: "skipped by its length"},
		{name: "unknown type", hex: "0a9003616263", class: 10, typ: 0x90, payload: "abc", explanation: "skipped by its length"},
		{name: "no payload", hex: "0a8000", class: 10, typ: 0x80, explanation: "a length of 0 is whole; the update in it is not"},
		{name: "reserved class", hex: "ff01", class: 255, typ: 1, explanation: "the session refuses it, by name"},
		{name: "length missing", hex: "0a80", err: "short", explanation: "the length may be under way"},
		{name: "length cut", hex: "0a80f0f1", err: "short", explanation: "a varint ends with a byte below 128"},
		{name: "payload cut", hex: "0a80020a", err: "short", explanation: "one byte of two"},
		{name: "length of six bytes", hex: "0a80f080808080", err: "length of the payload takes more than 5 bytes (byte 2)", explanation: "known to be wrong before it ends"},
		{name: "length of ten bytes", hex: "0a80fff0fefefefefefefe0e", err: "length of the payload takes more than 5 bytes (byte 2)", explanation: "2^64-1 must not become -1"},
		{name: "2^32", hex: "0a80f0f2fefe7e", err: "payload is larger than 65536 bytes (byte 2)", explanation: "must not be taken for 0"},
		{name: "65537", hex: "0a80f1f11e", err: "payload is larger than 65536 bytes (byte 2)", explanation: "refused before a byte of it is there"},
	} {
		b := unhex(t, c.hex)
		m, n, err := Next(b)
		switch {
		case c.err == "short":
			if err != ErrShort {
				t.Errorf("%s: %v, want ErrShort: %s", c.name, err, c.explanation)
			}
		case c.err != "":
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %v, want %s: %s", c.name, err, c.err, c.explanation)
			}
		case err != nil || m.Class != c.class || m.Type != c.typ || string(m.Payload) != c.payload || len(b)-n != c.left:
			t.Errorf("%s: %+v, %d bytes, %v: %s", c.name, m, n, err, c.explanation)
		}
		if err != nil && n != 0 {
			t.Errorf("%s: %d bytes taken in spite of %v", c.name, n, err)
		}
	}
}

// The largest message is accepted, and payloads around each length of a length survive.
func TestMessageSizes(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 239, 240, 2287, 2288, 16384, MaxMessage - 1, MaxMessage} {
		payload := strings.Repeat("x", size)
		b, start := begin([]byte("before"), Ack)
		b = end(append(b, payload...), start)
		m, n, err := Next(b[len("before"):])
		if err != nil || n != len(b)-len("before") || string(m.Payload) != payload {
			t.Errorf("payload of %d bytes: %d of %d bytes, %v", size, n, len(b), err)
		}
		if !bytes.HasPrefix(b, []byte("before")) {
			t.Errorf("payload of %d bytes: what stood before it was touched", size)
		}
	}
}

func TestControl(t *testing.T) {
	b := AppendControl(nil, ResyncRequest)
	b = AppendControl(b, ResyncFinished)
	b = AppendControl(b, ResyncPartial)
	b = AppendControl(b, ResyncConfirm)
	b = AppendControl(b, Heartbeat)
	b = AppendErrorMessage(b, ErrorProtocol)
	b = AppendErrorMessage(b, ErrorSize)
	if want := unhex(t, "0000 0001 0002 0003 0004 0100 0101"); !bytes.Equal(b, want) {
		t.Errorf("control messages are %x, want %x", b, want)
	}
}
