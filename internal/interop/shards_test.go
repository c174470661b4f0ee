package interop

import (
	"fmt"
	"strings"
	"testing"

	"tallystick/internal/haproxytest"
)

// TestShards has nodes share out their keys between two aggregators, by themselves: HAProxy has "shards" since 2.7. Every
// key is summed by one of the two, and its sum is on every node.
func TestShards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var shards []*aggregator
	for i := range 2 {
		name := fmt.Sprintf("shard%d", i+1)
		shards = append(shards, w.aggregator(name, fmt.Sprintf(`
    peer %s {%[1]s} local
    peer lb1 {lb1}
    peer lb2 {lb2}
    peer lb3 {lb3}
    peer lb4 {lb4}
    from any to .agg
    shard %d/2 peers %s
    warmup 1s`, name, i+1, haproxytest.Section)))
	}
	tables := withTwins(
		haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_cnt"},
		haproxytest.Table{Name: "addresses", Type: "ip", Store: "gpc0"},
		haproxytest.Table{Name: "numbers", Type: "integer", Store: "gpc0"},
	)
	node := func(number, shards int, v haproxytest.Version) *haproxytest.HAProxy {
		c := haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", number), Shards: shards, Tables: tables}
		for i := range 2 {
			name, args := fmt.Sprintf("shard%d", i+1), ""
			if shards > 0 {
				args = fmt.Sprintf("shard %d", i+1)
			}
			c.Peers = append(c.Peers, haproxytest.Peer{Name: name, Addr: w.addr(name), Args: args})
		}
		return w.node(c)
	}
	v30, v32 := haproxytest.Get(t, 3, 0), haproxytest.Get(t, 3, 2)
	c := w.cluster(node(1, 2, v30), node(2, 2, v32), node(3, 2, v30))
	c.linked()
	const keys = 300
	for i, n := range c.nodes {
		var strings, addresses, numbers []string
		for k := range keys {
			strings = append(strings, fmt.Sprintf("client%d http_req_cnt %d", k, k+i+1))
			addresses = append(addresses, fmt.Sprintf("10.0.%d.%d gpc0 %d", k>>8, k&255, k+i+1))
			numbers = append(numbers, fmt.Sprintf("%d gpc0 %d", 7919*k, k+i+1))
		}
		set(t, n, "/rates", strings...)
		set(t, n, "addresses", addresses...)
		set(t, n, "numbers", numbers...)
	}
	for _, table := range []string{"/rates", "addresses", "numbers"} {
		c.exact(table)
		of := map[string]string{} // who sums a key
		for _, a := range shards {
			for _, key := range a.keys(table + ".agg") {
				if of[key] != "" {
					t.Errorf("%s: both aggregators sum %s", table, key)
				}
				of[key] = a.name
			}
		}
		count := map[string]int{}
		for _, name := range of {
			count[name]++
		}
		if len(of) != keys || count["shard1"] < keys/4 || count["shard2"] < keys/4 {
			t.Errorf("%s: %d keys, shared out as %v; want %d, about a half each", table, len(of), count, keys)
		}
	}
	c.clean()
	for _, a := range shards {
		a.silent("(?i)not ours|other shard")
	}

	// A node that does not share out its keys tells each aggregator those of the other one.
	careless := node(4, 0, v32)
	w.cluster(careless).linked()
	var rows []string
	for k := range keys {
		rows = append(rows, fmt.Sprintf("client%d http_req_cnt 1", k))
	}
	set(t, careless, "/rates", rows...)
	for _, a := range shards {
		a.says("lb4", "shard")
	}
}

// keys are those that an aggregator sums in a table.
func (a *aggregator) keys(table string) (keys []string) {
	a.t.Helper()
	said, err := a.cli("show table data " + table)
	if err != nil {
		a.t.Fatalf("%s: %v", a.name, err)
	}
	for line := range strings.Lines(said) {
		if rest, ok := strings.CutPrefix(line, "key="); ok {
			key, _, _ := strings.Cut(rest, " ")
			keys = append(keys, key)
		}
	}
	return keys
}
