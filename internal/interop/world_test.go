package interop

import (
	"fmt"
	"os"
	"regexp"
	"sync"
	"testing"

	"tallystick/internal/haproxytest"
	"tallystick/internal/netns"
)

// world is all that takes part in a scenario: aggregators and nodes, each with a name and an address, on loopback or on
// hosts of a network that can be parted.
type world struct {
	t     testing.TB
	net   *netns.Network // nil: all on loopback
	addrs map[string]string
	nodes []*haproxytest.HAProxy
	peers map[*haproxytest.HAProxy][]string // aggregators in the node's peers section

	mu      sync.Mutex
	granted map[string]uint64 // by key: counted without a request
}

func newWorld(t testing.TB) *world {
	return &world{t: t, addrs: map[string]string{}, peers: map[*haproxytest.HAProxy][]string{}, granted: map[string]uint64{}}
}

// apart is a world in which everybody lives on a host of his own. Without root the test is not run.
func apart(t testing.TB, names ...string) *world {
	t.Helper()
	net := netns.New(t, names...)
	w := newWorld(t)
	w.net = net
	for _, name := range names {
		w.addrs[name] = net.Host(name).IP + ":10000"
	}
	return w
}

// addr is the address under a name. It is chosen when the name is first used: so two can name each other.
func (w *world) addr(name string) string {
	w.t.Helper()
	if w.addrs[name] == "" {
		w.addrs[name] = haproxytest.Address(w.t)
	}
	return w.addrs[name]
}

// inside is what stands before the command line of who lives on the host of that name.
func (w *world) inside(name string) []string {
	if w.net == nil {
		return nil
	}
	return w.net.Host(name).Enter()
}

// placeholder is "{lb1}" in a configuration; "${DIR}" is none.
var placeholder = regexp.MustCompile(`\{[a-z][a-z0-9-]*\}`)

// fill replaces "{lb1}" by the address of lb1, whoever that is.
func (w *world) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return w.addr(name[1 : len(name)-1]) })
}

// aggregator starts an aggregator with this configuration, see fill and aggregator.write.
func (w *world) aggregator(name, text string) *aggregator {
	w.t.Helper()
	dir, err := os.MkdirTemp("", "tallystick-") // a socket's path must be short
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { os.RemoveAll(dir) })
	a := &aggregator{t: w.t, name: name, addr: w.addr(name), dir: dir, inside: w.inside(name)}
	a.write(w.fill(text))
	a.start()
	return a
}

// node starts a node. Its address is filled in, and its peers are those that it has and these aggregators.
func (w *world) node(c haproxytest.Config, aggregators ...string) *haproxytest.HAProxy {
	w.t.Helper()
	c.Addr, c.Inside = w.addr(c.Name), w.inside(c.Name)
	for _, name := range aggregators {
		c.Peers = append(c.Peers, haproxytest.Peer{Name: name, Addr: w.addr(name)})
	}
	n := haproxytest.Start(w.t, c)
	for _, p := range c.Peers {
		w.peers[n] = append(w.peers[n], p.Name)
	}
	w.nodes = append(w.nodes, n)
	return n
}

// cluster is some of the world's nodes, seen together.
func (w *world) cluster(nodes ...*haproxytest.HAProxy) *cluster {
	return &cluster{t: w.t, world: w, nodes: nodes}
}

// everybody is all nodes so far.
func (w *world) everybody() *cluster { return w.cluster(w.nodes...) }

// begun is how many requests with a key were begun so far, at all nodes, and how many were granted: no sum may be above it.
func (w *world) begun(key string) uint64 {
	w.mu.Lock()
	sum := w.granted[key]
	w.mu.Unlock()
	for _, n := range w.nodes {
		sum += n.Begun(key)
	}
	return sum
}

// grant gives each node of the cluster a count of requests with a key in the table "/rates", without any request: unit,
// times its number. It must have none yet. Thousands cost nothing so.
func (c *cluster) grant(key string, unit int) {
	c.t.Helper()
	for i, n := range c.nodes {
		c.world.mu.Lock()
		c.world.granted[key] += uint64(unit * (i + 1))
		c.world.mu.Unlock()
		set(c.t, n, "/rates", fmt.Sprintf("%s http_req_cnt %d", key, unit*(i+1)))
	}
}

// shares has each node of the cluster count requests with a key: unit, times its number.
func (c *cluster) shares(key string, unit int) {
	c.t.Helper()
	for i, n := range c.nodes {
		if _, err := n.Request(key, unit*(i+1)); err != nil {
			c.t.Fatalf("%s: %v", n.Name, err)
		}
	}
}
