package interop

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// Groups: replicas of an aggregator see the same nodes, one of them counts. The shares from before the traffic are
// thousands, see underWay: a sum that has lost a region, or has one twice, is off by more than what is under way.

// above are the lines of two tops that are replicas of each other.
const above = "peer top1 {top1} up group tops\n    peer top2 {top2} up group tops"

// twoTops starts two regions below two tops.
func twoTops(t *testing.T) (all *cluster, tops, middle []*aggregator) {
	t.Helper()
	w := newWorld(t)
	for _, name := range []string{"top1", "top2"} {
		tops = append(tops, w.aggregator(name, `
    peer `+name+` {`+name+`} local
    peer west {west} down
    peer east {east} down
    from .intermediate to .agg`))
	}
	middle = append(middle, w.aggregator("west", region("west", "lb1", "lb3", above, "")))
	middle = append(middle, w.aggregator("east", region("east", "lb2", "lb4", above, "")))
	for i, v := range haproxytest.Versions(t) {
		node := haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: levelled(counted)}
		w.node(node, []string{"west", "east"}[i%2])
	}
	all = w.everybody()
	all.linked()
	all.learned()
	for _, top := range tops {
		top.linked("west", "east")
	}
	all.grant("alice", 1000)
	all.exact("/rates")
	return all, tops, middle
}

// TestTwoTops kills each top while nothing moves, and while traffic does: nobody reads less or more.
func TestTwoTops(t *testing.T) {
	t.Parallel()
	c, tops, _ := twoTops(t)
	quiet := c.watchSum("/rates", "alice", "http_req_cnt")
	for i, top := range tops {
		top.kill()
		time.Sleep(500 * time.Millisecond) // of sums by the other one alone
		c.exact("/rates")
		top.start()
		top.linked("west", "east")
		c.learns(tops[1-i], tops[i])
	}
	quiet.end()

	moving := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for i, top := range tops {
		top.kill()
		time.Sleep(500 * time.Millisecond)
		top.start()
		top.linked("west", "east")
		c.learns(tops[1-i], tops[i])
	}
	stop()
	c.exact("/rates")
	moving.endFalling(underWay)
}

// learns waits until an aggregator that was started again has as large a sum of alice as the one that went on. Until then
// it would be no replica, and the next fault would be a second one, not a single one.
func (c *cluster) learns(old, young *aggregator) {
	c.t.Helper()
	haproxytest.Eventually(c.t, patience, func() error {
		want, err := old.counted("alice")
		if err != nil {
			return err
		}
		got, err := young.counted("alice")
		if err == nil && got+underWay < want {
			err = fmt.Errorf("%s has %d of %d requests", young.name, got, want)
		}
		return err
	})
}

// counted is the aggregator's own sum of requests with a key, in the one table that it publishes.
func (a *aggregator) counted(key string) (uint64, error) {
	for _, table := range []string{"/rates.intermediate", "/rates.agg"} {
		said, err := a.cli("show table data " + table + " key " + key)
		if err != nil {
			return 0, err
		}
		sum, _, _ := strings.Cut(said, "\n")
		for word := range strings.FieldsSeq(sum) {
			if value, ok := strings.CutPrefix(word, "http_req_cnt="); ok {
				return strconv.ParseUint(value, 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("%s has no sum of %s", a.name, key)
}

// twoMiddles starts one region with two aggregators, and the top that knows them for one.
func twoMiddles(t *testing.T) (all *cluster, top *aggregator, middle []*aggregator) {
	t.Helper()
	w := newWorld(t)
	top = w.aggregator("top", `
    peer top {top} local
    peer middle1 {middle1} down group middle
    peer middle2 {middle2} down group middle
    from .intermediate to .agg`)
	for _, name := range []string{"middle1", "middle2"} {
		middle = append(middle, w.aggregator(name, `
    peer `+name+` {`+name+`} local
    peer lb1 {lb1}
    peer lb2 {lb2}
    peer lb3 {lb3}
    peer lb4 {lb4}
    peer top {top} up
    from any to .intermediate
    forward .agg`))
	}
	for i, v := range haproxytest.Versions(t) {
		w.node(haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: levelled(counted)}, "middle1", "middle2")
	}
	all = w.everybody()
	all.linked()
	all.learned()
	top.linked("middle1", "middle2")
	all.grant("alice", 1000)
	all.exact("/rates")
	return all, top, middle
}

// TestTwoMiddles kills each of two replicas below the top: their region never counts twice, and never not at all.
func TestTwoMiddles(t *testing.T) {
	t.Parallel()
	c, top, middle := twoMiddles(t)
	quiet := c.watchSum("/rates", "alice", "http_req_cnt")
	for i, m := range middle {
		m.kill()
		time.Sleep(500 * time.Millisecond)
		c.exact("/rates")
		m.start()
		c.linked()
		top.linked("middle1", "middle2")
		c.learns(middle[1-i], m)
	}
	quiet.end()

	moving := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	for i, m := range middle {
		m.kill()
		time.Sleep(500 * time.Millisecond)
		m.start()
		c.linked()
		top.linked("middle1", "middle2")
		c.learns(middle[1-i], m)
	}
	stop()
	c.exact("/rates")
	haproxytest.Eventually(t, patience, func() error { return c.compare("/rates", "/rates.intermediate") })
	moving.endFalling(underWay)
	c.clean()
}

// TestSilentLeader stops the leader of a group without a word: its connections stay, and say nothing. The sums go on by
// the other one.
func TestSilentLeader(t *testing.T) {
	t.Parallel()
	c, _, middle := twoMiddles(t)
	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	middle[0].pause() // the first line of a group leads it
	c.shares("alice", 100)
	c.exact("/rates")
	middle[0].resume()
	c.linked()
	c.shares("alice", 100)
	c.exact("/rates")
	watch.endFalling(anyFall) // what was on its way to the stopped one comes late
}

// TestEverythingKilledInTurn has two replicas on each level, and traffic, and kills whatever there is, one after the
// other and in another order each time. No node ever reads more than was counted, and in the end all read just that.
func TestEverythingKilledInTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var aggregators []*aggregator
	for _, name := range []string{"top1", "top2"} {
		aggregators = append(aggregators, w.aggregator(name, `
    peer `+name+` {`+name+`} local
    peer middle1 {middle1} down group middle
    peer middle2 {middle2} down group middle
    from .intermediate to .agg`))
	}
	for _, name := range []string{"middle1", "middle2"} {
		aggregators = append(aggregators, w.aggregator(name, region(name, "lb1", "lb2", above, "")))
	}
	for i, v := range []haproxytest.Version{haproxytest.Get(t, 2, 6), haproxytest.Get(t, 3, 2)} {
		w.node(haproxytest.Config{Version: v, Name: fmt.Sprintf("lb%d", i+1), Tables: levelled(counted)}, "middle1", "middle2")
	}
	c := w.everybody()
	c.linked()
	c.learned()
	c.grant("alice", 1000)
	c.exact("/rates")

	watch := c.watchSum("/rates", "alice", "http_req_cnt")
	stop := c.traffic()
	victims := make([]func(), 0, len(aggregators)+len(c.nodes))
	for _, a := range aggregators {
		victims = append(victims, func() { t.Logf("%s is killed", a.name); a.restart() })
	}
	for _, n := range c.nodes {
		victims = append(victims, func() { t.Logf("%s is killed", n.Name); n.Restart() })
	}
	rand.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	for _, kill := range victims {
		kill()
		c.linked()
		for _, top := range aggregators[:2] {
			top.linked("middle1", "middle2")
		}
		time.Sleep(300 * time.Millisecond)
	}
	stop()
	c.exact("/rates")
	haproxytest.Eventually(t, patience, func() error { return c.compare("/rates", "/rates.intermediate") })
	watch.endFalling(anyFall, c.nodes...)
}
