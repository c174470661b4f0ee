package interop

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// TestObserve: of two aggregators one only looks on. Nodes read what the other one tells them, and whoever asks the one
// that looks on for a lesson is sent to the other.
func TestObserve(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := func(name string) string {
		return `
    peer ` + name + ` {` + name + `} local
    peer lb1 {lb1}
    peer lb2 {lb2}
    peer lb3 {lb3}
    peer lb4 {lb4}
    from any to .agg`
	}
	quiet := w.aggregator("quiet", lines("quiet")+"\n    mode observe")
	acting := w.aggregator("acting", lines("acting"))
	for i, v := range haproxytest.Versions(t) {
		w.node(haproxytest.Config{Version: v, Name: []string{"lb1", "lb2", "lb3", "lb4"}[i], Tables: withTwins(counted)}, "quiet", "acting")
	}
	c := w.everybody()
	c.linked()
	c.learned()
	c.grant("alice", 1000)
	c.shares("bob", 3)
	c.exact("/rates")

	// Each node is restarted while the other one cannot speak: it asks the one that looks on, and then the other.
	for _, n := range c.nodes {
		before := asked(t, quiet, n.Name)
		acting.pause()
		n.Restart()
		haproxytest.Eventually(t, 4*time.Second, func() error {
			if asked(t, quiet, n.Name) == before {
				return fmt.Errorf("%s (%v) has not asked yet", n.Name, n.Version)
			}
			return nil
		})
		acting.resume()
		c.linked()
		c.learned()
		c.exact("/rates")
		if row, err := n.Row("/rates", "alice"); err != nil || row.Numbers["http_req_cnt"] == 0 {
			t.Errorf("%s (%v): what it had counted was given back by the other one: %v (%v)", n.Name, n.Version, row, err)
		}
	}
	quiet.spares(c)
	quiet.silent("lint=twin-tracked")
	quiet.says("what the peer holds was compared with the sum that would be pushed")

	// Alone it lets the nodes be as they are, and acts when it is told to.
	acting.kill()
	old, err := c.nodes[0].Row("/rates.agg", "bob")
	if err != nil {
		t.Fatal(err)
	}
	c.shares("bob", 5)
	time.Sleep(time.Second)
	if row, err := c.nodes[0].Row("/rates.agg", "bob"); err != nil || row.Numbers["http_req_cnt"] != old.Numbers["http_req_cnt"] {
		t.Errorf("the twin moves without anybody who acts: %v (%v), it was %v", row, err, old)
	}
	quiet.spares(c)
	lost := map[string]string{}
	for _, n := range c.nodes {
		lost[n.Name] = field(t, quiet, n.Name, "lost")
	}
	quiet.write(w.fill(lines("quiet")))
	quiet.reloads()
	c.exact("/rates")
	for _, n := range c.nodes {
		if now := field(t, quiet, n.Name, "lost"); now != lost[n.Name] {
			t.Errorf("%s has lost a session by the reload: %s, before %s", n.Name, now, lost[n.Name])
		}
	}
}

// asked is how many lessons a peer has asked an aggregator for.
func asked(t *testing.T, a *aggregator, peer string) string {
	t.Helper()
	said, err := a.cli("show aggrs")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`peer '` + peer + `'\(\d+\).*\n\s+sync_req_cnt: (\d+)`).FindStringSubmatch(said)
	if found == nil {
		t.Fatalf("show aggrs has no %s:\n%s", peer, said)
	}
	return found[1]
}

// field is one of "show peers".
func field(t *testing.T, a *aggregator, peer, name string) string {
	t.Helper()
	peers, err := a.peers()
	if err != nil {
		t.Fatal(err)
	}
	return peers[peer][name]
}

// spares fails the test if the aggregator has ever told a node of a row.
func (a *aggregator) spares(c *cluster) {
	a.t.Helper()
	for _, n := range c.nodes {
		peers, err := a.peers()
		if err != nil {
			a.t.Fatal(err)
		}
		if sent := peers[n.Name]["tx_updates"]; sent != "0" {
			a.t.Errorf("%s has sent %s (%v) %s updates", a.name, n.Name, n.Version, sent)
		}
	}
}
