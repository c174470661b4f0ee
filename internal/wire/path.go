package wire

import (
	"encoding/binary"

	"tallystick/internal/stick"
)

// What two aggregators tell each other behind the last field of a definition, where HAProxy
// looks at nothing (peers protocol, "Messages": that is how the protocol is extended): the way
// that the table has come. A later HAProxy may put something of its own there, hence the mark.
//
//	"via:" varint n, n times 8 bytes, varint m, m times 8 bytes
const pathMark = "via:"

// appendPath appends the path of a table that has one.
func appendPath(b []byte, p *stick.Path) []byte {
	if p.IsZero() {
		return b
	}
	b = append(b, pathMark...)
	for _, list := range [][]uint64{p.Sums, p.Relays} {
		b = AppendVarint(b, uint64(len(list)))
		for _, id := range list {
			b = binary.BigEndian.AppendUint64(b, id)
		}
	}
	return b
}

// path reads it, if it is there. A list that is too long is one that goes round in a circle,
// or nothing of ours.
func (r *reader) path() (p stick.Path) {
	if r.fault != "" || len(r.b)-r.at < len(pathMark) || string(r.b[r.at:r.at+len(pathMark)]) != pathMark {
		return p
	}
	r.at += len(pathMark)
	p.Sums = r.identities()
	p.Relays = r.identities()
	return p
}

func (r *reader) identities() []uint64 {
	at := r.at
	n := r.varint()
	if n > stick.MaxPath {
		r.refuse(at, "has come over more than 32 aggregators")
		return nil
	}
	var list []uint64
	for b := r.bytes(8 * n); len(b) > 0; b = b[8:] {
		list = append(list, binary.BigEndian.Uint64(b))
	}
	return list
}
