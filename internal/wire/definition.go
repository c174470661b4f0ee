package wire

import (
	"math"
	"math/bits"

	"tallystick/internal/stick"
)

// AppendDefinition appends the message that announces a table and selects it for the
// updates that follow. id is ours to choose, and holds for this direction of a session.
func AppendDefinition(b []byte, id uint32, s *stick.Schema) []byte {
	b, start := begin(b, Definition)
	b = AppendVarint(b, uint64(id))
	b = append(AppendVarint(b, uint64(len(s.Name))), s.Name...)
	b = AppendVarint(b, uint64(s.KeyType))
	b = AppendVarint(b, uint64(s.KeyLen))
	var types uint64
	for _, c := range s.Columns {
		types |= 1 << c.Type
	}
	b = AppendVarint(b, types)
	b = AppendVarint(b, uint64(s.Expire))
	for _, c := range s.Columns {
		array, rate := c.Type.IsArray(), c.Type.Kind() == stick.Rate
		if array || rate {
			b = AppendVarint(b, uint64(c.Type))
		}
		if array {
			b = AppendVarint(b, uint64(c.Len))
		}
		if rate {
			b = AppendVarint(b, uint64(c.Period))
		}
	}
	b = appendPath(b, &s.Path)
	return end(b, start)
}

// ParseDefinition reads the payload of a Definition into s, which keeps no part of the
// payload and may be kept itself. Columns from the first type on that is not known are
// left out: nobody can tell how long their values are, and they come last in an update. What
// aggregators say of the table's path can then not be found, either.
//
// With an *Error that has Table set, id is right and s useless.
func ParseDefinition(payload []byte, s *stick.Schema) (id uint32, err error) {
	r := readPayload(payload)
	*s = stick.Schema{}
	r.field("table id")
	id = r.varint32()
	r.field("table name")
	s.Name = r.tableName()
	r.field("key type")
	s.KeyType = r.keyType()
	r.field("key length")
	s.KeyLen = r.keyLen(s.KeyType)
	r.field("data types")
	s.Columns = r.columns()
	r.field("expire")
	s.Expire = r.expire()
	for i := range s.Columns {
		r.field(s.Columns[i].Type.String())
		r.parameters(&s.Columns[i])
	}
	r.field("path")
	s.Path = r.path()
	return id, r.err()
}

func (r *reader) tableName() string {
	at := r.at
	name := string(r.bytes(r.varint()))
	if name == "" {
		r.refuse(at, "is empty")
	}
	return name
}

func (r *reader) keyType() stick.KeyType {
	at := r.at
	t := r.varint()
	if t > math.MaxUint8 || !stick.KeyType(t).Known() {
		r.refuse(at, "is not one that we know")
	}
	return stick.KeyType(t)
}

// keyLen reads the length of keys. A type with a width of its own must have that one: the
// updates would be cut wrongly otherwise.
func (r *reader) keyLen(t stick.KeyType) uint32 {
	at := r.at
	n := r.varint()
	switch width := t.Width(0); {
	case n == 0:
		r.refuse(at, "is 0")
	case n > MaxMessage:
		r.refuse(at, "exceeds a message")
	case width > 0 && n != uint64(width):
		r.refuse(at, "does not go with the key type")
	}
	return uint32(n)
}

// columns reads the bitfield of data types.
func (r *reader) columns() []stick.Column {
	types := r.varint()
	cols := make([]stick.Column, 0, bits.OnesCount64(types))
	for ; types != 0; types &= types - 1 {
		t := stick.DataType(bits.TrailingZeros64(types))
		if !t.Known() {
			break
		}
		cols = append(cols, stick.Column{Type: t, Len: 1})
	}
	return cols
}

// expire reads the life of entries. Definitions once ended before it, and HAProxy still
// takes those: then there is none.
func (r *reader) expire() uint32 {
	if r.fault == "" && r.at == len(r.b) {
		return 0
	}
	return r.varint32()
}

// parameters reads what the definition says of a column: elements of arrays, window of
// rates. Both repeat the type, so that one who knows it not can tell that it is lost.
func (r *reader) parameters(c *stick.Column) {
	array, rate := c.Type.IsArray(), c.Type.Kind() == stick.Rate
	if !array && !rate {
		return
	}
	at := r.at
	if at == len(r.b) {
		r.refuse(at, "its parameters are missing")
		return
	}
	if t := r.varint(); t != uint64(c.Type) {
		r.refuse(at, "its parameters are those of another type")
		return
	}
	if at = r.at; array {
		n := r.varint()
		if n < 1 || n > stick.MaxElements {
			r.refuse(at, "has less than 1 or more than 100 elements")
		}
		c.Len = uint8(n)
	}
	if at = r.at; rate {
		if c.Period = r.varint32(); c.Period == 0 {
			r.refuse(at, "has a period of 0")
		}
	}
}
