package interop

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// A configuration is read again while everything goes on. What has not changed in it does not notice.

// TestReload adds a node, takes it away again, changes the name of the sums, and has files that are wrong; alternately by
// the runtime CLI and by a signal.
func TestReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := func(to string, nodes ...string) string {
		text := "    peer tallystick {tallystick} local\n"
		for _, lb := range nodes {
			text += "    peer " + lb + " {" + lb + "}\n"
		}
		return w.fill(text + "    from any to " + to + "\n    warmup 1s\n")
	}
	a := w.aggregator(name, config(".agg", "lb1", "lb2"))
	for i, v := range haproxytest.Versions(t)[1:] {
		tables := append(withTwins(counted), counted.Twin(".sum"))
		w.node(haproxytest.Config{Version: v, Name: []string{"lb1", "lb2", "lb3"}[i], Tables: tables}, name)
	}
	all, third := w.everybody(), w.nodes[2]
	stay := w.cluster(w.nodes[:2]...)
	stay.linked()
	a.says("peer lb3") // the line to add
	all.shares("alice", 100)
	stay.exact("/rates")
	stay.learned()
	calls := stay.calls()
	watch := stay.watchSum("/rates", "alice", "http_req_cnt")
	stop := stay.traffic()

	// A node is added. It has been refused until now, and calls again every five seconds.
	a.write(config(".agg", "lb1", "lb2", "lb3"))
	a.reloads()
	all.linked()
	time.Sleep(300 * time.Millisecond) // of traffic
	stop()
	all.exact("/rates")
	watch.end()

	// Files that cannot be run change nothing, and say where they are wrong.
	for _, bad := range []struct{ text, word string }{
		{config(".agg", "lb1") + "    no-such-keyword\n", "no-such-keyword"},
		{strings.Replace(config(".agg", "lb1"), "from any", "from", 1), "from"},
		{config(".agg", "lb1") + "    peer lb2 192.0.2.1:1 ssl crt /nowhere/at/all.pem\n", "/nowhere/at/all.pem"},
	} {
		a.write(bad.text)
		if said := a.reload(); !strings.HasPrefix(said, "Success=0") || !strings.Contains(said, bad.word) || !strings.Contains(said, a.file()+":") {
			t.Errorf("a configuration with a bad %q: reload says %q, want the line and the word", bad.word, said)
		}
		all.linked()
	}
	all.shares("alice", 100)
	all.exact("/rates")

	// A node is taken away: what it has told is no part of the sum any more.
	a.write(config(".agg", "lb1", "lb2"))
	a.hup("(?i)configuration")
	haproxytest.Eventually(t, patience, func() error { return stay.compare("/rates", "/rates.agg") })
	if peers, err := a.peers(); err != nil || peers["lb3"] != nil || len(peers) != 2 {
		t.Errorf("lb3 is no peer any more: %v, error %v", peers, err)
	}
	haproxytest.Eventually(t, patience, func() error {
		peers, err := third.Peers()
		if err == nil && peers[name].Established() == nil {
			err = errors.New("lb3 still has its session")
		}
		return err
	})

	// The sums get another name.
	a.write(config(".sum", "lb1", "lb2"))
	a.hup("(?i)configuration")
	stay.shares("alice", 100)
	haproxytest.Eventually(t, patience, func() error { return stay.compare("/rates", "/rates.sum") })
	if later := stay.calls(); later != calls {
		t.Errorf("the sessions of lb1 and lb2 are those from the start: %s, then %s", calls, later)
	}
	stay.clean()
}

// TestReloadOfTheSame reads a configuration again that has not changed, over and over, under traffic.
func TestReloadOfTheSame(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(counted)}
	}))
	c.learned()
	c.shares("alice", 100)
	c.exact("/rates")
	calls := c.calls()
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for range 20 {
		c.agg.reloads()
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	c.exact("/rates")
	watch.end()
	if later := c.calls(); later != calls {
		t.Errorf("nothing has changed, no session either: %s, then %s", calls, later)
	}
	c.clean("/rates")
}
