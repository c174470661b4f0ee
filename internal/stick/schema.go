package stick

import (
	"slices"
	"strconv"
	"strings"
)

// MaxElements is the largest number of elements of an array column, in HAProxy and here.
const MaxElements = 100

// Column is one column of a schema.
type Column struct {
	Type   DataType
	Len    uint8  // elements of an array, 1 to MaxElements; 1 for every other type
	Period uint32 // of a Rate: length of its window in ms, above 0; else 0
}

// Words is how many values the column takes in Row.Values: three an element for rates
// (age, curr, prev), one for numbers, none for text.
func (c Column) Words() int {
	switch c.Type.Kind() {
	case Rate:
		return 3 * int(c.Len)
	case Text:
		return 0
	}
	return int(c.Len)
}

// Schema is what a peer announces of a table, or what we announce to it. Nothing in it
// is changed once it has been handed on: whoever wants another one makes a copy.
type Schema struct {
	Name    string   // as on the wire: "web" of a proxy, "/web" of a peers section
	KeyType KeyType  //
	KeyLen  uint32   // as on the wire: for a string its longest length + 1
	Expire  uint32   // life of an entry in ms; 0: entries live for ever
	Columns []Column // by increasing type, each type once
	Path    Path     // the way over aggregators; zero for a node's table, and nothing to HAProxy
}

// Words is how many values a row of the schema has.
func (s *Schema) Words() int {
	n := 0
	for _, c := range s.Columns {
		n += c.Words()
	}
	return n
}

// Column returns the index of the column of type t, or -1.
func (s *Schema) Column(t DataType) int {
	return slices.IndexFunc(s.Columns, func(c Column) bool { return c.Type == t })
}

// Word returns where an element of the column of type t begins in Row.Values, or -1 if there is no such
// element. Of a column that is no array the element is 0.
func (s *Schema) Word(t DataType, element int) (at int) {
	for _, c := range s.Columns {
		if c.Type == t && element < int(c.Len) {
			return at + element*c.Words()/int(c.Len)
		}
		at += c.Words()
	}
	return -1
}

// Equal reports whether both announce the same table in the same way.
func (s *Schema) Equal(o *Schema) bool {
	return s.Name == o.Name && s.SameKeys(o) && s.KeyLen == o.KeyLen && s.Expire == o.Expire &&
		slices.Equal(s.Columns, o.Columns) && s.Path.Equal(&o.Path)
}

// SameKeys reports whether a key of one is a key of the other: the same type, and for
// binary keys the same length, since they are padded to it. Strings may differ in length.
func (s *Schema) SameKeys(o *Schema) bool {
	return s.KeyType == o.KeyType && (s.KeyType != Binary || s.KeyLen == o.KeyLen)
}

// String prints the column as in HAProxy's "store": http_req_rate(10s), gpc_rate(2,10s).
func (c Column) String() string {
	var args []string
	if c.Type.Known() && c.Type.IsArray() {
		args = append(args, strconv.Itoa(int(c.Len)))
	}
	if c.Period != 0 {
		args = append(args, FormatMillis(c.Period))
	}
	if args == nil {
		return c.Type.String()
	}
	return c.Type.String() + "(" + strings.Join(args, ",") + ")"
}

// FormatMillis prints a time of ms milliseconds in the largest of HAProxy's units that
// has no remainder: 600000 is "10m".
func FormatMillis(ms uint32) string {
	for _, u := range []struct {
		ms   uint32
		name string
	}{{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}} {
		if ms != 0 && ms%u.ms == 0 {
			return strconv.FormatUint(uint64(ms/u.ms), 10) + u.name
		}
	}
	return strconv.FormatUint(uint64(ms), 10) + "ms"
}
