package topology

import (
	"encoding/binary"
	"fmt"
	"testing"

	"tallystick/internal/stick"
)

// TestShardOf: the shards that HAProxy 3.2.26 and 3.4.0 themselves showed ("show table", shard=) for the keys of
// three tables, with "shards 3".
func TestShardOf(t *testing.T) {
	s := Shard{Index: 1, Count: 3}
	for i, want := range []int{2, 2, 1, 1, 3, 2, 2, 1, 1, 3} {
		if got := s.Of("t1", stick.String, fmt.Appendf(nil, "k%d", i)); got != want {
			t.Errorf("string k%d is of shard %d, got %d", i, want, got)
		}
	}
	for i, want := range []int{3, 2, 1, 2, 3, 1} {
		if got := s.Of("tint", stick.Integer, binary.BigEndian.AppendUint32(nil, uint32(i))); got != want {
			t.Errorf("integer %d is of shard %d, got %d", i, want, got)
		}
		if want := []int{2, 3, 1, 1, 3, 2}[i]; s.Of("tip", stick.IPv4, []byte{10, 0, 0, byte(i)}) != want {
			t.Errorf("10.0.0.%d is of shard %d", i, want)
		}
	}
}

func TestShardChecks(t *testing.T) {
	for _, c := range []struct {
		why   string
		shard Shard
		table string
		want  bool
	}{
		{"without the line nothing is checked", Shard{}, "web", false},
		{"a proxy's table has its name as the seed", Shard{Index: 1, Count: 2}, "web", true},
		{"that of a peers section has the section's too, which we are not told", Shard{Index: 1, Count: 2}, "/web", false},
		{"unless the line says it", Shard{Index: 1, Count: 2, Peers: "cluster"}, "/web", true},
	} {
		if got := c.shard.Checks(c.table); got != c.want {
			t.Errorf("%s: got %v", c.why, got)
		}
	}
	section := Shard{Index: 1, Count: 3, Peers: "mypeers"}
	if section.Of("/t1", stick.String, []byte("k0")) != (&Shard{Count: 3}).Of("mypeers/t1", stick.String, []byte("k0")) {
		t.Error("the node knows a table of a peers section as SECTION/NAME")
	}
}
