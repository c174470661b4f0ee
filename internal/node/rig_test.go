package node

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster is a section and the nodes around it. It lives in a synctest bubble: minutes of
// its time pass in milliseconds, and what settle has waited for has happened.
type cluster struct {
	t         *testing.T
	config    Config
	section   *Section
	door      *Door
	stop      func() // ends the section and waits until nothing of it runs
	ctx       context.Context
	log       *record
	nodes     map[string]*fakepeer.Node
	witnesses map[string]*witness

	mu    sync.Mutex
	calls map[string]dial // what a call to a peer does that is not to reach its node
}

type dial func(context.Context) (net.Conn, error)

// bubble runs f with a cluster of the named nodes, before anything of it is started. The
// section's rule is "from any to .agg".
func bubble(t *testing.T, names string, f func(c *cluster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &cluster{t: t, log: &record{}, nodes: map[string]*fakepeer.Node{}, witnesses: map[string]*witness{},
			calls: map[string]dial{}}
		c.config = Config{ID: "main", Name: "agg", PID: 1, Rules: topology.Rules{Any: true, To: ".agg"}, Warmup: 10 * time.Second,
			PushInterval: 5 * time.Millisecond, MaxEntries: 1e6, MaxTables: 256, Seed: 1, Counters: &Counters{},
			Log: slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Dial: c.dial}
		for _, name := range strings.Fields(names) {
			c.config.Peers = append(c.config.Peers, PeerConfig{Name: name, Addr: name})
		}
		t.Cleanup(c.stopAll)
		f(c)
	})
}

// start brings a section to life, in place of the one before.
func (c *cluster) start() {
	if c.stop != nil {
		c.stop()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	s := New(c.config, time.Now())
	d := NewDoor(&Lobby{}, nil, s.log, s.Counters)
	d.SetRules(DoorRules{Sections: map[string]*Section{c.config.Name: s}})
	go func() { s.Run(ctx); close(ended) }()
	c.mu.Lock()
	c.section, c.door, c.ctx, c.stop = s, d, ctx, func() { cancel(); <-ended }
	c.mu.Unlock()
	settle()
}

func (c *cluster) stopAll() {
	for _, n := range c.nodes {
		n.Stop()
	}
	if c.stop != nil {
		c.stop()
	}
}

// node makes and starts a node that calls the section. One of that name that there was
// goes, as if its process were replaced by one with another configuration.
func (c *cluster) node(name string, tables ...*stick.Schema) *fakepeer.Node {
	return c.version("", name, tables...)
}

// version is node with the quirks of a HAProxy branch.
func (c *cluster) version(branch, name string, tables ...*stick.Schema) *fakepeer.Node {
	pid := 100 * (len(c.nodes) + 1)
	if old := c.nodes[name]; old != nil {
		old.Stop()
		pid += 50
	}
	n := c.newNode(pid, name, branch, tables...)
	n.Start()
	settle()
	return n
}

// kill ends the process of a node: nobody answers calls to it until revive.
func (c *cluster) kill(name string) {
	c.answer(name, func(context.Context) (net.Conn, error) { return nil, errors.New("connection refused") })
	c.nodes[name].Stop()
}

func (c *cluster) revive(name string, how fakepeer.How) {
	c.answer(name, nil)
	c.nodes[name].Restart(how)
}

// newNode makes a node and does not start it.
func (c *cluster) newNode(pid int, name, branch string, tables ...*stick.Schema) *fakepeer.Node {
	w := &witness{}
	n := fakepeer.New(fakepeer.Config{Name: name, Peer: "agg", PID: pid, Tables: tables, Quirks: fakepeer.Version(branch),
		Dial: c.caller(name), Trace: w.trace})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nodes[name], c.witnesses[name] = n, w
	return n
}

// caller connects a node to the section.
func (c *cluster) caller(name string) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		c.mu.Lock()
		d, ctx := c.door, c.ctx
		c.mu.Unlock()
		if d == nil || ctx.Err() != nil {
			return nil, errors.New("connection refused")
		}
		theirs, ours := pipe(addressOf(name))
		d.Accept(ctx, ours)
		return theirs, nil
	}
}

// dial connects the section to a node.
func (c *cluster) dial(ctx context.Context, name string) (net.Conn, error) {
	c.mu.Lock()
	call, n := c.calls[name], c.nodes[name]
	c.mu.Unlock()
	if call != nil {
		return call(ctx)
	}
	if n == nil {
		return nil, errors.New("connection refused")
	}
	theirs, ours := pipe(addressOf(name))
	go n.Accept(theirs)
	return ours, nil
}

// answer sets what calls to a peer do; nil: they reach its node.
func (c *cluster) answer(name string, f dial) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[name] = f
}

// pipe is a connection; from is what our end has for the address of the other.
func pipe(from string) (theirs, ours net.Conn) {
	theirs, ours = net.Pipe()
	return theirs, &addressed{ours, &net.TCPAddr{IP: net.ParseIP(from), Port: 40000}}
}

type addressed struct {
	net.Conn
	remote *net.TCPAddr
}

func (a *addressed) RemoteAddr() net.Addr { return a.remote }

// addressOf gives each node an address: lb3 has 10.0.0.3.
func addressOf(name string) string { return "10.0.0." + name[len(name)-1:] }

// settle lets everything happen that is due at once or by the next push interval.
func settle() { wait(200 * time.Millisecond) }

// calm lets nodes that were started hard become sure of themselves: until then their
// lessons are PARTIAL, and what falls is held back.
func calm() { wait(15 * time.Second) }

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// expect fails the test unless ok.
func (c *cluster) expect(ok bool, why string) {
	c.t.Helper()
	if !ok {
		c.t.Errorf("at odds: %s\nlog:\n%s", why, c.log)
	}
}

// shows fails the test unless the node reads want in a counter of the sum of web.
func (c *cluster) shows(node, key string, want uint64, why string) {
	c.t.Helper()
	c.reads(node, "web.agg", key, stick.HTTPReqCnt, want, why)
}

func (c *cluster) reads(node, table, key string, column stick.DataType, want uint64, why string) {
	c.t.Helper()
	if v, ok := c.nodes[node].Read(table, key, column); v != want || !ok {
		c.t.Errorf("%s reads %v of %s: %d (there: %v), want %d: %s\nlog:\n%s", node, column, table, v, ok, want, why, c.log)
	}
}

// lacks fails the test if the node has an entry for the key.
func (c *cluster) lacks(node, table, key, why string) {
	c.t.Helper()
	if v, ok := c.nodes[node].Read(table, key, stick.HTTPReqCnt); ok {
		c.t.Errorf("%s has %d in %s, want no entry: %s\nlog:\n%s", node, v, table, why, c.log)
	}
}

// logs fails the test unless the log has n lines with all of the words.
func (c *cluster) logs(n int, why string, words ...string) {
	c.t.Helper()
	if got := c.log.lines(words...); len(got) != n {
		c.t.Errorf("%d lines with %q, want %d: %s\nlog:\n%s", len(got), words, n, why, c.log)
	}
}

// record keeps the log.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// lines returns those that hold all of the words.
func (r *record) lines(words ...string) (found []string) {
next:
	for line := range strings.Lines(r.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue next
			}
		}
		found = append(found, line)
	}
	return found
}

// The keys that tests count, and their table: ip, ten minutes, a gauge, a counter, a rate.
const (
	alice = "\xc0\x00\x02\x01"
	bob   = "\xc0\x00\x02\x02"
)

func web(name string) *stick.Schema {
	return &stick.Schema{Name: name, KeyType: stick.IPv4, KeyLen: 4, Expire: 600000, Columns: []stick.Column{
		{Type: stick.ConnCur, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 10000}}}
}

// tables are what most nodes have: a table and its twin.
func tables() []*stick.Schema { return []*stick.Schema{web("web"), web("web.agg")} }

// requests are changes: n more requests, in the counter and in the rate.
func requests(n uint64) []fakepeer.Change {
	return []fakepeer.Change{fakepeer.Add(stick.HTTPReqCnt, n), fakepeer.Add(stick.HTTPReqRate, n)}
}

// to is a change: the counter becomes n.
func to(n uint64) fakepeer.Change { return fakepeer.Set(stick.HTTPReqCnt, n) }
