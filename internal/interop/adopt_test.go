package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// before is the configuration of a node that counts for itself, with another node as its peer: what people have who
// come here. A client may make ten requests a minute of each node, so twenty of both.
const before = `# {name} of two.
global
    localpeer {name}
    stats socket "unix@${DIR}/cli.sock" mode 600 level admin

defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 1s

peers mycluster
    bind {addr}
    server {name}
    server {other} {otheraddr}
    table rates type string len 32 size 10k expire 10m store http_req_rate(1m)

frontend web
    bind {web}
    stick-table type string len 32 size 10k expire 10m store http_req_cnt,gpc0
    http-request track-sc0 req.hdr(x-key) table mycluster/rates
    http-request track-sc1 req.hdr(x-key)
    # Too fast.
    acl fast sc_http_req_rate(0) gt 10
    http-request deny deny_status 429 if fast
    http-request deny deny_status 403 if { sc1_http_req_cnt gt 30 }
    http-request return status 200
`

// adoptedNode is a node whose configuration is what adopt has written.
type adoptedNode struct {
	name, addr, web, dir string
	version              haproxytest.Version
}

// get makes requests with a key, each on a connection of its own, and counts the statuses of the answers.
func (n *adoptedNode) get(key string, times int) (statuses map[string]int, err error) {
	statuses = map[string]int{}
	for range times {
		conn, err := net.DialTimeout("tcp", n.web, 5*time.Second)
		if err != nil {
			return statuses, err
		}
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprintf(conn, "GET / HTTP/1.0\r\nX-Key: %s\r\n\r\n", key)
		answer := make([]byte, 16)
		n, err := conn.Read(answer)
		conn.Close()
		if words := strings.Fields(string(answer[:n])); err == nil && len(words) > 1 {
			statuses[words[1]]++
			continue
		}
		return statuses, fmt.Errorf("answer %q, %w", answer[:n], err)
	}
	return statuses, nil
}

// column reads a value of a key on the node.
func (n *adoptedNode) column(table, key, column string) (uint64, error) {
	answer, err := haproxytest.Ask(filepath.Join(n.dir, "cli.sock"), "show table "+table+" key "+key)
	if err != nil {
		return 0, err
	}
	if !strings.Contains(answer, "key="+key) {
		return 0, fmt.Errorf("%s has no %s in %s", n.name, key, table)
	}
	rows, err := haproxytest.ParseTable(answer)
	return rows[key].Numbers[column], err
}

// TestAdopt takes two nodes as they come, of an old and a new HAProxy, has "tallystick adopt" write what they and the
// aggregator need, "tallystick check" judge it, and starts all of it exactly as it was written. Then each node reads the
// sum, and the limits bite on it.
func TestAdopt(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "adopt-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	nodes := []*adoptedNode{
		{name: "lb1", version: haproxytest.Get(t, 2, 6)},
		{name: "lb2", version: haproxytest.Get(t, 3, 2)},
	}
	for _, n := range nodes {
		n.addr, n.web = haproxytest.Address(t), haproxytest.Address(t)
	}
	agg, socket := haproxytest.Address(t), filepath.Join(dir, "agg.sock")
	args := []string{"adopt", "-address", agg, "-socket", socket, "-o", filepath.Join(dir, "out")}
	for i, n := range nodes {
		other := nodes[1-i]
		text := strings.NewReplacer("{name}", n.name, "{addr}", n.addr, "{web}", n.web, "{other}", other.name, "{otheraddr}", other.addr).Replace(before)
		file := filepath.Join(dir, n.name+".cfg")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	tell(t, args...)
	ours := filepath.Join(dir, "out", "tallystick.cfg")
	check := []string{"check", "-strict", "-f", ours}
	for _, n := range nodes {
		n.dir = filepath.Join(dir, "out", n.name)
		check = append(check, "-node", filepath.Join(n.dir, n.name+".cfg"))
	}
	if said := tell(t, check...); said != "0 errors, 0 warnings, 0 notices\n" {
		t.Errorf("nothing is wrong with what adopt has written: %s", said)
	}

	haproxytest.StartProcess(t, "tallystick", dir, program, "-f", ours)
	for _, n := range nodes {
		haproxytest.StartProcess(t, n.name, n.dir, n.version.Program, "-db", "-f", filepath.Join(n.dir, n.name+".cfg"))
	}
	for _, n := range nodes {
		haproxytest.Eventually(t, patience, func() error {
			answer, err := haproxytest.Ask(filepath.Join(n.dir, "cli.sock"), "show peers")
			if err != nil {
				return err
			}
			return haproxytest.ParsePeers(answer)["tallystick"].Established()
		})
	}
	seen(t, nodes)
	bites(t, nodes)
}

// tell runs a command of the program, which must succeed, and returns what it prints.
func tell(t *testing.T, args ...string) string {
	t.Helper()
	said, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("tallystick %q: %v\n%s", args, err, said)
	}
	return string(said)
}

// seen has a client make requests of both nodes, and waits for the sum in the twins on both: of the table that is the
// peers section's, and of the frontend's own, which nobody had shared before.
func seen(t *testing.T, nodes []*adoptedNode) {
	t.Helper()
	for i, n := range nodes {
		if statuses, err := n.get("alice", 3+i); err != nil || statuses["200"] != 3+i {
			t.Fatalf("%s: %v %v", n.name, statuses, err)
		}
	}
	for _, n := range nodes {
		haproxytest.Eventually(t, patience, func() error {
			rate, err := n.column("mycluster/rates.agg", "alice", "http_req_rate(60000)")
			if err == nil && rate != 7 {
				err = fmt.Errorf("%s reads a rate of %d in the twin, 3 and 4 are 7", n.name, rate)
			}
			return err
		})
		haproxytest.Eventually(t, patience, func() error {
			count, err := n.column("web.agg", "alice", "http_req_cnt")
			if err == nil && count != 7 {
				err = fmt.Errorf("%s reads a count of %d in the twin, 3 and 4 are 7", n.name, count)
			}
			return err
		})
	}
}

// bites has a client stay below the limit on each node, and above it on both.
func bites(t *testing.T, nodes []*adoptedNode) {
	t.Helper()
	if statuses, err := nodes[0].get("mallory", 8); err != nil || statuses["200"] != 8 {
		t.Fatalf("eight requests of one node are within the limit of ten: %v %v", statuses, err)
	}
	if _, err := nodes[1].get("mallory", 4); err != nil { // the limit may bite here already
		t.Fatal(err)
	}
	for _, n := range nodes {
		haproxytest.Eventually(t, patience, func() error {
			statuses, err := n.get("mallory", 1)
			if err == nil && statuses["429"]+statuses["403"] != 1 {
				err = fmt.Errorf("%s lets mallory in, whose sum is 12 at least: %v", n.name, statuses)
			}
			return err
		})
		if own, err := n.column("mycluster/rates", "mallory", "http_req_rate(60000)"); err != nil || own > 10 {
			t.Errorf("%s itself has seen %d requests of mallory: that is over its limit without any sum, and proves nothing (%v)", n.name, own, err)
		}
		if statuses, err := n.get("bob", 1); err != nil || statuses["200"] != 1 {
			t.Errorf("%s denies another client: %v %v", n.name, statuses, err)
		}
	}
}
