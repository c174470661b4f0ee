package wire

import (
	"bytes"
	"testing"
)

func TestAck(t *testing.T) {
	b := AppendAck(nil, 2, 1)
	if want := unhex(t, "0a8405 02 00000001"); !bytes.Equal(b, want) {
		t.Errorf("ack of update 1 of table 2 is %x, HAProxy's is %x", b, want)
	}
	table, update, err := ParseAck(unhex(t, "fff0fefe7e fffffffe aabb"))
	if table != 1<<32-1 || update != 1<<32-2 || err != nil {
		t.Errorf("%d, %d, %v: the largest ids must survive, bytes behind them be ignored", table, update, err)
	}
}

func TestSwitch(t *testing.T) {
	b := AppendSwitch(nil, 300)
	if want := unhex(t, "0a8302 fc03"); !bytes.Equal(b, want) {
		t.Errorf("switch to table 300 is %x, want %x", b, want)
	}
	if table, err := ParseSwitch(b[3:]); table != 300 || err != nil {
		t.Errorf("%d, %v, want table 300", table, err)
	}
}

func TestAckFaults(t *testing.T) {
	ack := func(b []byte) error { _, _, err := ParseAck(b); return err }
	sw := func(b []byte) error { _, err := ParseSwitch(b); return err }
	for _, c := range []struct {
		name  string
		parse func([]byte) error
		hex   string
		want  string
	}{
		{"ack of nothing", ack, "", "table id of an ack: the message ends before it does (byte 3)"},
		{"ack without update", ack, "02", "update id of an ack: the message ends before it does (byte 4)"},
		{"ack cut", ack, "02000000", "update id of an ack: the message ends before it does (byte 4)"},
		{"ack of table 2^32", ack, "f0f2fefe7e00000001", "table id of an ack: exceeds 32 bits (byte 3)"},
		{"switch to nothing", sw, "", "table id of a switch: the message ends before it does (byte 3)"},
		{"switch to 2^32", sw, "f0f2fefe7e", "table id of a switch: exceeds 32 bits (byte 3)"},
		{"switch beyond 64 bits", sw, "f0f1fefefefefefefe0e", "table id of a switch: integer exceeds 64 bits (byte 3)"},
	} {
		if err := c.parse(unhex(t, c.hex)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}
