package load

import (
	"encoding/binary"
	"errors"
	"fmt"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// shape is a schema made ready for speed: what to write for a report, and what to look at
// in a sum.
type shape struct {
	keys  keys
	cells []cell // one for each number of a row
	last  int    // how many cells there are up to the last counter
	still bool   // rates are written as those of an entry that nobody has used for long
}

// cell is one number of a row.
type cell struct {
	kind   kind
	factor uint64 // of a counter: it is the number of the report times this
	period uint64 // of the rate
}

type kind uint8

const (
	counter kind = iota // sums up, and never falls
	age                 // the three numbers of a rate
	current
	previous
	other // a tag or a gauge: 1
)

// compile makes the shape of a schema.
func compile(s *stick.Schema) (*shape, error) {
	k, err := newKeys(s)
	if err != nil {
		return nil, err
	}
	p := &shape{keys: k}
	factor := uint64(1)
	for _, c := range s.Columns {
		if c.Type.Kind() == stick.Text {
			return nil, fmt.Errorf("%v cannot be played: it is no number", c.Type)
		}
		for range c.Len {
			switch {
			case c.Type.Kind() == stick.Rate:
				period := uint64(c.Period)
				p.cells = append(p.cells, cell{age, 0, period}, cell{current, 0, period}, cell{previous, 0, period})
			case c.Type.Counts():
				p.cells = append(p.cells, cell{counter, factor, 0})
				p.last = len(p.cells)
				factor++
			default:
				p.cells = append(p.cells, cell{kind: other})
			}
		}
	}
	if p.last == 0 {
		return nil, errors.New("a table that counts nothing has no sums to check: store a counter, such as http_req_cnt")
	}
	return p, nil
}

// appendUpdate appends the n-th report of key number k: an update, timed with a life in ms if
// typ says so.
func (p *shape) appendUpdate(b []byte, typ byte, id, life, k, n uint32) []byte {
	b = append(b, wire.ClassStick, typ, 0)
	start := len(b)
	b = binary.BigEndian.AppendUint32(b, id)
	if typ == wire.UpdateTimed {
		b = binary.BigEndian.AppendUint32(b, life)
	}
	// What is told in a lesson is old: its rates are over. They would otherwise decay for two periods, in which
	// the target has each of them to tell again.
	b = p.appendRow(p.keys.append(b, k), k, n, p.still || typ == wire.UpdateTimed)
	size := len(b) - start
	if size < 240 {
		b[start-1] = byte(size)
		return b
	}
	// Long arrays. The length takes more than the one byte that was left for it.
	var room [10]byte
	length := wire.AppendVarint(room[:0], uint64(size))
	b = append(b, length[1:]...)
	copy(b[start-1+len(length):], b[start:start+size])
	copy(b[start-1:], length)
	return b
}

// appendRow appends the values: plain numbers that look like those of a busy entry, and no
// two keys' the same; or, still, like those of an entry that nobody has used for long.
func (p *shape) appendRow(b []byte, k, n uint32, still bool) []byte {
	for i := range p.cells {
		c := &p.cells[i]
		v := uint64(1)
		switch {
		case c.kind == counter:
			v = c.factor * uint64(n)
		case still && c.kind == age:
			v = 3 * c.period
		case still && c.kind != other:
			v = 0
		case c.kind == age:
			v = uint64(k+37*n) % (c.period/2 + 1)
		case c.kind == current:
			v = uint64(n % 50)
		case c.kind == previous:
			v = 40
		}
		if v < 240 {
			b = append(b, byte(v))
		} else {
			b = wire.AppendVarint(b, v)
		}
	}
	return b
}

// parseRow reads the counters of a row. n is of how many reports it is the sum. mixed: its
// columns do not stand in the proportion of any sum of reports. ok: it could be read.
func (p *shape) parseRow(b []byte) (n uint64, mixed, ok bool) {
	for i := range p.cells[:p.last] {
		if len(b) == 0 {
			return 0, false, false
		}
		v := uint64(b[0])
		if v < 240 {
			b = b[1:]
		} else {
			var err error
			if v, b, err = wire.Varint(b); err != nil {
				return 0, false, false
			}
		}
		switch c := &p.cells[i]; {
		case c.kind != counter:
		case c.factor == 1:
			n = v
		default:
			mixed = mixed || v != n*c.factor
		}
	}
	return n, mixed, true
}
