package interop

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// hello calls an aggregator by a name, from an address of loopback, with the hello of a node, and returns what is answered
// until the connection is closed, or until there is something to read.
func hello(t *testing.T, a *aggregator, from, callee, caller string) (answer string) {
	t.Helper()
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.Dial("tcp", a.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "HAProxyS 2.1\n%s\n%s 4711 1\n", callee, caller)
	b := make([]byte, 100)
	n, err := c.Read(b)
	if n == 0 && err != io.EOF && !isReset(err) {
		t.Fatalf("%s calls %s: neither an answer nor the end: %v", caller, callee, err)
	}
	return string(b[:n])
}

// isReset tells whether the other side has closed without reading all.
func isReset(err error) bool { return err != nil && strings.Contains(err.Error(), "connection reset") }

// TestNamesDecide calls by names and from addresses that are not admitted. Nobody is told why, but the log: any
// status would make an HAProxy give up for ever.
func TestNamesDecide(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(counted)}
	}))
	c.learned()
	calls := c.calls()
	for _, call := range []struct {
		why, from, callee, caller string
		says                      []string
	}{
		{"a name that no line has", "127.0.0.5", name, "mallory", []string{"mallory", `127\.0\.0\.5`, "peer mallory"}},
		{"a name that nobody here has", "127.0.0.6", "otherstick", "lb1", []string{"otherstick", `127\.0\.0\.6`}},
		{"our own name", "127.0.0.7", name, name, []string{name, `127\.0\.0\.7`}},
		{"a live name from another address", "127.0.0.8", name, "lb2", []string{"lb2", `127\.0\.0\.8`}},
	} {
		if answer := hello(t, c.agg, call.from, call.callee, call.caller); answer != "" {
			t.Errorf("%s: answered %q, want the end without a status", call.why, answer)
		}
		c.agg.says(call.says...)
	}
	c.shares("alice", 10)
	c.exact("/rates")
	if later := c.calls(); later != calls {
		t.Errorf("those who are admitted do not notice: %s, then %s", calls, later)
	}
	c.clean("/rates")
}

// TestAllow has networks on lines: who comes from elsewhere is refused, whatever his name. Nodes call from an address that
// their peers sections give ("source").
func TestAllow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.aggregator(name, `
    peer tallystick {tallystick} local
    peer lb1 allow 127.0.1.0/24
    peer lb2
    peer lb3
    allow 127.0.2.2,127.0.2.3
    from any to .agg
    warmup 1s`)
	from := map[string]string{"lb1": "127.0.1.77", "lb2": "127.0.2.2", "lb3": "127.0.2.99"}
	for i, minor := range []int{2, 0, 2} { // 2.6 takes the word "source" on a peer line and calls from anywhere
		lb := fmt.Sprintf("lb%d", i+1)
		w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, minor), Name: lb, Tables: withTwins(counted),
			Peers: []haproxytest.Peer{{Name: name, Addr: w.addr(name), Args: "source " + from[lb]}}})
	}
	admitted, refused := w.cluster(w.nodes[:2]...), w.nodes[2]
	admitted.linked() // the nearest word decides: lb1's own network is not the section's
	a.says("lb3", `127\.0\.2\.99`, "allow")
	for caller, addr := range map[string]string{"lb1": "127.0.2.2", "lb2": "127.0.1.77", "mallory": "127.0.9.9"} {
		if answer := hello(t, a, addr, name, caller); answer != "" {
			t.Errorf("%s from %s is answered %q, want the end without a status", caller, addr, answer)
		}
	}
	admitted.shares("alice", 10)
	admitted.exact("/rates")
	peers, err := refused.Peers()
	if err != nil || peers[name].Established() == nil {
		t.Errorf("lb3 comes from an address that is not allowed, and has a session: %v, error %v", peers[name], err)
	}
	if status := peers[name].Fields["last_status"]; status != "CONN" && status != "HSHK" && status != "NONE" {
		t.Errorf("lb3 calls again, since it was told no status: last_status=%s", status)
	}
}

// strangers is how many connections stand about without a word.
const strangers = 10_000

// TestStalledStrangers has very many connections that never say who they are, and new ones for those that are closed. A
// node that comes then gets its session as if it were alone.
func TestStalledStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.aggregator(name, `
    peer tallystick {tallystick} local
    peer lb1
    peer lb2
    from any to .agg
    warmup 1s`)
	tables := withTwins(counted)
	settled := w.node(haproxytest.Config{Version: haproxytest.Get(t, 2, 2), Name: "lb1", Tables: tables}, name)
	w.everybody().linked()
	before := w.everybody().calls()
	crowd := newCrowd(t, a.addr)
	opened := time.Now()
	w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, 2), Name: "lb2", Tables: tables}, name)
	started := time.Now()
	c := w.everybody()
	c.linked()
	t.Logf("%d connections stalled after %v; a node had its session %v after it served", strangers, opened.Sub(crowd.begun), time.Since(started))
	c.shares("alice", 10)
	c.exact("/rates")
	if after := c.only(settled).calls(); after != before {
		t.Errorf("the session that was there before is the same: %s, then %s", before, after)
	}
	if n := crowd.count(); n < strangers {
		t.Errorf("%d connections were made, want %d", n, strangers)
	}
	c.clean()
}

// crowd is connections that say nothing. One that is closed is replaced.
type crowd struct {
	begun time.Time
	mu    sync.Mutex
	conns []net.Conn
	made  int
}

// newCrowd makes all connections once, and goes on to replace the ones that are closed until the test ends.
func newCrowd(t *testing.T, addr string) *crowd {
	t.Helper()
	c := &crowd{begun: time.Now(), conns: make([]net.Conn, strangers)}
	const callers = 8
	var first, all sync.WaitGroup
	over := make(chan struct{})
	for i := range callers {
		first.Add(1)
		all.Go(func() {
			for k := i; k < strangers; k += callers {
				c.replace(addr, k)
			}
			first.Done()
			for k := i; ; k = (k + callers) % strangers {
				select {
				case <-over:
					return
				case <-time.After(10 * time.Millisecond):
					c.replace(addr, k)
				}
			}
		})
	}
	t.Cleanup(func() {
		close(over)
		all.Wait()
		for _, conn := range c.conns {
			if conn != nil {
				conn.Close()
			}
		}
	})
	first.Wait()
	return c
}

// replace makes a connection in the place of another one. From many addresses: one has not ports enough for ever.
func (c *crowd) replace(addr string, k int) {
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(k>>8), byte(1+k%254))}}
	conn, err := d.Dial("tcp", addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.conns[k]; old != nil {
		old.Close()
	}
	if c.conns[k] = conn; err == nil {
		c.made++
	} else {
		c.conns[k] = nil
	}
}

func (c *crowd) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made
}
