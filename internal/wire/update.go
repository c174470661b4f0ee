package wire

import (
	"bytes"
	"math"

	"tallystick/internal/stick"
)

// ParseUpdate decodes an update (types 0x80, 0x81, 0x85, 0x86) of the table that the peer
// has selected, whose definition is s. It allocates only for a text not met before.
//
// prev is the id of the last update of that table in this session: an incremental update
// has the next. The values are appended to vals, which comes back as out; row.Values is
// its tail, row.Key aliases the payload. row.Life is the sent time, at most s.Expire, or
// else s.Expire. Bytes behind the last column are ignored: the protocol grows so.
//
// Numbers of 32 bits that come with more are read modulo 2^32, as by HAProxy. With an
// error out is vals and the dictionary is as before.
func ParseUpdate(m Message, s *stick.Schema, prev uint32, d *InDictionary, vals []uint64) (id uint32, row stick.Row, out []uint64, err error) {
	r := readPayload(m.Payload)
	id = prev + 1
	if m.Type == UpdateFull || m.Type == UpdateTimed {
		r.field("id of an update")
		id = r.uint32()
	}
	r.field("life of an entry")
	row.Life = r.life(m.Type == UpdateTimed || m.Type == UpdateIncrementalTimed, s.Expire)
	r.field("key")
	if row.Key = r.key(s); r.fault != "" {
		return 0, stick.Row{}, vals, r.err()
	}
	out, t := r.row(s.Columns, vals)
	if r.fault != "" {
		return 0, stick.Row{}, vals, r.err()
	}
	row.Values = out[len(vals):len(out):len(out)]
	if t.slot != 0 {
		row.Text = d.resolve(t)
	}
	return id, row, out, nil
}

// row reads the values of a row. Its numbers are appended to vals, its text is t.
func (r *reader) row(cols []stick.Column, vals []uint64) (out []uint64, t text) {
	for _, c := range cols {
		switch c.Type.Kind() {
		case stick.Text:
			t = r.text()
		case stick.Rate:
			vals = r.numbers(3*int(c.Len), math.MaxUint32, vals)
		case stick.Long:
			vals = r.numbers(int(c.Len), math.MaxUint64, vals)
		default:
			vals = r.numbers(int(c.Len), math.MaxUint32, vals)
		}
		if r.fault != "" {
			r.name = c.Type.String() // named afterwards: to name every column takes too long
			break
		}
	}
	return vals, t
}

// life reads how long the entry has to live. In a table without expire a sent 0 means for
// ever; where there is an expire nobody's word goes beyond it.
func (r *reader) life(timed bool, expire uint32) uint32 {
	life := expire
	if timed {
		life = r.uint32()
	}
	switch {
	case expire != 0:
		return min(life, expire)
	case life == 0:
		return stick.Forever
	}
	return life
}

// key reads the key. A string ends at a NUL, since it does for HAProxy: it would take
// "a\0b" for another spelling of "a".
func (r *reader) key(s *stick.Schema) []byte {
	if w := s.KeyType.Width(s.KeyLen); w >= 0 {
		return r.bytes(uint64(w))
	}
	at := r.at
	k := r.bytes(r.varint())
	if len(k) >= int(s.KeyLen) {
		r.fail(at, "is longer than the table's definition says")
	}
	if i := bytes.IndexByte(k, 0); i >= 0 {
		k = k[:i:i]
	}
	return k
}

// numbers reads n integers, of which the bits of mask count, and appends them to vals.
// Most are below 240. They are not left to varint: this is the hottest loop of a lesson.
func (r *reader) numbers(n int, mask uint64, vals []uint64) []uint64 {
	b, at := r.b, r.at
	for range n {
		if at < len(b) && b[at] < 240 {
			vals = append(vals, uint64(b[at]))
			at++
			continue
		}
		r.at = at
		vals = append(vals, r.longVarint()&mask)
		b, at = r.b, r.at
	}
	r.at = at
	return vals
}
