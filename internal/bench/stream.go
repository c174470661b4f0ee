package bench

import (
	"encoding/binary"
	"math/rand/v2"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// order is the keys 0..n-1 in an order in which no cache helps, another for each seed.
func order(n int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(seed, 2))
	keys := make([]uint32, n)
	for i, k := range r.Perm(n) {
		keys[i] = uint32(k)
	}
	return keys
}

// row fills r with what a node would report of a key in its round-th report.
func row(r *stick.Row, key, round uint32) {
	r.Key = binary.BigEndian.AppendUint32(r.Key[:0], 0x0a000000+key)
	n := uint64(round + 1)
	r.Values = append(r.Values[:0], n, 3*n, uint64(key%5000), n%50, 40, uint64(key%5000), 1000*n, 30_000)
	r.Life = 3600_000
}

// appendStream encodes one report of every key as HAProxy would push it, ids from first.
func appendStream(b []byte, s *stick.Schema, keys []uint32, first, round uint32) []byte {
	b = wire.AppendDefinition(b, 1, s)
	var r stick.Row
	for i, k := range keys {
		row(&r, k, round)
		b = wire.AppendUpdate(b, first+uint32(i), false, s, &r, nil)
	}
	return b
}
