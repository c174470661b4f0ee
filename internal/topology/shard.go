package topology

import (
	"strings"

	"github.com/cespare/xxhash/v2"
	"tallystick/internal/stick"
)

// Shard is our place among aggregators that share the nodes' keys: "shards N" in the nodes'
// peers section and "shard I" on its line for us (HAProxy 2.7 and later). The zero value is
// none: all keys are ours.
type Shard struct {
	Index, Count int    // from 1 to Count
	Peers        string // name of the nodes' peers section; "": keys of its tables are not checked
}

// Checks reports whether it can be told which keys of a table, by its wire name, are ours.
func (s *Shard) Checks(table string) bool {
	return s.Count > 0 && (s.Peers != "" || !strings.HasPrefix(table, "/"))
}

// Of is the shard, from 1, to which HAProxy sends a key of a table, by its wire name (peers
// protocol, "Shards"): the key is hashed with the table's name as the seed, under which the node
// itself knows it: a table of a peers section is "SECTION/NAME" there. Integers are hashed as
// they lie in the memory of a little-endian machine.
func (s *Shard) Of(table string, t stick.KeyType, key []byte) int {
	if in, ok := strings.CutPrefix(table, "/"); ok {
		table = s.Peers + "/" + in
	}
	var swapped [4]byte
	if t == stick.Integer && len(key) == 4 {
		swapped = [4]byte{key[3], key[2], key[1], key[0]}
		key = swapped[:]
	}
	d := xxhash.NewWithSeed(xxhash.Sum64String(table))
	d.Write(key)
	return int(d.Sum64()%uint64(s.Count)) + 1
}
