package wire

// slots is how many texts a session remembers in each direction, for all its tables
// together: ids 1 to 128.
const slots = 128

// InDictionary is what a peer has told us of its texts in this session. The zero value is
// that of a new session. It is used by one goroutine.
type InDictionary struct{ texts [slots + 1]string }

// text is a value of the dictionary as it stands in an update: read, but not yet kept.
type text struct {
	slot    uint64
	value   []byte // of a definition of the slot
	defines bool
}

// resolve returns the text, and remembers it if it is a new one.
func (d *InDictionary) resolve(t text) string {
	if t.defines && d.texts[t.slot] != string(t.value) {
		d.texts[t.slot] = string(t.value)
	}
	return d.texts[t.slot] // slot 0 stays empty: no value
}

// text reads a value of the dictionary: a length that covers the rest, the id of a slot,
// and, if anything is left, the text that the slot has from now on. The bytes behind that
// are ignored, as behind every message.
func (r *reader) text() (t text) {
	n := r.varint()
	at := r.at
	in := readPayload(r.bytes(n))
	if n == 0 || r.fault != "" {
		return text{}
	}
	t.slot = in.varint()
	if in.fault == "" && (t.slot == 0 || t.slot > slots) {
		in.fail(0, "slot of the dictionary is not 1 to 128")
	}
	if t.defines = in.at < len(in.b); t.defines {
		from := in.at
		size := in.varint()
		if size > MaxText {
			in.fail(from, "text is longer than 256 bytes")
		}
		t.value = in.bytes(size)
	}
	if in.fault != "" {
		r.fail(at+in.at, in.fault)
		return text{}
	}
	return t
}

// OutDictionary is what we have told a peer of our texts in this session. The zero value
// is that of a new session. What was encoded with it must be sent, and in that order.
type OutDictionary struct {
	texts [slots + 1]string
	index map[string]uint8
	last  uint8 // the slot that was filled last
}

// append appends the value s. A text that is not in a slot takes the one filled longest
// ago; that of a hit is not made younger, as in HAProxy. A text that is too long for
// anybody to accept is told as none.
func (d *OutDictionary) append(b []byte, s string) []byte {
	if s == "" || len(s) > MaxText {
		return append(b, 0)
	}
	if slot, ok := d.index[s]; ok {
		return append(b, 1, slot) // slots are below 240: one byte
	}
	if d.index == nil {
		d.index = make(map[string]uint8, slots)
	}
	d.last = d.last%slots + 1
	delete(d.index, d.texts[d.last])
	d.texts[d.last], d.index[s] = s, d.last
	size := uint64(len(s))
	b = AppendVarint(b, 1+uint64(varintLen(size))+size)
	b = AppendVarint(append(b, d.last), size)
	return append(b, s...)
}
