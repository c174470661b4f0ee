package interop

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// Levels: nodes tell an aggregator of their region, the regions tell one at the top, and what the top sums comes back
// through the regions to every node.

// levelled adds what nodes below two levels of aggregators read: their region's sum and everybody's.
func levelled(tables ...haproxytest.Table) []haproxytest.Table {
	for _, t := range tables {
		tables = append(tables, t.Twin(".intermediate"), t.Twin(".agg"))
	}
	return tables
}

// regions are two of them, with two nodes each, and the top above both.
type regions struct {
	*cluster            // all nodes
	west, east *cluster // those of a region
	region     map[string]*aggregator
	top        *aggregator
}

// region is the configuration of an intermediate aggregator over two nodes, with these lines about what is above it.
func region(name, one, other, above, to string) string {
	return fmt.Sprintf(`
    peer %s {%[1]s} local
    peer %s {%[2]s}
    peer %s {%[3]s}
    %s
    from any to .intermediate %s
    forward .agg`, name, one, other, above, to)
}

// top is the configuration of the one above two regions.
const top = `
    peer top {top} local
    peer west {west} down
    peer east {east} down
    from .intermediate to .agg`

// twoLevels starts two regions, whose "from" lines end in these words, and the top. The nodes are of all versions, an
// old one and a new one in each region.
func twoLevels(t *testing.T, westTo, eastTo string, tables ...haproxytest.Table) *regions {
	t.Helper()
	w := newWorld(t)
	r := &regions{region: map[string]*aggregator{}}
	r.top = w.aggregator("top", top)
	r.region["west"] = w.aggregator("west", region("west", "lb1", "lb3", "peer top {top} up", westTo))
	r.region["east"] = w.aggregator("east", region("east", "lb2", "lb4", "peer top {top} up", eastTo))
	for i, v := range haproxytest.Versions(t) {
		node := haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: levelled(tables...)}
		w.node(node, []string{"west", "east"}[i%2])
	}
	r.cluster = w.everybody()
	r.west, r.east = r.only(r.nodes[0], r.nodes[2]), r.only(r.nodes[1], r.nodes[3])
	r.linked()
	r.top.linked("west", "east")
	return r
}

// readAll waits until every node reads the sums of all: its region's and everybody's.
func (r *regions) readAll(table string) {
	r.t.Helper()
	for _, region := range []*cluster{r.west, r.east} {
		haproxytest.Eventually(r.t, patience, func() error { return region.compare(table, table+".intermediate") })
	}
	r.exact(table)
}

// TestTwoLevels has nodes count, and all of them read what all have counted: counters, tags, and what two tables of one
// node have.
func TestTwoLevels(t *testing.T) {
	t.Parallel()
	addresses := haproxytest.Table{Name: "addresses", Type: "ip", Store: "gpc0,conn_cnt,bytes_in_cnt"}
	r := twoLevels(t, "", "", counted, addresses)

	// Nobody has counted anything yet. The regions have announced their tables all the same, so the first
	// entry will not have to wait for that.
	haproxytest.Eventually(t, patience, func() error {
		said, err := r.top.cli("show table")
		for _, table := range []string{"/rates.agg", "addresses.agg"} {
			if err == nil && !strings.Contains(said, " "+table+", ") {
				err = fmt.Errorf("the top does not know %s before its first entry:\n%s", table, said)
			}
		}
		return err
	})
	r.shares("alice", 10)
	for i, n := range r.nodes {
		set(t, n, "addresses", fmt.Sprintf("192.0.2.1 gpc0 %d conn_cnt %d bytes_in_cnt %d", i+1, 10*(i+1), 3<<30))
		set(t, n, "addresses", fmt.Sprintf("192.0.2.%d gpc0 %d", 10+i, i+1))
	}
	r.readAll("/rates")
	r.readAll("addresses")
	for _, i := range []int{0, 3, 1} { // a node of each region, and one of the first again
		set(t, r.nodes[i], "/rates", fmt.Sprintf("alice gpt0 %d", 100+i))
		r.readAll("/rates")
		r.tag("alice", uint64(100+i))
	}
	r.clean("/rates", "addresses")
}

// tag waits until every node reads a tag: the one that was set last, by any node.
func (r *regions) tag(key string, want uint64) {
	r.t.Helper()
	haproxytest.Eventually(r.t, patience, func() error {
		for _, n := range r.nodes {
			row, err := n.Row("/rates.agg", key)
			if err == nil && row.Numbers["gpt0"] != want {
				err = fmt.Errorf("%s (%v) reads %v, the tag set last is %d", n.Name, n.Version, row, want)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TestRatesThroughTwoLevels is TestRates with two aggregators between the nodes and what they read.
func TestRatesThroughTwoLevels(t *testing.T) {
	t.Parallel()
	const column = "http_req_rate(4000)"
	r := twoLevels(t, "", "", haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_cnt,http_req_rate(4s)", Track: haproxytest.Key})
	ctx, stop := context.WithTimeout(t.Context(), 2*period)
	defer stop()
	var traffic sync.WaitGroup
	for i, n := range r.nodes {
		if i > 0 {
			time.Sleep(period / 5) // windows out of step
		}
		if _, err := n.Request("alice", 1); err != nil {
			t.Fatal(err)
		}
		traffic.Go(func() { n.Traffic(ctx, "alice", []int{40, 15, 25, 5}[i]) })
	}
	haproxytest.Eventually(t, patience, func() error { return r.compare("/rates", "/rates.agg") })
	r.compareRates("under traffic", column, 2, ctx)
	traffic.Wait()
	decay, end := context.WithTimeout(t.Context(), 2*period)
	defer end()
	r.compareRates("in decay", column, 2, decay)
	r.readAll("/rates")
}

// TestSharesExpireThroughTwoLevels has rows live for a short time: a share leaves everybody's sum when its own row goes, and
// the sum goes with the last share, as it does with one level.
func TestSharesExpireThroughTwoLevels(t *testing.T) {
	t.Parallel()
	const life = 8 * time.Second // everybody must have read the whole sum before
	r := twoLevels(t, "", "", haproxytest.Table{Name: "/rates", Type: "ip", Store: "http_req_cnt", Expire: "8s"})
	const key = "192.0.2.1"
	for i, n := range r.nodes {
		set(t, n, "/rates", fmt.Sprintf("%s http_req_cnt %d", key, i+1))
	}
	r.sum(key, 1+2+3+4)
	for begin := time.Now(); time.Since(begin) < life+life/2; time.Sleep(100 * time.Millisecond) {
		set(t, r.nodes[0], "/rates", key+" http_req_cnt 1") // this one stays alive, unchanged
	}
	r.sum(key, 1)
	haproxytest.Eventually(t, patience, func() error {
		for _, n := range r.nodes {
			for _, table := range []string{"/rates", "/rates.intermediate", "/rates.agg"} {
				if used, err := n.Used(table); err != nil || used != 0 {
					return fmt.Errorf("%s (%v): %d rows in %s, error %v", n.Name, n.Version, used, table, err)
				}
			}
		}
		return nil
	})
}

// TestNoAscendAndNoFeedback has one region that does not tell the top, and one that does not tell its nodes. Neither
// word has anything to do with what the top sends down.
func TestNoAscendAndNoFeedback(t *testing.T) {
	t.Parallel()
	r := twoLevels(t, "no-ascend", "no-feedback", counted)
	r.shares("alice", 10)
	haproxytest.Eventually(t, patience, func() error { return r.west.compare("/rates", "/rates.intermediate") })
	// What the east has told the top comes to everybody: by then the west would have been heard, too.
	r.sum("alice", 20+40)
	r.shares("alice", 10)
	r.sum("alice", 2*(20+40))
	for _, n := range r.east.nodes {
		if used, err := n.Used("/rates.intermediate"); err != nil || used != 0 {
			t.Errorf("%s: the east does not feed back, yet the node has %d rows of its sums, error %v", n.Name, used, err)
		}
	}
	if said, err := r.top.cli("show table data /rates.agg"); err != nil || !strings.Contains(said, "east:") || strings.Contains(said, "west:") {
		t.Errorf("the top sums the east's share alone, since the west does not ascend: %q, error %v", said, err)
	}
}

// TestTopWithoutFeedback has the top know everything, and tell nobody.
func TestTopWithoutFeedback(t *testing.T) {
	t.Parallel()
	r := twoLevels(t, "", "", counted)
	r.shares("alice", 10)
	r.readAll("/rates")
	r.top.kill()
	r.top.write(r.world.fill(top + " no-feedback"))
	r.top.start()
	r.top.linked("west", "east")
	r.shares("alice", 10)
	haproxytest.Eventually(t, patience, func() error {
		said, err := r.top.cli("show table data /rates.agg key alice")
		if err == nil && !strings.Contains(said, "key=alice") || !strings.Contains(said, "http_req_cnt=200 ") {
			err = fmt.Errorf("the top's own sum is to be 200: %q", said)
		}
		return err
	})
	r.sum("alice", 100) // what it had told before it stopped to tell
}

// TestThreeLevels has racks below sites below the world. Each node reads the sum of its rack, of its site, and of all.
func TestThreeLevels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	world := w.aggregator("world", `
    peer world {world} local
    peer site1 {site1} down
    peer site2 {site2} down
    from .site to .world`)
	for _, site := range []struct{ name, racks string }{
		{"site1", "peer rack1 {rack1} down\n    peer rack2 {rack2} down"},
		{"site2", "peer rack3 {rack3} down"},
	} {
		w.aggregator(site.name, `
    peer `+site.name+` {`+site.name+`} local
    peer world {world} up
    `+site.racks+`
    from .rack to .site
    forward .world`)
	}
	for i, v := range haproxytest.Versions(t)[1:] { // 2.6, 3.0, 3.2
		rack, node, site := fmt.Sprintf("rack%d", i+1), fmt.Sprintf("lb%d", i+1), fmt.Sprintf("site%d", 1+i/2)
		w.aggregator(rack, `
    peer `+rack+` {`+rack+`} local
    peer `+node+` {`+node+`}
    peer `+site+` {`+site+`} up
    from any to .rack
    forward .site,.world`)
		w.node(haproxytest.Config{Version: v, Name: node, Tables: []haproxytest.Table{
			counted, counted.Twin(".rack"), counted.Twin(".site"), counted.Twin(".world"),
		}}, rack)
	}
	c := w.everybody()
	c.linked()
	world.linked("site1", "site2")
	for range 2 { // cold, and when all are warm
		c.shares("alice", 10)
		for _, sum := range []struct {
			of     *cluster
			suffix string
		}{
			{c.only(c.nodes[0]), ".rack"}, {c.only(c.nodes[1]), ".rack"}, {c.only(c.nodes[2]), ".rack"},
			{c.only(c.nodes[0], c.nodes[1]), ".site"}, {c.only(c.nodes[2]), ".site"},
			{c, ".world"},
		} {
			haproxytest.Eventually(t, patience, func() error { return sum.of.compare("/rates", "/rates"+sum.suffix) })
		}
	}
	c.clean("/rates")
}

// TestRing has three aggregators, each above the next and all with the same names for their sums: a configuration in
// which a sum could be summed again and again. None is: each node reads what it has counted itself, and when nothing
// happens nothing is sent.
func TestRing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := []string{"a", "b", "c"}
	var ring []*aggregator
	for i, name := range names {
		ring = append(ring, w.aggregator(name, fmt.Sprintf(`
    peer %s {%[1]s} local
    peer %s {%[2]s} up
    peer %s {%[3]s} down
    peer lb%d {lb%[4]d}
    from any to .agg`, name, names[(i+1)%3], names[(i+2)%3], i+1)))
	}
	for i, v := range haproxytest.Versions(t)[1:] {
		w.node(haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: withTwins(counted)}, names[i])
	}
	c := w.everybody()
	c.linked()
	for i, a := range ring {
		a.linked(names[(i+1)%3], names[(i+2)%3])
	}
	c.shares("alice", 100)
	for _, n := range c.nodes {
		haproxytest.Eventually(t, patience, func() error { return c.only(n).compare("/rates", "/rates.agg") })
	}
	time.Sleep(time.Second) // for what would be on its way round
	before := told(t, ring)
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	time.Sleep(4 * time.Second)
	watch.end()
	for _, f := range watch.floors {
		if f.lowest != f.highest {
			t.Errorf("%s: the sum moved between %d and %d while nobody counted", f.node.Name, f.lowest, f.highest)
		}
	}
	for link, n := range told(t, ring) {
		if n > before[link]+2 { // the end of a rate's window is told, once
			t.Errorf("updates go round while nobody counts: %s: %d, then %d", link, before[link], n)
		}
	}
}

// told is how many updates aggregators have sent to each of their peers.
func told(t *testing.T, aggregators []*aggregator) map[string]int {
	t.Helper()
	links := map[string]int{}
	for _, a := range aggregators {
		peers, err := a.peers()
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range peers {
			n, err := strconv.Atoi(p["tx_updates"])
			if err != nil {
				t.Fatalf("%s does not tell how much it has told %s: %v", a.name, name, p)
			}
			links[a.name+" to "+name] = n
		}
	}
	return links
}
