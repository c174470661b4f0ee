package node

import (
	"log/slog"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// TestSet: what an operator sets is one more contribution: it is added, can be changed, and
// leaves what peers report alone.
func TestSet(t *testing.T) {
	s := New(Config{ID: "x", Name: "agg", MaxEntries: 10, MaxTables: 1, Log: slog.New(slog.DiscardHandler), Counters: &Counters{}}, time.Now())
	target, err := s.tables.get(key{name: "web.agg"})
	if err != nil {
		t.Fatal(err)
	}
	schema := &stick.Schema{Name: "web", KeyType: stick.String, KeyLen: 33, Expire: 60_000, Columns: []stick.Column{{Type: stick.GPT0, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1}}}
	l, _ := target.table.Define(nil, "lb1", 0, schema)
	target.table.Apply(s.Now(), l, []stick.Row{{Key: []byte("k"), Values: []uint64{0, 5}, Life: 60_000}}, 0)

	set := func(column int, v uint64) {
		s.Set(target.table, []byte("k"), func(r *stick.Row, _ *stick.Schema) { r.Values[column] = v })
	}
	sum := func(why string, tag, count uint64) {
		t.Helper()
		found := target.table.Get(s.Now(), []byte("k"), func(e *table.Entry) {
			if e.Values[0] != tag || e.Values[1] != count {
				t.Errorf("%s: got %v", why, e.Values)
			}
		})
		if !found {
			t.Errorf("%s: the key is gone", why)
		}
	}
	set(1, 7)
	sum("it is added to what the peer reports", 0, 12)
	set(0, 3)
	sum("one column changes, the others stay as they were set", 3, 12)
	set(1, 1)
	sum("it is replaced, not added to", 3, 6)
	target.table.Apply(s.Now(), l, []stick.Row{{Key: []byte("k"), Values: []uint64{0, 6}, Life: 60_000}}, 0)
	sum("the peer goes on counting", 3, 7)
	target.table.Clear(s.Now(), []byte("k"))
	if target.table.Get(s.Now(), []byte("k"), func(*table.Entry) {}) {
		t.Error("clear table forgets it with all others")
	}
	s.tick(time.Now())
	if len(s.operator.lanes) != 0 {
		t.Error("a lane without contributions has no say any more")
	}
}

// TestSetInATableThatGoes: a table that nobody feeds any more is forgotten with what was set
// in it by hand, and gives its rows back to the others.
func TestSetInATableThatGoes(t *testing.T) {
	s := New(Config{ID: "x", Name: "agg", MaxEntries: 10, MaxTables: 1, Log: slog.New(slog.DiscardHandler), Counters: &Counters{},
		Peers: []PeerConfig{{Name: "lb1"}}}, time.Now())
	target, err := s.tables.get(key{name: "web.agg"})
	if err != nil {
		t.Fatal(err)
	}
	l := &lane{name: "web", target: target}
	if err := s.tables.define(s.roster.find("lb1"), l, "lb1", web("web")); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(target.table, []byte(alice), func(r *stick.Row, _ *stick.Schema) { r.Values[1] = 7 }); err != nil {
		t.Fatal(err)
	}
	if s.Budget().Used() != 1 {
		t.Fatalf("%d rows, want the one that was set", s.Budget().Used())
	}
	s.tables.drop(l)
	if s.Budget().Used() != 0 || len(s.operator.lanes) != 0 || len(s.Tables()) != 0 {
		t.Errorf("%d rows, %d lanes, %d tables are left", s.Budget().Used(), len(s.operator.lanes), len(s.Tables()))
	}
	if s.Set(target.table, []byte(alice), func(*stick.Row, *stick.Schema) {}) == nil {
		t.Error("nothing can be set in a table that is gone")
	}
	if _, err := s.tables.get(key{name: "api.agg"}); err != nil {
		t.Errorf("there is room for another: %v", err)
	}
}
