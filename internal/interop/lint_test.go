package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// finding is one of "show lint json".
type finding struct{ Rule, Severity, Section, Peer, Table, Text, Fix string }

func (f finding) String() string {
	return fmt.Sprintf("%s %s peer=%s table=%s: %s\n%s", f.Severity, f.Rule, f.Peer, f.Table, f.Text, f.Fix)
}

// lint asks what is wrong.
func (a *aggregator) lint() (list []finding, err error) {
	answer, err := a.cli("show lint json")
	if err == nil {
		err = json.Unmarshal([]byte(answer), &list)
	}
	return list, err
}

// finds waits until exactly these rules have found something: "rule peer table", sorted, with "-" for nothing.
func (a *aggregator) finds(want ...string) (list []finding) {
	a.t.Helper()
	haproxytest.Eventually(a.t, 3*patience, func() (err error) {
		if list, err = a.lint(); err != nil {
			return err
		}
		got := []string{}
		for _, f := range list {
			got = append(got, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", f.Rule, orDash(f.Peer), orDash(f.Table))), " "))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			return fmt.Errorf("lint finds %q, want %q", list, want)
		}
		return nil
	})
	return list
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// looked waits until the cluster has been looked at a few times.
func looked() { time.Sleep(12 * time.Second) }

// TestLintOfHealthyCluster has nodes of every version with traffic, and tables of all kinds: nothing is wrong, after a reload
// and a restart neither.
func TestLintOfHealthyCluster(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(v haproxytest.Version) haproxytest.Config {
		rates := haproxytest.Table{Name: "/rates", Type: "string len 20", Store: "http_req_cnt,http_req_rate(10s),bytes_in_cnt", Track: haproxytest.Key}
		users := haproxytest.Table{Name: "users", Type: "ip", Store: "gpc0,gpt0,conn_cur", Track: "src"}
		twins := []haproxytest.Table{rates, users, rates.Twin(".agg"), users.Twin(".agg")}
		if v.AtLeast(3, 2) {
			twins[3].Args = "recv-only"
		} else if v.AtLeast(2, 5) {
			twins[1].Store, twins[3].Store = "gpc0,gpt0,conn_cur", "gpc0,gpt0,conn_cur" // it cannot keep it, and is not asked in this test
		}
		return haproxytest.Config{Tables: twins}
	}))
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	for _, n := range c.nodes {
		for k := range 3 {
			traffic.Go(func() { n.Traffic(ctx, fmt.Sprintf("client%d", k), 20) })
		}
	}
	for k := range 40 { // many keys of which all nodes have the same count, and well above 0
		for _, n := range c.nodes {
			set(t, n, "/rates", fmt.Sprintf("probe%d http_req_cnt %d", k, 100+k))
		}
	}
	c.linked()
	looked()
	c.nodes[1].Reload()
	c.nodes[2].Restart()
	c.linked()
	looked()
	looked()
	c.agg.finds()
	stop()
	traffic.Wait()
	c.agg.silent("lint=")
}

// rates and its twin are what the scenarios break.
var lintRates = haproxytest.Table{Name: "/rates", Type: "ip", Store: "http_req_cnt,http_req_rate(10s)", Track: "src"}

// TestLintFindsBrokenTwins breaks one thing on each of some nodes, and repairs one of them.
func TestLintFindsBrokenTwins(t *testing.T) {
	t.Parallel()
	twin := lintRates.Twin(".agg")
	change := func(f func(*haproxytest.Table)) []haproxytest.Table {
		x := twin
		f(&x)
		return []haproxytest.Table{lintRates, x}
	}
	broken := [][]haproxytest.Table{
		withTwins(lintRates),
		{lintRates},
		change(func(x *haproxytest.Table) { x.Store = "http_req_cnt,http_req_rate(20s)" }),
		change(func(x *haproxytest.Table) { x.Name = "rates.agg" }),
		change(func(x *haproxytest.Table) { x.Type = "string len 20" }),
		change(func(x *haproxytest.Table) { x.Expire = "1m" }),
		change(func(x *haproxytest.Table) { x.Store = "http_req_cnt,gpc0" }),
		{twin},
	}
	versions := haproxytest.Versions(t)
	var nodes []haproxytest.Config
	for i, tables := range broken {
		if i == len(broken)-1 {
			tables[0].Track = ""
		}
		nodes = append(nodes, haproxytest.Config{Version: versions[i%len(versions)], Tables: tables})
	}
	c := start(t, nodes)
	c.nodes[0].Request("x", 5)
	list := c.agg.finds("source-missing lb8 /rates", "twin-columns lb7 /rates.agg", "twin-expire lb6 /rates.agg", "twin-missing lb2 /rates.agg",
		"twin-period lb3 /rates.agg", "twin-place lb4 /rates.agg", "twin-type lb5 /rates.agg")
	const line = "table rates.agg type ip size 100k expire 10m store http_req_cnt,http_req_rate(10s)"
	for _, f := range list {
		if strings.HasPrefix(f.Rule, "twin-") && f.Fix != line {
			t.Errorf("the line to write is that of the sources, whole: %v", f)
		}
		c.agg.says("WARNING|INFO", "lint="+f.Rule, "peer="+f.Peer)
	}
}

// TestLintFindsReplicatingNodes has two nodes share a table among themselves and with us, as a cluster did before it had an
// aggregator; a third one does not.
func TestLintFindsReplicatingNodes(t *testing.T) {
	t.Parallel()
	for _, v := range haproxytest.Versions(t) {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			agg := w.aggregator(name, "    peer tallystick {tallystick} local\n    peer lb1 {lb1}\n    peer lb2 {lb2}\n    peer lb3 {lb3}\n    from any to .agg\n")
			tables := withTwins(haproxytest.Table{Name: "/rates", Type: "string len 20", Store: "http_req_cnt,bytes_in_cnt"})
			config := func(name string, peers ...string) haproxytest.Config {
				c := haproxytest.Config{Name: name, Version: v, Tables: tables}
				for _, p := range peers {
					c.Peers = append(c.Peers, haproxytest.Peer{Name: p, Addr: w.addr(p)})
				}
				return c
			}
			lb1, lb2 := w.node(config("lb1", "lb2"), name), w.node(config("lb2", "lb1"), name)
			lb3 := w.node(config("lb3"), name)
			w.cluster(lb3).linked()
			for k := range 40 {
				set(t, lb1, "/rates", fmt.Sprintf("a%d http_req_cnt %d bytes_in_cnt %d", k, 100+k, 7000+k))
				set(t, lb3, "/rates", fmt.Sprintf("a%d http_req_cnt %d bytes_in_cnt %d", k, 300+k, 9000+k))
			}
			agg.linked("lb1", "lb2", "lb3")
			haproxytest.Eventually(t, patience, func() error {
				if n, err := lb2.Used("/rates"); err != nil || n != 40 {
					return fmt.Errorf("lb2 has learned %d rows of lb1, %v", n, err)
				}
				return nil
			})
			agg.restart() // it hears lessons of all
			if list := agg.finds("nodes-replicate lb2 /rates"); !strings.Contains(list[0].Text, "lb2 and lb1 replicate /rates between each other") {
				t.Errorf("it is said who with whom: %v", list)
			}
		})
	}
}

// TestLintFindsTracking has a node count in the table that we publish, and repairs it.
func TestLintFindsTracking(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(v haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(lintRates)}
	}))
	set(t, c.nodes[1], "/rates", "192.0.2.1 http_req_cnt 5")
	c.sum("192.0.2.1", 5)
	set(t, c.nodes[1], "/rates.agg", "192.0.2.1 http_req_cnt 500")
	c.agg.finds("twin-tracked lb2 /rates.agg")
	c.nodes[1].Restart()
	c.agg.finds()
	c.agg.says("it is not so any more", "twin-tracked")
}

// TestLintFindsCallers has a node come under a name that no line has, and one that calls us by another name than ours.
func TestLintFindsCallers(t *testing.T) {
	t.Parallel()
	v := haproxytest.Get(t, 3, 0)
	c := start(t, []haproxytest.Config{{Version: v, Tables: withTwins(lintRates)}})
	w := c.world
	w.addrs["wrong"] = w.addr(name)
	w.node(haproxytest.Config{Name: "lb7", Version: v, Tables: withTwins(lintRates)}, name)
	w.node(haproxytest.Config{Name: "lb8", Version: v, Tables: withTwins(lintRates)}, "wrong")
	list := c.agg.finds("aggregator-name lb8 -", "name-unknown lb7 -")
	for i, want := range []string{"server tallystick " + w.addr(name), "peer lb7 127.0.0.1:PORT"} {
		if list[i].Fix != want {
			t.Errorf("the line to write: %v, want %q", list[i], want)
		}
	}
}

// TestLintFindsLostGauges has a 3.2 node hold a connection, so that others are told a conn_cur: who does not keep it, since
// recv-only is missing, is found in its next lesson.
func TestLintFindsLostGauges(t *testing.T) {
	t.Parallel()
	v := haproxytest.Get(t, 3, 2)
	table := haproxytest.Table{Name: "/conns", Type: "ip", Store: "conn_cur", Track: "src"}
	keeps, loses := table.Twin(".agg"), table.Twin(".agg")
	keeps.Args = "recv-only"
	c := start(t, []haproxytest.Config{
		{Version: v, Tables: []haproxytest.Table{table, keeps}},
		{Version: v, Tables: []haproxytest.Table{table, loses}},
		{Version: haproxytest.Get(t, 2, 2), Tables: []haproxytest.Table{table, table.Twin(".agg")}},
	})
	held, err := c.nodes[0].Dial("127.0.0.77")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := held.Get("x", "/"); err != nil {
		t.Fatal(err)
	}
	set(t, c.nodes[0], "/conns", "127.0.0.77 conn_cur 3", "127.0.0.78 conn_cur 4")
	haproxytest.Eventually(t, patience, func() error {
		row, err := c.nodes[0].Row("/conns.agg", "127.0.0.78")
		if err == nil && row.Numbers["conn_cur"] != 4 {
			err = fmt.Errorf("%v", row)
		}
		return err
	})
	looked()
	for _, peer := range []string{"lb1", "lb2", "lb3"} { // a session ends, and the same process comes again
		c.agg.cli("disable peer data/" + peer)
		c.agg.cli("enable peer data/" + peer)
	}
	list := c.agg.finds("recv-only lb2 /conns.agg")
	if want := "table conns.agg type ip size 100k expire 10m recv-only store conn_cur"; list[0].Fix != want {
		t.Errorf("the line to write: %v, want %q", list[0], want)
	}
}
