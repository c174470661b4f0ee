package query

import (
	"encoding/json"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// Life is the life of a share for a program to read, in ms: nil for ever, or if it is over.
func Life(s *view.Share) *uint32 {
	if s.Expired || s.Life == stick.Forever {
		return nil
	}
	return &s.Life
}

// Data is the object of a share's values, in the order of the columns.
func Data(s *view.Share, schema *stick.Schema) json.RawMessage {
	b := []byte{'{'}
	for i, c := range Cells(schema) {
		array := c.Column.Type.IsArray()
		if i > 0 {
			b = append(b, ',')
		}
		if c.Element == 0 {
			b = append(b, Marshal(c.Column.Type.String())...)
			b = append(b, ':')
		}
		if array && c.Element == 0 {
			b = append(b, '[')
		}
		b = c.appendJSON(b, s)
		if array && c.Element == int(c.Column.Len)-1 {
			b = append(b, ']')
		}
	}
	return append(b, '}')
}

func (c Cell) appendJSON(b []byte, s *view.Share) []byte {
	values, text := s.Counting()
	if c.IsText() {
		return append(b, Marshal(text)...)
	}
	return c.Number(values).AppendTo(b)
}

// Marshal writes v, which is made of strings, numbers and slices of them: nothing of it
// can be refused. Bytes that are no UTF-8 become the replacement character.
func Marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // ours: a type that has no JSON
	}
	return b
}
