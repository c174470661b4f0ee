package interop

import (
	"fmt"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// Nodes that no line names come to a listener that sections share. The name by which a node calls us says which section
// it belongs to.

// TestDynamicPeers has nodes come to two sections, leave, and be forgotten, and one wait until there is room.
func TestDynamicPeers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.aggregator(name, `
global
    bind {shared} use_aggrs red,blue

aggregations red
    dynamic-peers max 2
    from any to .agg
    warmup 500ms

aggregations blue
    dynamic-peers
    from any to .agg
    warmup 500ms
`)
	short := haproxytest.Table{Name: "/rates", Type: "ip", Store: "http_req_cnt", Expire: "4s"}
	node := func(number int, section string) *haproxytest.HAProxy {
		v := haproxytest.Versions(t)[(number-1)%4]
		return w.node(haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", number), Tables: withTwins(short),
			Peers: []haproxytest.Peer{{Name: section, Addr: w.addr("shared")}}})
	}
	red, blue := w.cluster(node(1, "red"), node(2, "red")), w.cluster(node(3, "blue"), node(4, "blue"))
	red.linked()
	blue.linked()

	// Sections share the listener and nothing else. Everything here expires soon: rows are refreshed all
	// the time, but those of a node that is gone.
	const key = "192.0.2.1"
	refresh := func(nodes ...*haproxytest.HAProxy) {
		t.Helper()
		for _, n := range nodes {
			set(t, n, "/rates", fmt.Sprintf("%s http_req_cnt %c", key, n.Name[2]))
		}
	}
	reads := func(c *cluster, want uint64, refreshed ...*haproxytest.HAProxy) {
		t.Helper()
		haproxytest.Eventually(t, patience, func() error {
			refresh(refreshed...)
			time.Sleep(50 * time.Millisecond)
			return c.reads(key, want)
		})
	}
	reads(red, 1+2, w.nodes...)
	reads(blue, 3+4, w.nodes...)

	// The third one of a section that takes two is told nothing, so that it asks again.
	late := node(5, "red")
	a.says("lb5", "red", `\b2\b`)
	haproxytest.Eventually(t, patience, func() error {
		refresh(w.nodes[:4]...)
		peers, err := late.Peers()
		if err == nil && peers["red"].Fields["new_conn"] < "2" {
			err = fmt.Errorf("lb5 has called %s times", peers["red"].Fields["new_conn"])
		}
		return err
	})
	if peers, err := a.peers("red"); err != nil || len(peers) != 2 || peers["lb5"] != nil {
		t.Errorf("section red is full with two of them: %v, error %v", peers, err)
	}
	if err := red.reads(key, 1+2); err != nil {
		t.Errorf("those who are there do not notice: %v", err)
	}

	// A node that leaves is forgotten when its last share has expired, and makes room.
	red.nodes[1].Kill()
	stay := []*haproxytest.HAProxy{w.nodes[0], w.nodes[2], w.nodes[3]}
	haproxytest.Eventually(t, patience, func() error {
		refresh(stay...)
		peers, err := a.peers("red")
		if err == nil && peers["lb2"] != nil {
			err = fmt.Errorf("lb2 is still listed: %v", peers)
		}
		return err
	})
	now := w.cluster(red.nodes[0], late)
	haproxytest.Eventually(t, patience, func() error {
		refresh(stay...)
		peers, err := late.Peers()
		if err == nil {
			err = peers["red"].Established()
		}
		return err
	})
	reads(now, 1+5, append(stay, late)...)
	reads(blue, 3+4, append(stay, late)...)
	now.clean()
	blue.clean()
}
