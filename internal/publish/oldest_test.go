package publish

import (
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// crowd is a table with receivers that hold it alike and have heard what there was at first.
type crowd struct {
	t         *testing.T
	now       int64
	table     *table.Table
	lane      *table.Lane
	receivers []*receiver
	value     uint64
}

func newCrowd(t *testing.T, receivers int) *crowd {
	schema := text(32, stick.Column{Type: stick.GPC0})
	c := &crowd{t: t, now: 3_600_000_000, table: table.New(table.Config{Seed: 3})}
	c.lane, _ = c.table.Define(nil, "lb1", 0, schema)
	press := NewPress(c.table)
	for range receivers {
		c.receivers = append(c.receivers, newReceiver(t, c.table, press, schema, true))
	}
	for range 3 { // everybody has heard all, and those of an edition are in step
		c.change("a")
		for _, r := range c.receivers {
			c.settle(r)
		}
	}
	return c
}

func (c *crowd) settle(r *receiver) {
	for r.pull(c.now, 64<<10) > 0 || r.feed.Due() {
	}
}

// change lets a key have another value, just now.
func (c *crowd) change(key string) {
	c.value++
	c.lane.Stamp(c.now * 1e6)
	c.table.Apply(c.now, c.lane, []stick.Row{{Key: []byte(key), Values: []uint64{c.value}, Life: 600_000}}, 0)
}

// want pulls and holds against it how many ms the oldest change has waited; -1: not known.
func (c *crowd) want(why string, i int, want int64) {
	c.t.Helper()
	r := c.receivers[i]
	got := int64(-1)
	if n := r.pull(c.now, 64<<10); n == 0 {
		c.t.Fatalf("%s: receiver %d was told nothing", why, i)
	}
	if r.feed.Oldest != 0 {
		got = c.now - r.feed.Oldest/1e6
	}
	if got != want {
		c.t.Errorf("%s: receiver %d: waited %d ms, want %d", why, i, got, want)
	}
}

func TestOldestAlone(t *testing.T) {
	c := newCrowd(t, 1)
	c.change("a")
	c.now += 4
	c.change("b")
	c.now++
	c.want("both are told at once, and the first of them counts", 0, 5)
	if r := c.receivers[0]; r.pull(c.now, 64<<10) != 0 || r.feed.Oldest != 0 {
		t.Error("there is nothing more, so nothing waits")
	}
	c.receivers[0].feed.Teach()
	c.want("a lesson tells what nobody has waited for", 0, -1)
	c.change("a")
	c.now += 2
	c.receivers[0].feed.Confirmed()
	c.want("behind it changes count again", 0, 2)
}

func TestOldestInAnEdition(t *testing.T) {
	c := newCrowd(t, 3)
	c.change("a")
	c.now += 5
	c.want("who reads first has waited", 0, 5)
	c.now += 2
	c.want("who takes what was encoded for the first comes later", 1, 7)

	c.change("a")
	c.now += 3
	c.want("the next batch counts by itself", 0, 3)
	c.want("for everybody", 1, 3)
	c.now += 500
	c.want("who comes too late for both reads alone, and has waited for the first of them", 2, 510)
	c.change("b")
	c.now++
	c.want("once it has caught up it is as all others", 2, 1)

	// However much it has missed.
	began := c.now
	for range 2 * kept {
		c.change("a")
		c.now += 10
		c.settle(c.receivers[0])
	}
	c.want("who was away for long has waited for long", 2, c.now-began)
}
