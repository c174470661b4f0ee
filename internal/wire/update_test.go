package wire

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tallystick/internal/stick"
)

// table makes a schema of columns that need no more than their type; rates get 10 s,
// arrays two elements.
func table(k stick.KeyType, keyLen, expire uint32, types ...stick.DataType) *stick.Schema {
	s := &stick.Schema{Name: "t", KeyType: k, KeyLen: keyLen, Expire: expire}
	for _, typ := range types {
		c := stick.Column{Type: typ, Len: 1}
		if typ.IsArray() {
			c.Len = 2
		}
		if typ.Kind() == stick.Rate {
			c.Period = 10000
		}
		s.Columns = append(s.Columns, c)
	}
	return s
}

// everything is a table of all 27 data types, which no HAProxy would allow at once.
func everything() *stick.Schema {
	var all []stick.DataType
	for typ := stick.DataType(0); typ.Known(); typ++ {
		all = append(all, typ)
	}
	return table(stick.Binary, 8, 600000, all...)
}

func key(s string) []byte { return []byte(s) }

// The four forms of an update say the same in different ways.
func TestUpdateForms(t *testing.T) {
	limited, endless := table(stick.Integer, 4, 600000, stick.GPC0), table(stick.Integer, 4, 0, stick.GPC0)
	for _, c := range []struct {
		name string
		s    *stick.Schema
		hex  string
		id   uint32
		life uint32
	}{
		{"full: lives as the table says", limited, "0a8009 00000007 0000000a 05", 7, 600000},
		{"incremental: the next id", limited, "0a8105 0000000a 05", 42, 600000},
		{"timed: lives as sent", limited, "0a850d 00000007 000003e8 0000000a 05", 7, 1000},
		{"incremental timed", limited, "0a8609 000003e8 0000000a 05", 42, 1000},
		{"timed 0 where there is an expire: gone", limited, "0a850d 00000007 00000000 0000000a 05", 7, 0},
		{"nobody lives longer than the table says", limited, "0a850d 00000007 05265c00 0000000a 05", 7, 600000},
		{"no expire", endless, "0a8009 00000007 0000000a 05", 7, stick.Forever},
		{"timed 0 without expire: for ever", endless, "0a850d 00000007 00000000 0000000a 05", 7, stick.Forever},
		{"timed without expire", endless, "0a850d 00000007 000003e8 0000000a 05", 7, 1000},
		{"learned entries have ids from 2^31 on", limited, "0a8009 80000001 0000000a 05", 1<<31 + 1, 600000},
		{"id 0 comes when ids wrap", limited, "0a8009 00000000 0000000a 05", 0, 600000},
		{"bytes behind the last column", limited, "0a800c 00000007 0000000a 05 010203", 7, 600000},
	} {
		m, _, err := Next(unhex(t, c.hex))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		id, row, _, err := ParseUpdate(m, c.s, 41, nil, nil)
		want := stick.Row{Key: key("\x00\x00\x00\x0a"), Values: []uint64{5}, Life: c.life}
		if diff := cmp.Diff(want, row); id != c.id || err != nil || diff != "" {
			t.Errorf("%s: id %d, want %d, %v\n%s", c.name, id, c.id, err, diff)
		}
	}
	m, _, _ := Next(unhex(t, "0a8105 0000000a 05"))
	if id, _, _, _ := ParseUpdate(m, limited, math.MaxUint32, nil, nil); id != 0 {
		t.Errorf("the id after 2^32-1 is %d, want 0", id)
	}
}

// Each kind of key and value, with the row that it is and the bytes that we send for it.
func TestUpdateFields(t *testing.T) {
	for _, c := range []struct {
		name string
		s    *stick.Schema
		row  stick.Row
		hex  string // payload behind the id
	}{
		{"ip", table(stick.IPv4, 4, 0), stick.Row{Key: key("\x0a\x01\x02\x03")}, "0a010203"},
		{"ipv6", table(stick.IPv6, 16, 0), stick.Row{Key: key("0123456789abcdef")}, "30313233343536373839616263646566"},
		{"string", table(stick.String, 33, 0), stick.Row{Key: key("user1")}, "05 7573657231"},
		{"string as long as the table holds", table(stick.String, 6, 0), stick.Row{Key: key("user1")}, "05 7573657231"},
		{"empty string", table(stick.String, 33, 0), stick.Row{Key: key("")}, "00"},
		{"binary", table(stick.Binary, 8, 0), stick.Row{Key: key("ab\x00\x00\x00\x00\x00\x00")}, "6162000000000000"},
		{"signed -1 is extended to 64 bits", table(stick.Integer, 4, 0, stick.ServerID), stick.Row{Key: key("\x12\x34\x56\x78"), Values: []uint64{math.MaxUint32}}, "12345678 fff0fefefefefefefe0e"},
		{"signed 7", table(stick.Integer, 4, 0, stick.ServerID), stick.Row{Key: key("\x00\x00\x00\x01"), Values: []uint64{7}}, "00000001 07"},
		{"32 bits", table(stick.Integer, 4, 0, stick.GPC0), stick.Row{Key: key("\x00\x00\x00\x01"), Values: []uint64{math.MaxUint32}}, "00000001 fff0fefe7e"},
		{"64 bits", table(stick.Integer, 4, 0, stick.BytesInCnt), stick.Row{Key: key("\x00\x00\x00\x01"), Values: []uint64{math.MaxUint64}}, "00000001 fff0fefefefefefefe0e"},
		{"rate: age, curr, prev", table(stick.Integer, 4, 0, stick.HTTPReqRate), stick.Row{Key: key("\x00\x00\x00\x01"), Values: []uint64{504, 2, 1}}, "00000001 f810 02 01"},
		{"array", table(stick.Integer, 4, 0, stick.GPC), stick.Row{Key: key("\x00\x00\x00\x01"), Values: []uint64{0, 1000}}, "00000001 00 f82f"},
		{"array of rates", table(stick.Integer, 4, 0, stick.GPCRate), stick.Row{Key: key("\x00\x00\x00\x01"), Values: []uint64{1, 50, 0, 4294953937, 0, 0}}, "00000001 01 32 00 f1aef8fe7e 00 00"},
	} {
		msg := AppendUpdate(nil, 9, false, c.s, &c.row, nil)
		want := unhex(t, "00000009"+c.hex)
		m, n, err := Next(msg)
		if m.Type != UpdateFull || !bytes.Equal(m.Payload, want) || n != len(msg) || err != nil {
			t.Errorf("%s: encoded as %x, %v, want the payload %x", c.name, msg, err, want)
			continue
		}
		c.row.Life = stick.Forever
		id, row, _, err := ParseUpdate(m, c.s, 0, nil, nil)
		if diff := cmp.Diff(c.row, row, cmpopts.EquateEmpty()); id != 9 || err != nil || diff != "" {
			t.Errorf("%s: decoded with id %d, %v\n%s", c.name, id, err, diff)
		}
	}
}

// HAProxy keeps the low 32 bits of numbers that come with more, and strings up to a NUL.
func TestUpdateReadAsByHAProxy(t *testing.T) {
	for _, c := range []struct {
		name string
		s    *stick.Schema
		hex  string
		key  string
		vals []uint64
	}{
		{"2^32+5 is 5", table(stick.String, 33, 0, stick.GPC0), "01 61 f5f1fefe7e", "a", []uint64{5}},
		{"-1 sent as 32 bits", table(stick.String, 33, 0, stick.ServerID), "01 61 fff0fefe7e", "a", []uint64{math.MaxUint32}},
		{"-1 sent as 64 bits", table(stick.String, 33, 0, stick.ServerID), "01 61 fff0fefefefefefefe0e", "a", []uint64{math.MaxUint32}},
		{"parts of a rate", table(stick.String, 33, 0, stick.ConnRate), "01 61 f5f1fefe7e f6f1fefe7e f7f1fefe7e", "a", []uint64{5, 6, 7}},
		{"a NUL ends the key, and be it the first byte", table(stick.String, 33, 0, stick.GPC0), "02 0062 05", "", []uint64{5}},
		{"a NUL ends the key", table(stick.String, 33, 0, stick.GPC0), "03 610062 05", "a", []uint64{5}},
	} {
		row, err := parsePayload(c.s, unhex(t, "00000001"+c.hex))
		if string(row.Key) != c.key || !cmp.Equal(row.Values, c.vals) || err != nil {
			t.Errorf("%s: key %q, %d, %v, want %q, %d", c.name, row.Key, row.Values, err, c.key, c.vals)
		}
	}
}

func parsePayload(s *stick.Schema, payload []byte) (stick.Row, error) {
	_, row, _, err := ParseUpdate(Message{ClassStick, UpdateFull, payload}, s, 0, new(InDictionary), nil)
	return row, err
}

func TestUpdateFaults(t *testing.T) {
	str, ip, bin := table(stick.String, 33, 600000, stick.GPC0), table(stick.IPv4, 4, 600000, stick.GPC0), table(stick.Binary, 8, 600000)
	for _, c := range []struct {
		name string
		s    *stick.Schema
		hex  string
		want string
	}{
		{"nothing", str, "", "id of an update: the message ends before it does (byte 3)"},
		{"id cut", str, "000000", "id of an update: the message ends before it does (byte 3)"},
		{"no key", str, "00000001", "key: the message ends before it does (byte 7)"},
		{"key longer than the message", str, "00000001 c8 616263", "key: the message ends before it does (byte 8)"},
		{"key of 2^64-1 bytes", str, "00000001 fff0fefefefefefefe0e 616263", "key: the message ends before it does (byte 17)"},
		{"key of 2^32+1 bytes is not one of 1", str, "00000001 f1f1fefe7e 61 05", "key: the message ends before it does (byte 12)"},
		{"key length beyond 64 bits", str, "00000001 f0f1fefefefefefefe0e 61 05", "key: integer exceeds 64 bits (byte 7)"},
		{"key longer than the table's", table(stick.String, 4, 0), "00000001 04 61626364", "key: is longer than the table's definition says (byte 7)"},
		{"address cut", ip, "00000001 7f0000", "key: the message ends before it does (byte 7)"},
		{"binary cut", bin, "00000001 61620000000000", "key: the message ends before it does (byte 7)"},
		{"no value", str, "00000001 01 61", "gpc0: the message ends before it does (byte 9)"},
		{"value cut", str, "00000001 01 61 f0", "gpc0: the message ends before it does (byte 9)"},
		{"value beyond 64 bits", str, "00000001 01 61 f0f1fefefefefefefe0e", "gpc0: integer exceeds 64 bits (byte 9)"},
		{"rate cut", table(stick.IPv4, 4, 0, stick.GPC0, stick.GPC0Rate), "00000001 7f000001 01 02 03", "gpc0_rate: the message ends before it does (byte 14)"},
		{"array cut", table(stick.IPv4, 4, 0, stick.GPT), "00000001 7f000001 01", "gpt: the message ends before it does (byte 12)"},
	} {
		vals := []uint64{1, 2, 3}
		id, row, out, err := ParseUpdate(Message{ClassStick, UpdateFull, unhex(t, c.hex)}, c.s, 41, nil, vals)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if id != 0 || row.Key != nil || row.Values != nil || len(out) != 3 {
			t.Errorf("%s: id %d, %+v and values %d came with the error", c.name, id, row, out)
		}
	}
	// The head of a long message is longer by the bytes of its length.
	long := append(unhex(t, "00000001 f010"), bytes.Repeat([]byte{'x'}, 496)...) // a key of 496 bytes
	if _, err := parsePayload(table(stick.String, 512, 0, stick.GPC0), long); err == nil || err.Error() != "gpc0: the message ends before it does (byte 506)" {
		t.Errorf("offset in a long message: %v", err)
	}
	if _, _, _, err := ParseUpdate(Message{ClassStick, UpdateIncrementalTimed, []byte{0, 0, 1}}, str, 0, nil, nil); err == nil ||
		err.Error() != "life of an entry: the message ends before it does (byte 3)" {
		t.Errorf("timed update cut: %v", err)
	}
}

// What is not of the right width is brought into it, or not sent at all (I10).
func TestEmitSafe(t *testing.T) {
	for _, c := range []struct {
		name  string
		s     *stick.Schema
		row   stick.Row
		timed bool
		hex   string // "" for nothing appended
	}{
		{"a sum beyond 32 bits is clamped", table(stick.IPv4, 4, 0, stick.GPC0), stick.Row{Key: key("abcd"), Values: []uint64{1 << 40}}, false, "0a800d 00000001 61626364 fff0fefe7e"},
		{"so are the parts of a rate", table(stick.IPv4, 4, 0, stick.GPC0Rate), stick.Row{Key: key("abcd"), Values: []uint64{0, 1 << 40, 3}}, false, "0a800f 00000001 61626364 00 fff0fefe7e 03"},
		{"a signed value is its low 32 bits", table(stick.IPv4, 4, 0, stick.ServerID), stick.Row{Key: key("abcd"), Values: []uint64{1<<40 + 7}}, false, "0a8009 00000001 61626364 07"},
		{"a binary key is padded", table(stick.Binary, 4, 0), stick.Row{Key: key("ab")}, false, "0a8008 00000001 61620000"},
		{"one too long is not sent: cut, it would be another key", table(stick.Binary, 4, 0), stick.Row{Key: key("abcde")}, false, ""},
		{"nor is a string", table(stick.String, 4, 0), stick.Row{Key: key("abcd")}, false, ""},
		{"nor one with a NUL", table(stick.String, 9, 0), stick.Row{Key: key("a\x00b")}, false, ""},
		{"nor one that begins with it", table(stick.String, 9, 0), stick.Row{Key: key("\x00b")}, false, ""},
		{"nor an address of another length", table(stick.IPv4, 4, 0), stick.Row{Key: key("abc")}, false, ""},
		{"nor what no message holds", table(stick.String, 1<<20, 0), stick.Row{Key: bytes.Repeat(key("x"), MaxMessage)}, false, ""},
		{"a life is capped to the expire", table(stick.IPv4, 4, 1000), stick.Row{Key: key("abcd"), Life: 5000}, true, "0a850c 00000001 000003e8 61626364"},
		{"to the shortest too", table(stick.IPv4, 4, 1), stick.Row{Key: key("abcd"), Life: 5000}, true, "0a850c 00000001 00000001 61626364"},
		{"for ever too: 0 would delete", table(stick.IPv4, 4, 1000), stick.Row{Key: key("abcd"), Life: stick.Forever}, true, "0a850c 00000001 000003e8 61626364"},
		{"without expire for ever is 0", table(stick.IPv4, 4, 0), stick.Row{Key: key("abcd"), Life: stick.Forever}, true, "0a850c 00000001 00000000 61626364"},
	} {
		before := key("before")
		got := AppendUpdate(before, 1, c.timed, c.s, &c.row, nil)
		if want := append(key("before"), unhex(t, c.hex)...); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", c.name, got[6:], want[6:])
		}
	}
	longest := stick.Row{Key: bytes.Repeat(key("x"), MaxMessage-maxData)}
	if msg := AppendUpdate(nil, 1, false, table(stick.String, 1<<20, 0), &longest, nil); len(msg) < len(longest.Key) {
		t.Errorf("a key of %d bytes is not sent, but a message holds it", len(longest.Key))
	}
}

// A table of all data types at once, with the largest values, goes out and comes back.
func TestEverything(t *testing.T) {
	s := everything()
	for i := range s.Columns {
		if s.Columns[i].Type.IsArray() {
			s.Columns[i].Len = stick.MaxElements
		}
	}
	row := stick.Row{Key: key("12345678"), Text: "server", Life: 1234}
	for _, c := range s.Columns {
		for range c.Words() {
			v := uint64(math.MaxUint32)
			if c.Type.Kind() == stick.Long {
				v = math.MaxUint64
			}
			row.Values = append(row.Values, v)
		}
	}
	var in InDictionary
	var out OutDictionary
	msg := AppendUpdate(nil, 5, true, s, &row, &out)
	m, _, err := Next(msg)
	if err != nil || len(m.Payload) > maxData {
		t.Fatalf("%d bytes, %v: maxData is too small", len(m.Payload), err)
	}
	_, got, _, err := ParseUpdate(m, s, 0, &in, nil)
	if diff := cmp.Diff(row, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Decoding and encoding allocate nothing, whatever the types; a known text neither.
func TestAllocations(t *testing.T) {
	s, row := everything(), stick.Row{Key: key("12345678"), Text: "server", Life: 9}
	row.Values = make([]uint64, s.Words())
	var in InDictionary
	var out OutDictionary
	buf, vals := make([]byte, 0, 4096), make([]uint64, 0, 256)
	buf = AppendUpdate(buf[:0], 5, true, s, &row, &out)
	m, _, _ := Next(buf)
	if _, _, _, err := ParseUpdate(m, s, 0, &in, vals); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() {
		buf = AppendUpdate(buf[:0], 5, true, s, &row, &out)
		m, _, _ := Next(buf)
		_, _, _, _ = ParseUpdate(m, s, 0, &in, vals)
	}); n != 0 {
		t.Errorf("%v allocations to encode, cut and decode an update, want none", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		buf = AppendSwitch(AppendAck(AppendControl(buf[:0], Heartbeat), 2, 3), 4)
		buf = AppendDefinition(buf, 2, s)
	}); n != 0 {
		t.Errorf("%v allocations to encode the other messages, want none", n)
	}
}
