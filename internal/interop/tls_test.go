package interop

import (
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// encrypted starts an aggregator and a node of every version, all of which want TLS and certificates of both sides, with
// these further words on the aggregator's lines for the nodes.
func encrypted(t *testing.T, ca *haproxytest.Authority, args string, reachable bool) *cluster {
	t.Helper()
	w := newWorld(t)
	ours := ca.Words(name)
	text := fmt.Sprintf("    peer %s {%[1]s} local %s\n    from any to .agg\n    warmup 1s\n", name, ours)
	for i := range haproxytest.Versions(t) {
		text += fmt.Sprintf("    peer lb%d {lb%[1]d} %s verifyname %s\n", i+1, ours, args)
	}
	a := w.aggregator(name, text)
	for i, v := range haproxytest.Versions(t) {
		lb := fmt.Sprintf("lb%d", i+1)
		words := ca.Words(lb)
		at := w.addr(name)
		if !reachable {
			at = w.addr("nobody-is-here")
		}
		w.node(haproxytest.Config{Version: v, Name: lb, Bind: words, Tables: withTwins(counted),
			Peers: []haproxytest.Peer{{Name: name, Addr: at, Args: words + " verifyhost " + name}}})
	}
	c := w.everybody()
	c.agg = a
	c.linked()
	return c
}

// TestNodesCallInTLS has each version as the client.
func TestNodesCallInTLS(t *testing.T) {
	t.Parallel()
	c := encrypted(t, haproxytest.NewAuthority(t), "", true)
	c.shares("alice", 10)
	c.exact("/rates")
	c.clean("/rates")
}

// TestNodesAreCalledInTLS has each version as the server: nodes do not find us by themselves.
func TestNodesAreCalledInTLS(t *testing.T) {
	t.Parallel()
	c := encrypted(t, haproxytest.NewAuthority(t), "dial", false)
	c.shares("alice", 10)
	c.exact("/rates")
	c.clean("/rates")
}

// TestCertificatesDecide has nodes whose certificates are not good enough, beside one that is. The log names the word of
// the line to change.
func TestCertificatesDecide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ca, other := haproxytest.NewAuthority(t), haproxytest.NewAuthority(t)
	ours := ca.Words(name)
	a := w.aggregator(name, fmt.Sprintf(`
    peer tallystick {tallystick} local %s
    peer lb1 %[1]s verifyname
    peer lb2 %[1]s verifyname
    peer lb3 %[1]s verifyname
    peer lb4 %[1]s verifyhost gate.example.com
    from any to .agg
    warmup 1s`, ours))
	file, _ := other.Issue("lb2")
	for lb, words := range map[string]string{
		"lb1": ca.Words("lb1"),
		"lb2": fmt.Sprintf("ssl crt %s ca-file %s verify required", file, ca.File), // it trusts us, we do not trust it
		"lb3": ca.Words("mallory"),                                                 // vouched for, under another name
		"lb4": ca.Words("lb4"),                                                     // its own name, where another one is wanted
	} {
		w.node(haproxytest.Config{Version: haproxytest.Get(t, 2, 6), Name: lb, Bind: words, Tables: withTwins(counted),
			Peers: []haproxytest.Peer{{Name: name, Addr: w.addr(name), Args: words}}})
	}
	var good []*haproxytest.HAProxy
	for _, n := range w.nodes {
		if n.Name == "lb1" {
			good = append(good, n)
		}
	}
	c := w.cluster(good...)
	c.linked()
	a.says("ca-file")
	a.says("lb3", "verifyname", "mallory")
	a.says("lb4", "verifyhost", `gate\.example\.com`)
	c.shares("alice", 10)
	c.exact("/rates")
	peers, err := a.peers()
	for _, lb := range []string{"lb2", "lb3", "lb4"} {
		if err != nil || peers[lb]["state"] == "EST" {
			t.Errorf("%s has a session with a certificate that is not good enough: %v, error %v", lb, peers[lb], err)
		}
	}
}

// TestCertificateIsRotated gives us a new certificate while traffic goes on: sessions stay, and who comes later is shown
// the new one.
func TestCertificateIsRotated(t *testing.T) {
	t.Parallel()
	ca := haproxytest.NewAuthority(t)
	c := encrypted(t, ca, "", true)
	c.learned()
	c.shares("alice", 100)
	c.exact("/rates")
	calls := c.calls()
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	time.Sleep(500 * time.Millisecond)
	_, serial := ca.Issue(name)
	c.agg.reloads()
	haproxytest.Eventually(t, patience, func() error {
		if now := shown(t, ca, c.agg.addr); now != serial {
			return fmt.Errorf("certificate %d is shown, want %d", now, serial)
		}
		return nil
	})
	stop()
	c.exact("/rates")
	if later := c.calls(); later != calls {
		t.Errorf("sessions stay when a certificate changes: %s, then %s", calls, later)
	}
	c.nodes[3].Restart()
	c.linked()
	c.exact("/rates")
	watch.end(c.nodes[3])
}

// shown is the number of the certificate that an address shows to a node.
func shown(t *testing.T, ca *haproxytest.Authority, addr string) int64 {
	t.Helper()
	file, _ := ca.Issue("looker-on")
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: ca.Pool(), ServerName: name, Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatalf("certificate of %s: %v", addr, err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}
