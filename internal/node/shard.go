package node

import (
	"fmt"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// checkShard looks at one key of a batch, and says so if it is not one of those that the
// nodes should send us. One of many is enough: a node whose line for us lacks its shard sends
// all keys, and so half of them or more are not ours.
func (v *source) checkShard(now time.Time, h *heard, rows []stick.Row) {
	shard := &v.section.conf().Shard
	if h.use != topology.Source || !v.peer.place().Declares || !shard.Checks(h.name) {
		return
	}
	s := h.lane.lane.Schema()
	of := shard.Of(h.name, s.KeyType, rows[0].Key)
	if of == shard.Index {
		return
	}
	v.section.Counters.StrayKeys.Add(1)
	v.book.seen.stray(now, h.name, s.KeyType, rows[0].Key, of)
	v.section.gossip.once("shard "+v.peer.Name, now, func() {
		v.log.Warn("the node sends keys that are not of our shard, which others sum as well: its peers section needs 'shards' and its line for us 'shard'",
			"table", h.name, "key", string(stick.AppendKey(nil, s.KeyType, rows[0].Key)), "of", of, "we_are", fmt.Sprintf("%d/%d", shard.Index, shard.Count),
			"lines", fmt.Sprintf("shards %d; server %s ... shard %d", shard.Count, v.hello.Called, shard.Index))
	})
}
