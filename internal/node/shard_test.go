package node

import (
	"fmt"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// TestStrayKeys: a node whose keys are not divided is told of, with the words that its configuration lacks.
func TestStrayKeys(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Shard = topology.Shard{Index: 1, Count: 2, Peers: "cluster"}
		c.start()
		good, bad := c.node("lb1", web("web"), web("/api")), c.node("lb2", web("web"), web("/api"))
		for i := range 40 {
			key := fmt.Sprintf("\x0a\x00\x00%c", i)
			for _, table := range []string{"web", "/api"} {
				if c.config.Shard.Of(table, stick.IPv4, []byte(key)) == 1 {
					good.Touch(table, key, requests(1)...)
				}
			}
			wait(10 * time.Millisecond)
		}
		c.expect(c.section.Counters.StrayKeys.Load() == 0, "one that sends what is ours is not told of")
		for i := range 40 {
			bad.Touch("/api", fmt.Sprintf("\x0a\x00\x00%c", i), requests(1)...)
			wait(10 * time.Millisecond)
		}
		c.expect(c.section.Counters.StrayKeys.Load() > 5, "one that sends all keys is")
		c.logs(1, "once, with the lines that it needs", "peer=lb2", "not of our shard", "shards 2; server agg ... shard 1", "we_are=1/2")
	})
}

// TestLostPeerIsTold: after a reload's time the log says what becomes of a peer's shares.
func TestLostPeerIsTold(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		c.kill("lb1")
		wait(9 * time.Second)
		c.logs(0, "it may be reloading", "peer is gone")
		wait(3 * time.Second)
		c.logs(1, "it is not", "peer is gone", "peer=lb1", "whichever of the two wrote last")
	})
}
