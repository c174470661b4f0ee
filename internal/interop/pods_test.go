package interop

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// pods are nodes that say just enough to be counted. Real ones would need a machine each: two thousand HAProxys
// do not fit here. The bytes are those that HAProxy 2.6 and 3.4 send for such a table.
type pod struct {
	net.Conn
	in *bufio.Reader
}

// podTable announces table "rates": ip, http_req_cnt, entries live 20 s; and 192.0.2.1 with the count 1.
var podTable = []byte("\x0a\x82\x0e\x01\x05rates\x04\x04\xf0\x11\xf0\xd3\x08" + "\x0a\x80\x09\x00\x00\x00\x01\xc0\x00\x02\x01\x01")

// newPod calls, waits to be welcome and to be asked for a lesson, and gives it.
func newPod(addr, section, name string) (*pod, error) {
	c, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	p := &pod{c, bufio.NewReader(c)}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "HAProxyS 2.1\n%s\n%s 4711 1\n", section, name)
	answer := make([]byte, 6)
	if _, err := io.ReadFull(p.in, answer); err != nil || string(answer) != "200\n\x00\x00" {
		c.Close()
		return nil, fmt.Errorf("%s is answered %q: %v", name, answer, err)
	}
	if _, err := c.Write(append(podTable, 0, 1)); err != nil {
		return nil, err
	}
	c.SetDeadline(time.Time{})
	go io.Copy(io.Discard, p.in)
	return p, nil
}

// resident is what the process has in memory, in kB.
func (a *aggregator) resident() int {
	a.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.process.Pid()))
	if err != nil {
		a.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "VmRSS:" {
			n, _ := strconv.Atoi(words[1])
			return n
		}
	}
	return 0
}

// TestThousandsOfPods has two thousand nodes come at once that no line names. All of them count, a real HAProxy reads
// the sum, and when they have left nothing of them is kept.
func TestThousandsOfPods(t *testing.T) {
	t.Parallel()
	const count = 2000
	w := newWorld(t)
	a := w.aggregator(name, `
global
    bind {shared}

aggregations pods
    dynamic-peers max 2100
    peer lb1
    from any to .agg
    warmup 500ms
`)
	table := haproxytest.Table{Name: "rates", Type: "ip", Store: "http_req_cnt", Expire: "1m"}
	lb := w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, 0), Name: "lb1", Tables: withTwins(table),
		Peers: []haproxytest.Peer{{Name: "pods", Addr: w.addr("shared")}}})
	set(t, lb, "rates", "192.0.2.1 http_req_cnt 5")
	idle := a.resident()
	pods := make([]*pod, count)
	errs := make([]error, count)
	began := time.Now()
	var all sync.WaitGroup
	gate := make(chan struct{}, 64) // half-open at a time: as many as a crowd of pods would be
	for i := range pods {
		all.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			pods[i], errs[i] = newPod(w.addr("shared"), "pods", fmt.Sprintf("pod-%d", i))
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d nodes have come within %v", count, time.Since(began).Round(time.Millisecond))
	reads := func(want uint64) {
		t.Helper()
		haproxytest.Eventually(t, patience, func() error {
			row, err := lb.Row("rates.agg", "192.0.2.1")
			if err == nil && row.Numbers["http_req_cnt"] != want {
				err = fmt.Errorf("lb1 reads %d of rates.agg, want %d", row.Numbers["http_req_cnt"], want)
			}
			return err
		})
	}
	reads(count + 5)
	full := a.resident()
	t.Logf("resident: %d kB with one node, %d kB with %d more: %d kB each", idle, full, count, (full-idle)/count)
	for _, p := range pods {
		p.Close()
	}
	haproxytest.Eventually(t, 2*patience, func() error {
		peers, err := a.peers("pods")
		if err == nil && len(peers) != 1 {
			err = fmt.Errorf("%d peers are known still", len(peers))
		}
		return err
	})
	set(t, lb, "rates", "192.0.2.1 http_req_cnt 6")
	reads(6)
}

// varint is checked here once, as podTable was made by hand.
func TestPodTable(t *testing.T) {
	if got := binary.BigEndian.Uint32(podTable[20:24]); podTable[2] != 14 || len(podTable) != 3+14+3+9 || got != 1 {
		t.Errorf("lengths of the messages: %x, id %d", podTable, got)
	}
}
