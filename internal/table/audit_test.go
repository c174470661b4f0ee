package table

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// audit recomputes from its shares what a table keeps of each row, and says what is wrong.
func audit(t *Table) (why string) {
	lives := map[uint16]int64{}
	for i := range t.shards {
		s := &t.shards[i]
		for id := s.rows.next(1, never); id != 0; id = s.rows.next(id+1, never) {
			key := s.keys.append(nil, s.rows.at(id).key)
			if wrong := s.auditRow(id, lives); wrong != "" {
				why = fmt.Sprintf("row %q: %s", key, wrong)
			}
			if s.findRow(uint32(t.hash(key)), key) != id {
				why = fmt.Sprintf("row %q is not found", key)
			}
		}
		if wrong := s.auditMemory(); wrong != "" {
			why = wrong
		}
	}
	for _, l := range t.sortedLanes() {
		if l.live.Load() != lives[l.id] {
			why = fmt.Sprintf("%s has %d shares, and says %d", l.label, lives[l.id], l.live.Load())
		}
	}
	return why
}

// auditMemory counts what is given out.
func (s *shard) auditMemory() string {
	shares, blocks := 0, 0
	for id := s.rows.next(1, never); id != 0; id = s.rows.next(id+1, never) {
		r := s.rows.at(id)
		shares += int(r.shares)
		if r.shares > 0 {
			blocks++
		}
		g := s.dues.groups[id>>groupShift]
		if r.due < g || g < s.dues.chunks[id>>mostShift] {
			return fmt.Sprintf("a row is due at %d, its group at %d, its chunk at %d", r.due, g, s.dues.chunks[id>>mostShift])
		}
	}
	for i := range s.blocks {
		blocks -= s.blocks[i].used
	}
	keys := s.rows.used
	for i := range s.keys.blocks {
		keys -= s.keys.blocks[i].used
	}
	switch {
	case shares != s.shares:
		return fmt.Sprintf("%d shares, it says %d", shares, s.shares)
	case blocks != 0:
		return fmt.Sprintf("%d blocks too few are given out", blocks)
	case keys != 0 && !s.keys.inline():
		return fmt.Sprintf("%d keys too few are given out", keys)
	}
	return ""
}

func (s *shard) auditRow(id uint32, alive map[uint16]int64) string {
	r := s.rows.at(id)
	live, lives := uint16(0), uint32(0)
	for i, h := range s.heads(r) {
		cells := s.cells(r, i)
		if i > 0 && s.heads(r)[i-1].lane >= h.lane {
			return "its shares are out of order"
		}
		if h.state&expired != 0 {
			if slices.ContainsFunc(cells, func(c uint32) bool { return c != 0 }) {
				return "what has expired holds zeros"
			}
			continue
		}
		live++
		alive[h.lane]++
		switch {
		case s.askew(h):
			return "a share is not what its lane is"
		case h.until != never && r.due > max(h.until, s.clock+17):
			return fmt.Sprintf("due at %d, a share's life ends at %d", r.due, h.until)
		case r.due > max(s.windowEnd(cells, int64(s.clock)<<tickShift), s.clock+1):
			return "a window ends and nobody looks"
		case h.state&idle == 0:
			lives = max(lives, h.until)
		}
	}
	switch {
	case r.live != live || live == 0 && !r.zeroed:
		return fmt.Sprintf("%d shares live, it says %d", live, r.live)
	case r.zeroed && lives != 0:
		return "cleared, and a share counts"
	case !r.zeroed && r.lives != lives:
		return fmt.Sprintf("lives until %d, it says %d", lives, r.lives)
	case r.link == (link{}):
		return "it is not in the list"
	}
	return s.auditSum(r)
}

// auditSum compares a sum that is kept with the shares.
func (s *shard) auditSum(r *row) string {
	kept := s.kept(r)
	if kept == nil {
		return ""
	}
	sum, want := kept[:s.plan.Words], make([]uint64, s.plan.Words)
	s.add(want, r, baseOf(kept))
	for i := range s.plan.Ops {
		o := &s.plan.Ops[i]
		if o.Rule != aggregate.Latest {
			continue
		}
		value, owner := aggregate.LatestValue(sum[o.Word:]), aggregate.LatestOwner(sum[o.Word:])
		copy(want[o.Word:o.Word+2], sum[o.Word:])
		says := owner == aggregate.Nobody && value == 0
		for i := range s.heads(r) {
			c := s.candidate(r, i, o.Cell)
			if owner == aggregate.Nobody && c.Value != 0 {
				return "nobody decides a column, and there is a value"
			}
			says = says || c.Owner == owner && c.Value == value
		}
		if !says {
			return fmt.Sprintf("op %d: lane %d does not say %d", i, owner, value)
		}
	}
	if !slices.Equal(sum, want) {
		return fmt.Sprintf("the sum is %v, of the shares that count %v", sum, want)
	}
	return ""
}

// chaos is a table to which anything may happen.
type chaos struct {
	*fixture
	schema *stick.Schema
	rand   *rand.Rand
	lanes  []*Lane
	reader *Reader
	budget *Budget
	did    map[string]int // what has happened, and how often
}

func (c *chaos) row() stick.Row {
	n := func(below int) uint64 { return c.rand.Uint64N(uint64(below)) }
	life := []uint32{uint32(1 + n(5000)), uint32(n(60_000)), stick.Forever}[n(3)]
	r := reported(fmt.Sprint("k", n(25)), life, n(3), n(3), n(2), n(20_000), n(9), n(9), n(1<<40), n(9), n(9))
	r.Text, r.Replay = []string{"", "s1", "s2"}[n(3)], n(5) == 0
	return r
}

// deeds are what may happen, to a lane.
var deeds = map[string]func(c *chaos, l *Lane){
	"begin": func(c *chaos, l *Lane) { c.table.Begin(l) },
	"end":   func(c *chaos, l *Lane) { c.table.End(l, c.rand.IntN(2) == 0) },
	"weigh": func(c *chaos, l *Lane) {
		if l.Counts() {
			c.table.Weigh([]*Lane{c.lanes[c.rand.IntN(len(c.lanes))]}, []*Lane{l})
		} else {
			c.table.Weigh([]*Lane{l}, nil)
		}
	},
	"alone": func(c *chaos, l *Lane) {
		c.table.Weigh([]*Lane{l}, slices.DeleteFunc(slices.Clone(c.lanes), func(o *Lane) bool { return o == l }))
	},
	"nobody":  func(c *chaos, l *Lane) { c.table.Weigh(nil, c.lanes) },
	"gauges":  func(c *chaos, l *Lane) { c.table.LoseGauges(l) },
	"forever": func(c *chaos, l *Lane) { c.table.DropForever(l) },
	"clear":   func(c *chaos, l *Lane) { c.table.Clear(c.now, c.row().Key) },
	"all":     func(c *chaos, l *Lane) { c.table.ClearAll(c.now) },
	"up":      func(c *chaos, l *Lane) { c.table.SetUp(l, c.rand.IntN(2) == 0) },
	"max":     func(c *chaos, l *Lane) { c.budget.SetMax(int64(2 + c.rand.IntN(30))) },
	"rewind":  func(c *chaos, l *Lane) { c.reader.Rewind() },
	"define": func(c *chaos, l *Lane) {
		s := *c.schema
		s.Columns = slices.Clone(s.Columns)
		s.Columns[len(s.Columns)-1].Len = uint8(2 + c.rand.IntN(2))
		c.lanes[len(c.lanes)-1], _ = c.table.Define(c.lanes[len(c.lanes)-1], "extra", 99, &s)
	},
}

// TestAudit: whatever happens to a table some of whose lanes do not count, each sum, life and
// owner is that of the shares that do.
func TestAudit(t *testing.T) {
	did := map[string]int{}
	names := slices.Sorted(maps.Keys(deeds)) // so that a seed is one story
	for seed := range uint64(120) {
		c := &chaos{schema: []*stick.Schema{everything, withoutHistory}[seed%2], fixture: newFixture(t), rand: rand.New(rand.NewPCG(seed, 4)), budget: NewBudget(20), did: did}
		c.table = New(Config{Seed: seed, Budget: c.budget})
		for range []int{4, 4, 14}[seed%3] {
			c.lanes = append(c.lanes, c.lane(c.schema))
		}
		c.reader = c.table.NewReader()
		for range 300 {
			what := c.step(names)
			if why := audit(c.table); why != "" {
				t.Fatalf("seed %d, after %q: %s", seed, what, why)
			}
			if rows := c.table.Stats().Rows; int64(rows) != c.budget.Used() {
				t.Fatalf("seed %d, after %q: %d rows, %d used", seed, what, rows, c.budget.Used())
			}
		}
	}
	for _, name := range names {
		if did[name] < 50 {
			t.Errorf("%s: tried %d times only", name, did[name])
		}
	}
}

func (c *chaos) step(names []string) (what string) {
	l := c.lanes[c.rand.IntN(len(c.lanes)-1)] // the last one has no rows
	switch c.rand.IntN(4) {
	case 0:
		what = names[c.rand.IntN(len(names))]
		deeds[what](c, l)
		c.did[what]++
	case 1:
		what = "pass"
		c.pass(c.rand.Int64N(3000))
		c.drain(c.reader, 60_000)
	default:
		what = "report"
		var rows []stick.Row
		for range 1 + c.rand.IntN(4) {
			rows = append(rows, c.row())
		}
		// Clocks are read before locks are taken, so that one report may come behind a later one.
		c.table.Apply(c.now-c.rand.Int64N(60), l, rows, How(c.rand.IntN(4)))
	}
	return what
}
