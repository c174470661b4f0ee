package table

import (
	"encoding/binary"

	"tallystick/internal/stick"
)

// row is the head of one key: 40 bytes, so that most are in one line of the cache. Its
// shares are in a block (block.go), a key of more than four bytes among the shard's keys.
type row struct {
	key     uint32 // the key itself if the table's have four bytes, else its place in keys
	link           // in the change list
	block   uint32 // place of its shares, among blocks for that many
	due     uint32 // tick at which something ends; never
	lives   uint32 // tick until which the longest share that counts lives; never; 0: none counts
	touched uint32 // tick of the last change
	refresh uint32 // tick at which it is due to readers although nothing has changed; never
	shares  uint16 // how many there are
	live    uint16 // those of them whose life is not over, counting or not
	debt    uint8  // events, up to 255, that readers have not been told of windows that ended
	passed  bool   // it was touched while nothing in it counted: readers may have passed it since
	zeroed  bool   // it was cleared: it goes to readers once, as zeros; no share counts
}

// counts reports whether any share is in the sum: else there is nothing to tell readers.
func (r *row) counts() bool { return r.lives != 0 && !r.zeroed }

// blank reports whether the row was cleared and nothing has been reported since.
func (r *row) blank() bool { return r.zeroed && r.live == 0 }

// owe adds to the row's debt.
func (r *row) owe(events uint32) { r.debt = uint8(min(uint32(r.debt)+min(events, 255), 255)) }

// rows are the heads of a shard, by place. A place's memory does not move but when another
// one is taken from the first chunk, which grows: most tables are small.
type rows struct {
	places
	chunks [][]row
}

func (x *rows) at(id uint32) *row { return &x.chunks[id>>mostShift][id&(mostPlaces-1)] }

// take makes a row of zeros.
func (x *rows) take() uint32 {
	id := x.places.take()
	x.chunks = reserve(x.chunks, id, mostShift, 1)
	*x.at(id) = row{}
	return id
}

func (x *rows) give(id uint32) {
	if x.places.give(id) {
		x.chunks[id>>mostShift] = nil
	}
}

// memory is behind the last place for which there is memory, at least 1.
func (x *rows) memory() uint32 {
	if len(x.chunks) == 0 {
		return 1
	}
	return uint32(len(x.chunks)-1)<<mostShift + max(1, uint32(len(x.chunks[len(x.chunks)-1])))
}

// firstPlaces of a chunk that begins the memory of a table.
const firstPlaces = 16

// reserve sees to it that there is memory for a place of so many T. The first chunk grows by
// doubling, all others come as a whole.
func reserve[T any](chunks [][]T, place uint32, shift uint8, each int) [][]T {
	c, in := int(place>>shift), int(place&(1<<shift-1))
	if c == len(chunks) {
		chunks = append(chunks, nil)
	}
	if need := (in + 1) * each; len(chunks[c]) < need {
		n := 1 << shift
		if c == 0 {
			n = min(n, max(firstPlaces, 2*(in+1)))
		}
		grown := make([]T, n*each)
		copy(grown, chunks[c])
		chunks[c] = grown
	}
	return chunks
}

// keys are those that are longer than four bytes, in blocks by length. A reference is a
// block's class and its place.
type keys struct {
	kind   stick.KeyType
	blocks []keyBlocks // by class
}

type keyBlocks struct {
	places
	chunks [][]byte
}

const (
	keyUnit  = 8  // bytes; classes of blocks count them
	keyPlace = 26 // bits of a reference; the class is above
	keyChunk = 16 << 10
)

// prefix is how many bytes before a key say how long it is. wire.MaxMessage bounds it to 16 bits.
func (k *keys) prefix() int {
	if k.kind == stick.IPv6 {
		return 0
	}
	return 2
}

// inline reports whether keys are kept in their rows.
func (k *keys) inline() bool { return k.kind == stick.IPv4 || k.kind == stick.Integer }

// put keeps a key, and returns what its row holds of it.
func (k *keys) put(key []byte) uint32 {
	if k.inline() {
		return binary.BigEndian.Uint32(key)
	}
	n := k.prefix()
	class := classOf((n + len(key) + keyUnit - 1) / keyUnit)
	for len(k.blocks) <= class {
		k.blocks = append(k.blocks, keyBlocks{places: places{shift: shiftFor(keyUnit*roomOf(len(k.blocks)), keyChunk)}})
	}
	b := &k.blocks[class]
	place := b.take()
	b.chunks = reserve(b.chunks, place, b.shift, keyUnit*roomOf(class))
	m := b.at(place, class)
	if n > 0 {
		binary.LittleEndian.PutUint16(m, uint16(len(key)))
	}
	copy(m[n:], key)
	return uint32(class)<<keyPlace | place
}

func (b *keyBlocks) at(place uint32, class int) []byte {
	size := keyUnit * roomOf(class)
	at := int(place&(1<<b.shift-1)) * size
	return b.chunks[place>>b.shift][at : at+size : at+size]
}

// get is the key of a reference that is not inline. It is valid until the key is given back.
func (k *keys) get(ref uint32) []byte {
	class := int(ref >> keyPlace)
	m := k.blocks[class].at(ref&(1<<keyPlace-1), class)
	if k.kind == stick.IPv6 {
		return m[:16]
	}
	return m[2 : 2+int(binary.LittleEndian.Uint16(m))]
}

// append appends the key of which ref is what its row holds.
func (k *keys) append(b []byte, ref uint32) []byte {
	if k.inline() {
		return binary.BigEndian.AppendUint32(b, ref)
	}
	return append(b, k.get(ref)...)
}

// is reports whether ref is what the row of that key holds.
func (k *keys) is(ref uint32, key []byte) bool {
	if k.inline() {
		return ref == binary.BigEndian.Uint32(key)
	}
	return string(k.get(ref)) == string(key)
}

// give takes back what put has kept.
func (k *keys) give(ref uint32) {
	if k.inline() {
		return
	}
	b := &k.blocks[ref>>keyPlace]
	if place := ref & (1<<keyPlace - 1); b.give(place) {
		b.chunks[place>>b.shift] = nil
	}
}
