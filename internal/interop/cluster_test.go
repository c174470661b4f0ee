package interop

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// cluster is nodes whose tables are summed.
type cluster struct {
	t     testing.TB
	world *world
	agg   *aggregator // theirs, if they have one only
	nodes []*haproxytest.HAProxy
}

// patience is how long a scenario waits for what should take milliseconds or a second. It is generous since tests
// share the machine; what must be fast is measured where it is promised.
const patience = 30 * time.Second

// start starts a tallystick and one node for each configuration. Name, address and peers of the nodes are
// filled in; their tables' twins are not: see withTwins.
func start(t testing.TB, nodes []haproxytest.Config, lines ...string) *cluster {
	t.Helper()
	w := newWorld(t)
	text := fmt.Sprintf("    peer %s {%[1]s} local\n", name)
	for i := range nodes {
		nodes[i].Name = fmt.Sprintf("lb%d", i+1)
		text += fmt.Sprintf("    peer %s {%[1]s}\n", nodes[i].Name)
	}
	text += "    from any to .agg\n    " + strings.Join(lines, "\n    ")
	agg := w.aggregator(name, text)
	for _, n := range nodes {
		w.node(n, name)
	}
	c := w.everybody()
	c.agg = agg
	c.linked()
	return c
}

// only is some of the nodes, seen together.
func (c *cluster) only(nodes ...*haproxytest.HAProxy) *cluster {
	return &cluster{t: c.t, world: c.world, agg: c.agg, nodes: nodes}
}

// everyVersion makes a node of each supported HAProxy version.
func everyVersion(t testing.TB, node func(v haproxytest.Version) haproxytest.Config) []haproxytest.Config {
	t.Helper()
	var nodes []haproxytest.Config
	for _, v := range haproxytest.Versions(t) {
		n := node(v)
		n.Version = v
		nodes = append(nodes, n)
	}
	return nodes
}

// withTwins adds the twin of every table.
func withTwins(tables ...haproxytest.Table) []haproxytest.Table {
	for _, t := range tables {
		tables = append(tables, t.Twin(".agg"))
	}
	return tables
}

// linked waits until every node has its sessions.
func (c *cluster) linked() {
	c.t.Helper()
	c.all(haproxytest.PeerState.Established)
}

// learned waits until every node has learned what there was to learn. At a cold start that takes 5 s: a node that comes
// before others is told that there may be more to know.
func (c *cluster) learned() {
	c.t.Helper()
	c.all(haproxytest.PeerState.Learned)
}

// all waits until something holds of every node's view of every aggregator in its peers section.
func (c *cluster) all(holds func(haproxytest.PeerState) error) {
	c.t.Helper()
	haproxytest.Eventually(c.t, patience, func() error {
		for _, n := range c.nodes {
			peers, err := n.Peers()
			for _, name := range c.world.peers[n] {
				if err == nil {
					err = holds(peers[name])
				}
			}
			if err != nil {
				return fmt.Errorf("%s (%v): %w", n.Name, n.Version, err)
			}
		}
		return nil
	})
}

// clean asserts that no node has anything to complain of: no protocol error, no missed heartbeat, and every
// update of its tables acknowledged.
func (c *cluster) clean(tables ...string) {
	c.t.Helper()
	c.all(haproxytest.PeerState.Clean)
	for _, table := range tables {
		c.all(func(p haproxytest.PeerState) error { return p.Heard(table) })
	}
}

// exact waits until every node's twin of a table holds exactly the sum of all nodes' tables.
func (c *cluster) exact(table string) {
	c.t.Helper()
	haproxytest.Eventually(c.t, patience, func() error { return c.compare(table, table+".agg") })
}

// compare reads a table and its twin from all nodes, and compares cell by cell.
func (c *cluster) compare(table, twin string) error {
	own, err := c.read(table)
	if err != nil {
		return err
	}
	twins, err := c.read(twin)
	if err != nil {
		return err
	}
	want := sum(own)
	if len(want) == 0 {
		return fmt.Errorf("nobody has a row in %s", table)
	}
	for i, read := range twins {
		if err := differs(read, want, c.nodes[i].Version, len(own)); err != nil {
			return fmt.Errorf("%s (%v): %s: %w", c.nodes[i].Name, c.nodes[i].Version, twin, err)
		}
	}
	return nil
}

// rows are those of one table of one node.
type rows map[string]haproxytest.Entry

// read reads a table from all nodes at the same time.
func (c *cluster) read(table string) ([]rows, error) {
	read := make([]rows, len(c.nodes))
	errs := make([]error, len(c.nodes))
	var all sync.WaitGroup
	for i, n := range c.nodes {
		all.Go(func() { read[i], errs[i] = n.Table(table) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.nodes[i].Name, err)
		}
	}
	return read, nil
}

// request makes n requests with a key on every node.
func (c *cluster) request(key string, n int) {
	c.t.Helper()
	for _, node := range c.nodes {
		if _, err := node.Request(key, n); err != nil {
			c.t.Fatalf("%s: %v", node.Name, err)
		}
	}
}

// set writes rows on a node.
func set(t testing.TB, n *haproxytest.HAProxy, table string, rows ...string) {
	t.Helper()
	if err := n.Set(table, rows...); err != nil {
		t.Fatalf("%s (%v): %v", n.Name, n.Version, err)
	}
}
