package interop

import (
	"fmt"
	"testing"

	"tallystick/internal/haproxytest"
)

// servers are two of them, as frontends of the HAProxy itself, told apart by their answers; and the backend that
// sends a client to the one that it was sent to before, by any node. As in the vendor's example the table that is
// learned from is the node's own, and what the cluster knows is written to it ("write-to").
const servers = `
frontend server1
    bind unix@s1.sock
    http-request return status 210
frontend server2
    bind unix@s2.sock
    http-request return status 220
backend servers
    balance roundrobin
    stick on req.hdr(x-key) table cluster/sessions
    server s1 unix@s1.sock id 1
    server s2 unix@s2.sock id 2
`

// TestServerPersistence sends clients to one node each, and then to all others: everywhere they meet the same server. Nodes
// are of the versions that have write-to, two of each.
func TestServerPersistence(t *testing.T) {
	t.Parallel()
	var nodes []haproxytest.Config
	for _, v := range haproxytest.Versions(t) {
		if !v.AtLeast(2, 9) {
			continue
		}
		sessions := haproxytest.Table{Name: "/sessions", Type: "string len 16", Store: "server_id,server_key"}
		twin := sessions.Twin(".agg")
		twin.Args = "write-to cluster/sessions"
		node := haproxytest.Config{Version: v, Tables: []haproxytest.Table{sessions, twin}, Answer: "    default_backend servers", Raw: servers}
		nodes = append(nodes, node, node)
	}
	if len(nodes) != 4 {
		t.Fatalf("%d nodes have write-to, want two of 3.0 and two of 3.2", len(nodes))
	}
	c := start(t, nodes)
	met := map[string]int{} // the server of each client
	for i, n := range c.nodes {
		for k := range 5 {
			key := fmt.Sprintf("client%d%d", i, k)
			met[key] = onlyStatus(t, n, key)
		}
	}
	seen := map[int]int{}
	for key, status := range met {
		seen[status]++
		for _, n := range c.nodes {
			c.waitForServer(n, key, status)
		}
	}
	if seen[210] < 5 || seen[220] < 5 || len(seen) != 2 {
		t.Fatalf("clients were spread over two servers: %v", seen)
	}
	for range 2 { // once more, now that everybody has told everybody
		for key, status := range met {
			for _, n := range c.nodes {
				if got := onlyStatus(t, n, key); got != status {
					t.Errorf("%s (%v) sends %s to server %d, it began at %d", n.Name, n.Version, key, got, status)
				}
			}
		}
	}
	c.exact("/sessions")
	c.clean()
}

// waitForServer waits until a node knows the server of a client that it has not seen, both by number and by name.
func (c *cluster) waitForServer(n *haproxytest.HAProxy, key string, status int) {
	c.t.Helper()
	id := uint64(status-200) / 10
	for _, table := range []string{"/sessions.agg", "/sessions"} {
		haproxytest.Eventually(c.t, patience, func() error {
			row, err := n.Row(table, key)
			if err == nil && (row.Numbers["server_id"] != id || row.Texts["server_key"] != fmt.Sprintf("s%d", id)) {
				err = fmt.Errorf("%s (%v): %s: %s was sent to server %d, the row is %v", n.Name, n.Version, table, key, id, row)
			}
			return err
		})
	}
}

// onlyStatus makes one request and returns its status.
func onlyStatus(t *testing.T, n *haproxytest.HAProxy, key string) int {
	t.Helper()
	statuses, err := n.Request(key, 1)
	if err != nil {
		t.Fatalf("%s: %v", n.Name, err)
	}
	for status := range statuses {
		return status
	}
	t.Fatalf("%s: no answer", n.Name)
	return 0
}
