package publish

import (
	"strings"
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// announced pulls one batch and tells what table it announces beside its updates; "" for none.
func (r *rig) announced() (table string, updates int) {
	b := wire.Batch{Timed: true, Dict: &r.dict, Limit: r.limit}
	n := r.feed.Pull(r.now, &b)
	if b.Define {
		table = b.Schema.Name + " " + b.Schema.String()
	}
	return table, n
}

// TestOffer: another aggregator takes a table as it is, and knows it before it has a row.
func TestOffer(t *testing.T) {
	r := newRig(t, text(32, stick.Column{Type: stick.GPC0}))
	path := stick.Path{Sums: []uint64{1}}
	r.feed.Offer("web.mid", path)
	if !r.feed.Due() {
		t.Error("a table without a row is to be told of")
	}
	if got, n := r.announced(); got != "web.mid type string len 32 expire 10m store gpc0" || n != 0 {
		t.Errorf("it is told in our own definition, under the name that it has there: %q, %d updates", got, n)
	}
	if got, _ := r.announced(); got != "" {
		t.Errorf("and once: %q", got)
	}
	r.report("a", 1)
	r.expect(r.pull(), "1 a=[1] for 600000ms", "rows follow without waiting for anybody's definition")
	if r.feed.shape.to.Path.Sums[0] != 1 {
		t.Error("the definition tells the way")
	}

	r.feed.Offer("web.mid", stick.Path{Sums: []uint64{2, 1}})
	if got, _ := r.announced(); got == "" {
		t.Error("a table that comes another way now is told again")
	}

	r.feed.Teach()
	if r.feed.Taught() {
		t.Error("a lesson tells of the table again")
	}
	if got, n := r.announced(); got == "" || n != 1 {
		t.Errorf("with all rows behind it: %q, %d updates", got, n)
	}
	if !r.feed.Taught() {
		t.Error("that was all")
	}

	r.feed.Start()
	if r.feed.Due() {
		t.Error("in another session nothing is said before the offer")
	}
}

// TestOfferFollowsTheMembers: the definition that the peer has is that of the members, always.
func TestOfferFollowsTheMembers(t *testing.T) {
	r := &rig{t: t, now: 3_600_000_000, table: table.New(table.Config{Seed: 1}), timed: true, limit: 64 << 10}
	r.feed = NewFeed(7, r.table)
	r.feed.Start()
	r.feed.Offer("web.mid", stick.Path{})
	if r.feed.Due() {
		t.Error("nobody has defined the table yet")
	}
	r.lane, _ = r.table.Define(nil, "lb1", 0, text(32, stick.Column{Type: stick.GPC0}))
	r.feed.Offer("web.mid", stick.Path{})
	r.report("a", 1)
	if got, n := r.announced(); !strings.HasSuffix(got, "store gpc0") || n != 1 {
		t.Errorf("now somebody has: %q, %d", got, n)
	}
	r.table.Define(r.lane, "lb1", 0, text(32, stick.Column{Type: stick.GPC0}, stick.Column{Type: stick.GPC1}))
	r.report("a", 1, 2)
	if got, _ := r.announced(); !strings.HasSuffix(got, "store gpc0,gpc1") {
		t.Errorf("another definition is found with the rows that have it, before anybody tells: %q", got)
	}
}
