package wire

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tallystick/internal/stick"
)

func TestDefinition(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		id        uint32
		want      stick.Schema
	}{
		{"rate of an address", "02 04 745f6970 04 04 0c f0d9dc0c 03 f0e203", 2,
			stick.Schema{Name: "t_ip", KeyType: stick.IPv4, KeyLen: 4, Expire: 3600000, Columns: []stick.Column{
				{Type: stick.GPC0, Len: 1}, {Type: stick.GPC0Rate, Len: 1, Period: 10000}}}},
		{"arrays: elements first, then the period", "07 05 745f617272 06 11 f0f1fe6e f0d9dc0c 16 03 17 02 18 02 f0e203", 7,
			stick.Schema{Name: "t_arr", KeyType: stick.String, KeyLen: 17, Expire: 3600000, Columns: []stick.Column{
				{Type: stick.GPT, Len: 3}, {Type: stick.GPC, Len: 2}, {Type: stick.GPCRate, Len: 2, Period: 10000}}}},
		{"table of a peers section: the slash belongs to the name", "01 07 2f745f73656374 06 11 04 f0af9100", 1,
			stick.Schema{Name: "/t_sect", KeyType: stick.String, KeyLen: 17, Expire: 300000, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}},
		{"the shortest and the longest array", "01 01 74 02 04 f0f1fe2e 00 16 01 17 64", 1,
			stick.Schema{Name: "t", KeyType: stick.Integer, KeyLen: 4, Columns: []stick.Column{{Type: stick.GPT, Len: 1}, {Type: stick.GPC, Len: 100}}}},
		{"the lowest data type alone", "01 01 74 02 04 01 00", 1,
			stick.Schema{Name: "t", KeyType: stick.Integer, KeyLen: 4, Columns: []stick.Column{{Type: stick.ServerID, Len: 1}}}},
		{"no columns, no expire, id 0", "00 01 62 07 08 00 00", 0,
			stick.Schema{Name: "b", KeyType: stick.Binary, KeyLen: 8, Columns: []stick.Column{}}},
		{"a sum of an aggregator, handed on by another", "01 01 74 02 04 04 00 7669613a 02 0000000000000007 0000000000000008 01 0000000000000009", 1,
			stick.Schema{Name: "t", KeyType: stick.Integer, KeyLen: 4, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}},
				Path: stick.Path{Sums: []uint64{7, 8}, Relays: []uint64{9}}}},
		{"largest numbers", "fff0fefe7e 01 62 06 f0f11e 04 fff0fefe7e", 1<<32 - 1,
			stick.Schema{Name: "b", KeyType: stick.String, KeyLen: MaxMessage, Expire: 1<<32 - 1, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}},
	} {
		var s stick.Schema
		payload := unhex(t, c.hex)
		id, err := ParseDefinition(payload, &s)
		if diff := cmp.Diff(c.want, s); id != c.id || err != nil || diff != "" {
			t.Errorf("%s: id %d, %v\n%s", c.name, id, err, diff)
		}
		m, _, _ := Next(AppendDefinition(nil, id, &s))
		if !bytes.Equal(m.Payload, payload) {
			t.Errorf("%s: encoded again as %x", c.name, m.Payload)
		}
	}
}

// What HAProxy takes although it says it otherwise than we would.
func TestDefinitionTolerance(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"bytes behind the end are for later versions", "01 01 74 02 04 04 0a 616263", "type integer expire 10ms store gpc0"},
		{"it may end before the expire", "01 01 74 02 04 04", "type integer store gpc0"},
		{"bit 30 is unknown: columns up to it", "01 01 74 02 04 f4f1fefe1e 0a 1e f0e203", "type integer expire 10ms store gpc0"},
		{"bit 27 with a known rate before it", "01 01 74 02 04 f8f1fefe02 0a 03 f0e203", "type integer expire 10ms store gpc0_rate(10s)"},
		{"bit 63", "01 01 74 02 04 f4f1fefefefefefefe06 0a", "type integer expire 10ms store gpc0"},
	} {
		var s stick.Schema
		if _, err := ParseDefinition(unhex(t, c.hex), &s); err != nil || s.String() != c.want {
			t.Errorf("%s: %v, %v, want %s", c.name, s.String(), err, c.want)
		}
	}
}

func TestDefinitionFaults(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		table     bool // only the table is lost
		want      string
	}{
		{"nothing", "", false, "table id: the message ends before it does (byte 3)"},
		{"id of 2^32", "f0f2fefe7e 01 74 02 04 04 00", false, "table id: exceeds 32 bits (byte 3)"},
		{"name cut", "01 05 7473", false, "table name: the message ends before it does (byte 5)"},
		{"name of 2^64-1 bytes", "01 fff0fefefefefefefe0e 74", false, "table name: the message ends before it does (byte 14)"},
		{"no name", "01 00 02 04 04 00", true, "table name: is empty (byte 4)"},
		{"key type missing", "01 01 74", false, "key type: the message ends before it does (byte 6)"},
		{"key type 3 is none", "01 01 74 03 04 04 00", true, "key type: is not one that we know (byte 6)"},
		{"key type 9 kills old HAProxys", "01 01 74 09 04 04 00", true, "key type: is not one that we know (byte 6)"},
		{"key type 258 is not integer", "01 01 74 f201 04 04 00", true, "key type: is not one that we know (byte 6)"},
		{"key length 0", "01 01 74 06 00 04 00", true, "key length: is 0 (byte 7)"},
		{"key length 2^31", "01 01 74 07 f0f1fefe3e 04 00", true, "key length: exceeds a message (byte 7)"},
		{"key length 2^32+4 is not 4", "01 01 74 02 f4f1fefe7e 04 00", true, "key length: exceeds a message (byte 7)"},
		{"address of 5 bytes", "01 01 74 04 05 04 00", true, "key length: does not go with the key type (byte 7)"},
		{"IPv6 address of 4 bytes", "01 01 74 05 04 04 00", true, "key length: does not go with the key type (byte 7)"},
		{"data types missing", "01 01 74 02 04", false, "data types: the message ends before it does (byte 8)"},
		{"expire cut", "01 01 74 02 04 04 f0", false, "expire: the message ends before it does (byte 9)"},
		{"expire of 2^32", "01 01 74 02 04 04 f0f2fefe7e", false, "expire: exceeds 32 bits (byte 9)"},
		{"rate without period", "01 01 74 02 04 08 0a", true, "gpc0_rate: its parameters are missing (byte 10)"},
		{"period of another type", "01 01 74 02 04 08 0a 05 f0e203", true, "gpc0_rate: its parameters are those of another type (byte 10)"},
		{"period cut", "01 01 74 02 04 08 0a 03 f0", false, "gpc0_rate: the message ends before it does (byte 11)"},
		{"period 0", "01 01 74 02 04 08 0a 03 00", true, "gpc0_rate: has a period of 0 (byte 11)"},
		{"period of 2^32", "01 01 74 02 04 08 0a 03 f0f2fefe7e", false, "gpc0_rate: exceeds 32 bits (byte 11)"},
		{"array of none", "01 01 74 02 04 f0f1fe0e 0a 16 00", true, "gpt: has less than 1 or more than 100 elements (byte 14)"},
		{"array of 101", "01 01 74 02 04 f0f1fe0e 0a 16 65", true, "gpt: has less than 1 or more than 100 elements (byte 14)"},
		{"a path of 33", "01 01 74 02 04 04 0a 7669613a 21", true, "path: has come over more than 32 aggregators (byte 14)"},
		{"a path cut", "01 01 74 02 04 04 0a 7669613a 01 00000000", false, "path: the message ends before it does (byte 15)"},
		{"array of 2^32+1 is not one of 1", "01 01 74 02 04 f0f1fe0e 0a 16 f1f2fefe7e", true, "gpt: has less than 1 or more than 100 elements (byte 14)"},
	} {
		var s stick.Schema
		id, err := ParseDefinition(unhex(t, c.hex), &s)
		e, ok := err.(*Error)
		if !ok || e.Error() != c.want || e.Table != c.table {
			t.Errorf("%s: %v, %+v, want %s", c.name, err, e, c.want)
		}
		if ok && e.Table && id != 1 {
			t.Errorf("%s: id %d, want 1: the session must know which table to ignore", c.name, id)
		}
	}
}

// The schema is kept while the buffer of the connection is used again.
func TestDefinitionKeepsNothing(t *testing.T) {
	payload := unhex(t, "02 04 745f6970 04 04 0c f0d9dc0c 03 f0e203")
	var s stick.Schema
	if _, err := ParseDefinition(payload, &s); err != nil {
		t.Fatal(err)
	}
	// HAProxy repeats definitions all the time: one may cost the name and the columns.
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseDefinition(payload, &s) }); n > 2 {
		t.Errorf("%v allocations, want 2", n)
	}
	before := s.Name + s.String()
	clear(payload)
	if after := s.Name + s.String(); after != before {
		t.Errorf("schema %s became %s when its message was overwritten", before, after)
	}
}
