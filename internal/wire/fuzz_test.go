package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tallystick/internal/stick"
)

// seed gives every message of the captures of which pick wants the bytes.
func seed(f *testing.F, add func(m Message)) {
	for _, lines := range readCaptures(f) {
		for _, l := range lines {
			if l.from == 's' || isHandshake(l.bytes) {
				continue
			}
			if m, _, err := Next(l.bytes); err == nil {
				add(m)
			}
		}
	}
}

// Every integer has one encoding, and every encoding that is accepted is one of those.
func FuzzVarint(f *testing.F) {
	for _, v := range []uint64{0, 239, 240, 2287, 2288, 1<<32 - 1, 1 << 63, 1<<64 - 1} {
		f.Add(AppendVarint(nil, v))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest, err := Varint(b)
		if err != nil {
			if len(rest) != len(b) || (err == ErrShort) == (len(b) >= maxVarint) {
				t.Fatalf("%x: %x left with %v", b, rest, err)
			}
			return
		}
		again := AppendVarint(nil, v)
		if !bytes.Equal(append(again, rest...), b) || varintLen(v) != len(again) {
			t.Fatalf("%x is %d, which is %x", b, v, again)
		}
	})
}

// However a stream is cut into pieces, the messages are the same.
func FuzzNext(f *testing.F) {
	seed(f, func(m Message) { f.Add(appendRaw(nil, m), uint8(1)) })
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		want, wantErr := cut(stream, len(stream)+1)
		got, err := cut(stream, int(piece)+1)
		if diff := cmp.Diff(want, got); diff != "" || errorText(wantErr) != errorText(err) {
			t.Fatalf("pieces of %d: %v instead of %v\n%s", piece, err, wantErr, diff)
		}
	})
}

// cut parses a stream of which size more bytes come at a time.
func cut(stream []byte, size int) (all []Message, err error) {
	at := 0
	for end := 0; end < len(stream); {
		end = min(end+size, len(stream))
		for {
			m, n, err := Next(stream[at:end])
			if err == ErrShort {
				break
			}
			if err != nil {
				return all, err
			}
			at, all = at+n, append(all, m)
		}
	}
	return all, nil
}

// A hello that is accepted says the same when it is said again, needed all of its bytes,
// and is not changed by what follows it; one that is refused cannot be completed.
func FuzzHello(f *testing.F) {
	f.Add([]byte("HAProxyS 2.1\nagg\nhap 15548 1\n"))
	f.Add([]byte("HAProxyS 2.0\r\nagg\r\nhap \r\n"))
	f.Add([]byte("200\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if code, n, err := ParseStatus(b); err == nil && (code > 999 || n > 5) {
			t.Fatalf("%q is status %d of %d bytes", b, code, n)
		}
		h, n, err := ParseHello(b)
		more, m, err2 := ParseHello(append(b[:len(b):len(b)], "\nx y\n"...))
		switch {
		case err == nil:
			again, k, err := ParseHello(h.Append(nil))
			if again != h && k <= MaxHello || more != h || m != n || n > MaxHello {
				t.Fatalf("%q: %+v (%d), again %+v, %v, with more %+v (%d), %v", b, h, n, again, err, more, m, err2)
			}
			if _, _, err := ParseHello(b[:n-1]); err != ErrShort {
				t.Fatalf("%q without its last byte: %v", b, err)
			}
		case err != ErrShort && errorText(err) != errorText(err2):
			t.Fatalf("%q is refused with %v, but with more bytes it is %v", b, err, err2)
		}
	})
}

// What is read of a definition is what we announce, and we always announce it alike.
func FuzzDefinition(f *testing.F) {
	handedOn := stick.Schema{Name: "t", KeyType: stick.Integer, KeyLen: 4, Path: stick.Path{Sums: []uint64{7, 8}, Relays: []uint64{9}}}
	if m, _, err := Next(AppendDefinition(nil, 1, &handedOn)); err == nil {
		f.Add(m.Payload)
	}
	seed(f, func(m Message) {
		if m.Type == Definition {
			f.Add(m.Payload)
		}
	})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var s, again stick.Schema
		id, err := ParseDefinition(payload, &s)
		if err != nil {
			checkFault(t, err, payload)
			return
		}
		msg := AppendDefinition(nil, id, &s)
		m, n, err := Next(msg)
		if err != nil || n != len(msg) {
			t.Fatalf("%x: announced as %x: %v", payload, msg, err)
		}
		id2, err := ParseDefinition(m.Payload, &again)
		if id2 != id || err != nil || !again.Equal(&s) {
			t.Fatalf("%x: %v, announced as %v, %v", payload, &s, &again, err)
		}
	})
}

// checkFault holds an error to what it promises: it is the peer's, at a byte of the message
// or right behind it.
func checkFault(t *testing.T, err error, payload []byte) {
	t.Helper()
	fault := (*Error)(nil)
	if !errors.As(err, &fault) {
		t.Fatalf("%x: %v is not a fault of the peer", payload, err)
	}
	if head := 2 + varintLen(uint64(len(payload))); fault.Offset < head || fault.Offset > head+len(payload) {
		t.Fatalf("%x: %v points outside of the message", payload, err)
	}
}

// schemas are those of the captures and one of all types.
func schemas(f *testing.F) []*stick.Schema {
	all := []*stick.Schema{everything(), servers()}
	seed(f, func(m Message) {
		s := new(stick.Schema)
		if _, err := ParseDefinition(m.Payload, s); m.Type == Definition && err == nil && len(all) < 12 {
			all = append(all, s)
		}
	})
	return all
}

// An update that is read is sent and read again alike; one that is not changes nothing.
func FuzzUpdate(f *testing.F) {
	tables := schemas(f)
	seed(f, func(m Message) {
		for i := range tables {
			if isUpdate(m.Type) {
				f.Add(m.Type, uint8(i), m.Payload)
			}
		}
	})
	f.Fuzz(func(t *testing.T, typ, i uint8, payload []byte) {
		s := tables[int(i)%len(tables)]
		m := Message{ClassStick, UpdateFull, payload}
		if isUpdate(typ) {
			m.Type = typ
		}
		in := InDictionary{}
		in.texts[1], in.texts[128] = "one", "last"
		before, vals := in, make([]uint64, 3, 512)
		id, row, out, err := ParseUpdate(m, s, 7, &in, vals)
		if err != nil {
			if in != before || len(out) != 3 || id != 0 {
				t.Fatalf("%x: refused with %v, but left something", payload, err)
			}
			checkFault(t, err, payload)
			return
		}
		if len(out) != 3+s.Words() || len(row.Values) != s.Words() {
			t.Fatalf("%x: %d values", payload, len(out))
		}
		sendAgain(t, s, id, &row)
	})
}

// sendAgain encodes row and expects to read it back (I10).
func sendAgain(t *testing.T, s *stick.Schema, id uint32, row *stick.Row) {
	t.Helper()
	msg := AppendUpdate(nil, id, true, s, row, new(OutDictionary))
	if len(msg) == 0 && len(row.Key) > MaxMessage-maxData {
		return
	}
	m, n, err := Next(msg)
	if err != nil || n != len(msg) {
		t.Fatalf("sent again as %x: %v", msg, err)
	}
	id2, again, _, err := ParseUpdate(m, s, 0, new(InDictionary), nil)
	if diff := cmp.Diff(*row, again, cmpopts.EquateEmpty()); diff != "" || id2 != id || err != nil {
		t.Fatalf("sent again as %x: id %d, %v\n%s", msg, id2, err, diff)
	}
}

// Whatever values a row has, what is sent of it is within the widths of its types and
// sending what was read then sends the same bytes (I10).
func FuzzAppendUpdate(f *testing.F) {
	tables := schemas(f)
	for i := range tables {
		f.Add(uint8(i), uint32(1), uint32(2), []byte("12345678"), "text", bytes.Repeat([]byte{0xff}, 99))
	}
	f.Fuzz(func(t *testing.T, i uint8, id, life uint32, key []byte, text string, numbers []byte) {
		s := tables[int(i)%len(tables)]
		row := stick.Row{Key: key, Text: text, Life: life}
		for range s.Words() {
			var v [8]byte
			numbers = numbers[copy(v[:], numbers):]
			row.Values = append(row.Values, binary.LittleEndian.Uint64(v[:]))
		}
		msg := AppendUpdate(nil, id, true, s, &row, new(OutDictionary))
		if len(msg) == 0 {
			return // the key is none of this table
		}
		m, _, err := Next(msg)
		if err != nil {
			t.Fatalf("%x: %v", msg, err)
		}
		id2, read, _, err := ParseUpdate(m, s, 0, new(InDictionary), nil)
		if id2 != id || err != nil || !bytes.HasPrefix(read.Key, key) {
			t.Fatalf("%x: id %d, key %q, %v", msg, id2, read.Key, err)
		}
		if again := AppendUpdate(nil, id, true, s, &read, new(OutDictionary)); !bytes.Equal(again, msg) {
			t.Fatalf("%x is read and sent as %x", msg, again)
		}
	})
}

func FuzzAckSwitch(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if table, update, err := ParseAck(payload); err != nil {
			checkFault(t, err, payload)
		} else if m, _, _ := Next(AppendAck(nil, table, update)); !bytes.HasPrefix(payload, m.Payload) {
			t.Fatalf("ack %x is sent as %x", payload, m.Payload)
		}
		if table, err := ParseSwitch(payload); err != nil {
			checkFault(t, err, payload)
		} else if m, _, _ := Next(AppendSwitch(nil, table)); !bytes.HasPrefix(payload, m.Payload) {
			t.Fatalf("switch %x is sent as %x", payload, m.Payload)
		}
	})
}

// Texts that were read in a session, told to another peer, are the same texts there.
func FuzzDictionary(f *testing.F) {
	f.Add([]byte{4, 1, 2, 's', '1', 4, 2, 2, 's', '2', 1, 1, 0, 1, 128})
	f.Fuzz(func(t *testing.T, values []byte) {
		var in, other InDictionary
		var out OutDictionary
		for r := readPayload(values); r.at < len(r.b); {
			read := r.text()
			if r.fault != "" {
				break
			}
			text := in.resolve(read)
			told := readPayload(out.append(nil, text))
			if got := other.resolve(told.text()); got != text || told.fault != "" || told.at != told.size {
				t.Fatalf("%q is told as %x, which is %q", text, told.b, got)
			}
		}
	})
}
