// Package table keeps what every member last reported for every key, and the sums.
//
// Rows are applied to lanes, a lane being one source table of one peer. What a lane last
// reported for a key is its share, and a row is a key with all its shares. The sum of a few is
// added up when the row is read; that of many is kept and folded, old share out and new share in, so
// that an update costs the same whatever the number of members. Of replicas, which report the same, every share is kept and
// one lane's are in the sums: Weigh says whose. Receivers read through bookmarks in a list of rows in
// which the last changed is the last. A table has locks and no I/O: the time is handed in,
// as milliseconds of the caller's monotonic clock, and nothing outside of the package is
// ever called under a lock. It must never know what a session or a message is.
//
// The layout serves the one path that runs a million times a second (Apply): a table is
// cut into shards by a seeded hash, each with a leaf mutex, and a shard is a few slabs
// of plain numbers without a pointer in them, so that the garbage collector has nothing
// to look at and an update allocates nothing.
package table

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"
	"tallystick/internal/aggregate"
	"tallystick/internal/stick"
)

// shards is how many parts a table has. Enough that the sessions of a machine with a few
// cores seldom wait for each other, few enough that a reader's walk over all is nothing.
const shards = 16

// Config says how a table is made.
type Config struct {
	Seed   uint64  // of the hash: keys come from strangers, so it must not be known to them
	Budget *Budget // of rows, shared by the tables of a section; nil: no limit
}

// Table is one table of sums. Safe for concurrent use.
type Table struct {
	seed   uint64
	budget *Budget
	texts  texts
	shards [shards]shard

	mu       sync.RWMutex // definitions and the set of lanes; held for reading while rows are applied
	lanes    []*Lane      // by id; nil: free; 0 is nobody's
	over     *Lane        // the one that overrules the others (overrule.go); nil: none does
	plan     *aggregate.Plan
	layout   uint64 // grows when the shards are rebuilt: places of before mean nothing
	disagree []Disagreement
	readers  []bool // places in the change lists that are taken, by number
	weighing int    // walks of Weigh that are under way: rows may be out of line with their lanes

	updates atomic.Uint64 // rows applied since the start
	stands  atomic.Uint64 // names given to places of readers
}

// New makes a table that has no definition yet.
func New(c Config) *Table {
	t := &Table{seed: c.Seed, budget: c.Budget, lanes: make([]*Lane, 1)}
	if t.budget == nil {
		t.budget = NewBudget(1 << 62)
	}
	for i := range t.shards {
		t.shards[i].init(t, uint64(i))
	}
	return t
}

// Schema is the definition of the sum, united from those of the members; nil before the
// first. It is another pointer whenever it is another definition. It has no name.
func (t *Table) Schema() *stick.Schema {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.plan == nil {
		return nil
	}
	return t.plan.Schema
}

// hash spreads keys over shards (the highest bits) and slots (the low 32).
func (t *Table) hash(key []byte) uint64 { return xxh3.HashSeed(key, t.seed) }

func shardOf(h uint64) int { return int(h >> 60) }

// The clock of a table: ticks of 64 ms for lives and dues, which need no better, and the
// low 32 bits of the milliseconds for windows of rates.
const (
	tickShift = 6
	never     = 1<<32 - 1 // a tick that does not come (after eight years)
)

func tickOf(now int64) uint32 { return uint32(now >> tickShift) }

// ticks is a time in ms as ticks, at least one.
func ticks(ms uint32) uint32 { return max(1, ms>>tickShift) }

// Stats is a table in numbers.
type Stats struct {
	Rows    int    // keys
	Shares  int    // contributions, those that do not count or show as expired included
	Updates uint64 // rows applied since the start
	Changes uint64 // times that a row was put at the end of the change list
	Expired uint64 // contributions whose life has ended
	Emptied uint64 // rows that went with the last of them
	Bytes   int    // memory of rows, shares, keys and index
	Readers int
	Texts   int    // different texts held
	Refused uint64 // texts beyond the limit, taken as none
}

// Stats counts. It takes each shard's lock for a moment.
func (t *Table) Stats() Stats {
	s := Stats{Updates: t.updates.Load()}
	s.Texts, s.Refused = t.texts.stats()
	s.Changes = t.Changes()
	t.mu.RLock()
	for _, taken := range t.readers {
		if taken {
			s.Readers++
		}
	}
	t.mu.RUnlock()
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.Lock()
		s.Rows += sh.rows.used
		s.Shares += sh.shares
		s.Bytes += sh.bytes()
		s.Expired += sh.expired
		s.Emptied += sh.emptied
		sh.mu.Unlock()
	}
	return s
}

// TextsRefused is how many texts were taken for none, since there were too many or they were
// too long.
func (t *Table) TextsRefused() uint64 {
	_, refused := t.texts.stats()
	return refused
}

// Touch makes a row due for every reader although nothing has changed.
func (t *Table) Touch(key []byte) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	t.touch(key)
}

// touch is Touch. t.mu is held.
func (t *Table) touch(key []byte) {
	h := t.hash(key)
	s := &t.shards[shardOf(h)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.findRow(uint32(h), key); r != 0 {
		s.touch(r)
	}
}

// sortedLanes lists the lanes there are in configuration order. t.mu is held.
func (t *Table) sortedLanes() []*Lane {
	l := slices.DeleteFunc(slices.Clone(t.lanes), func(l *Lane) bool { return l == nil })
	slices.SortStableFunc(l, func(a, b *Lane) int { return a.order - b.order })
	return l
}
