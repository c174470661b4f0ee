package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

func servers() *stick.Schema { return table(stick.String, 33, 600000, stick.ServerKey) }

// HAProxy's three updates of the reference: two slots are defined, one is used again.
func TestDictionary(t *testing.T) {
	s := table(stick.String, 33, 600000, stick.ServerID, stick.ServerKey)
	var in InDictionary
	var out OutDictionary
	for i, c := range []struct {
		hex string
		row stick.Row
	}{
		{"0a800d 00000001 027531 01 04 01 02 7331", stick.Row{Key: key("u1"), Values: []uint64{1}, Text: "s1"}},
		{"0a800d 00000002 027532 02 04 02 02 7332", stick.Row{Key: key("u2"), Values: []uint64{2}, Text: "s2"}},
		{"0a800a 00000003 027533 01 01 01", stick.Row{Key: key("u3"), Values: []uint64{1}, Text: "s1"}},
		{"0a8009 00000004 027534 00 00", stick.Row{Key: key("u4"), Values: []uint64{0}}},
	} {
		want := unhex(t, c.hex)
		if got := AppendUpdate(nil, uint32(i+1), false, s, &c.row, &out); !bytes.Equal(got, want) {
			t.Errorf("%s is encoded as %x, want %x", c.row.Key, got, want)
		}
		m, _, _ := Next(want)
		if _, row, _, err := ParseUpdate(m, s, 0, &in, nil); row.Text != c.row.Text || err != nil {
			t.Errorf("%x is decoded as %q, %v, want %q", want, row.Text, err, c.row.Text)
		}
	}
}

// Slots are filled 1 to 128 in turn; a hit makes none younger.
func TestDictionaryOrder(t *testing.T) {
	var d OutDictionary
	slot := func(text string) (slot byte, fresh bool) {
		b := d.append(nil, text)
		return b[1], b[0] > 1
	}
	for i := range 128 {
		if n, fresh := slot(fmt.Sprint(i)); int(n) != i+1 || !fresh {
			t.Fatalf("text %d goes to slot %d, fresh %v", i, n, fresh)
		}
	}
	if n, fresh := slot("0"); n != 1 || fresh {
		t.Errorf("the first text is in slot %d, fresh %v, want a reference to slot 1", n, fresh)
	}
	if n, fresh := slot("new"); n != 1 || !fresh {
		t.Errorf("text 129 goes to slot %d, fresh %v: want the slot filled longest ago, though just used", n, fresh)
	}
	if n, fresh := slot("0"); n != 2 || !fresh {
		t.Errorf("the first text comes again in slot %d, fresh %v: want it defined anew", n, fresh)
	}
	if n, fresh := slot("2"); n != 3 || fresh {
		t.Errorf("a text that was not thrown out is in slot %d, fresh %v", n, fresh)
	}
}

func TestDictionaryValues(t *testing.T) {
	for _, c := range []struct{ name, hex, text, err string }{
		{"no value", "00", "", ""},
		{"slot of another update", "01 05", "five", ""},
		{"slot that is empty", "01 06", "", ""},
		{"slot 128", "04 80 02 6162", "ab", ""},
		{"empty text", "02 01 00", "", ""},
		{"slot defined again", "04 05 02 6162", "ab", ""},
		{"bytes behind the text", "06 05 02 6162 ffff", "ab", ""},
		{"slot 0", "01 00", "", "server_key: slot of the dictionary is not 1 to 128 (byte 10)"},
		{"slot 129", "01 81", "", "server_key: slot of the dictionary is not 1 to 128 (byte 10)"},
		{"slot 256+1 is not 1", "02 f101", "", "server_key: slot of the dictionary is not 1 to 128 (byte 10)"},
		{"slot 2^32+1", "05 f1f1fefe7e", "", "server_key: slot of the dictionary is not 1 to 128 (byte 10)"},
		{"value beyond the message", "05 05 02 6162", "", "server_key: the message ends before it does (byte 10)"},
		{"text beyond the value", "03 05 03 616263", "", "server_key: the message ends before it does (byte 12)"},
		{"text of 2^64-1 bytes", "0c 05 fff0fefefefefefefe0e 61", "", "server_key: text is longer than 256 bytes (byte 11)"},
		{"slot cut", "01 f0", "", "server_key: the message ends before it does (byte 10)"},
		{"length of the text cut", "02 05 f0", "", "server_key: the message ends before it does (byte 11)"},
		{"nothing", "", "", "server_key: the message ends before it does (byte 9)"},
	} {
		var d InDictionary
		d.texts[5] = "five"
		before := d
		m := Message{ClassStick, UpdateFull, unhex(t, "00000001 01 61"+c.hex)}
		_, row, _, err := ParseUpdate(m, servers(), 0, &d, nil)
		if row.Text != c.text || errorText(err) != c.err {
			t.Errorf("%s: %q, %v, want %q, %s", c.name, row.Text, err, c.text, c.err)
		}
		if err != nil && d != before {
			t.Errorf("%s: the dictionary has changed", c.name)
		}
	}
}

// A text counts only once the whole update is read: the column behind it may be cut.
func TestDictionaryBehindFault(t *testing.T) {
	s := table(stick.String, 33, 600000, stick.ServerKey, stick.HTTPFailCnt)
	var d InDictionary
	m := Message{ClassStick, UpdateFull, unhex(t, "00000001 01 61 04 05 02 6162")}
	if _, _, _, err := ParseUpdate(m, s, 0, &d, nil); errorText(err) != "http_fail_cnt: the message ends before it does (byte 14)" {
		t.Errorf("%v, want the column behind the text", err)
	}
	if d != (InDictionary{}) {
		t.Error("a message that was refused has defined a slot")
	}
}

// 128 slots of 256 bytes are what one peer can make us hold (T-09).
func TestDictionaryBomb(t *testing.T) {
	long := strings.Repeat("x", MaxText)
	var out OutDictionary
	for _, c := range []struct {
		text, want, err string
	}{
		{long, long, ""},
		{long + "x", "", "server_key: text is longer than 256 bytes (byte 13)"},
	} {
		value := append(AppendVarint([]byte{1}, uint64(len(c.text))), c.text...)
		payload := append(AppendVarint(unhex(t, "00000001 01 61"), uint64(len(value))), value...)
		row, err := parsePayload(servers(), payload)
		if row.Text != c.want || errorText(err) != c.err {
			t.Errorf("text of %d bytes: %d bytes, %v", len(c.text), len(row.Text), err)
		}
		m, _, _ := Next(AppendUpdate(nil, 1, false, servers(), &stick.Row{Key: key("a"), Text: c.text}, &out))
		if row, err := parsePayload(servers(), m.Payload); row.Text != c.want || err != nil {
			t.Errorf("we send a text of %d bytes as one of %d, %v", len(c.text), len(row.Text), err)
		}
	}
}
