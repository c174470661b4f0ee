package node

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// registry holds the tables that a section publishes, by name. Safe for concurrent use.
type registry struct {
	section *Section
	budget  *table.Budget
	version atomic.Uint64 // grows with each new table

	mu      sync.RWMutex
	targets map[string]*target
	list    []*target             // in the order of their ids
	lastID  uint32                // ids are not used again: a feed may still have the old one
	owners  map[*table.Lane]*Peer // whom to ask when a lane's rows are needed again
}

// target is one table that we publish.
type target struct {
	name  string
	id    uint32 // ours, the same for all peers; from 1
	table *table.Table
	lanes int // that feed it; guarded by the registry. Without any it goes.

	changes uint64 // of the table at the last tick; the ticker's

	mu   sync.Mutex
	said []table.Disagreement // what has been logged and not been taken back
}

func newRegistry(s *Section) *registry {
	return &registry{section: s, budget: table.NewBudget(s.MaxEntries), targets: map[string]*target{}, owners: map[*table.Lane]*Peer{}}
}

// get returns the table that is published under name, for one more lane that feeds it. It
// makes the table if need be, and refuses one beyond the section's limit.
func (r *registry) get(name string) (*target, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.targets[name]; t != nil {
		t.lanes++
		return t, nil
	}
	if len(r.list) >= r.section.MaxTables {
		return nil, fmt.Errorf("table %q: the section has %d tables already (max-tables %d)", name, len(r.list), r.section.MaxTables)
	}
	r.lastID++
	t := &target{name: name, id: r.lastID, lanes: 1, table: table.New(table.Config{Seed: r.section.Seed, Budget: r.budget})}
	r.targets[name] = t
	r.list = append(r.list, t)
	r.version.Add(1)
	return t, nil
}

// find returns the table that is published under name, or nil. A leading slash, which
// tables of peers sections have on the wire, may be left out.
func (r *registry) find(name string) *target {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if t := r.targets[name]; t != nil {
		return t
	}
	return r.targets["/"+name]
}

// has reports whether there is a table with that id.
func (r *registry) has(id uint32) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.ContainsFunc(r.list, func(t *target) bool { return t.id == id })
}

// publishes reports whether a table is one of those that are published.
func (r *registry) publishes(t *table.Table) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.ContainsFunc(r.list, func(o *target) bool { return o.table == t })
}

// all returns the tables in the order in which they came to be.
func (r *registry) all() []*target {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.list)
}

// setUp notes whether the peer of a lane is there. Who decides about the definition may
// change with it.
func (r *registry) setUp(l *lane, up bool) {
	if again := l.target.table.SetUp(l.lane, up); again != nil {
		r.relearn(again)
		r.version.Add(1)
		l.target.report(r.section)
	}
}

// define gives a lane its definition, tells the log which definitions disagree now or do so
// no longer, and asks those peers for a lesson whose rows are needed again.
func (r *registry) define(p *Peer, l *lane, label string, s *stick.Schema) error {
	t := l.target
	made, relearn := t.table.Define(l.lane, label, p.order, s)
	if made == nil {
		r.mu.Lock()
		t.lanes-- // get had counted it
		r.mu.Unlock()
		return fmt.Errorf("table %q: too many peers feed it", t.name)
	}
	r.mu.Lock()
	l.lane = made
	r.owners[made] = p
	r.mu.Unlock()
	r.relearn(relearn)
	t.report(r.section)
	r.version.Add(1) // the shape of what is published may have changed
	return nil
}

// relearn asks the peers of lanes that count again for a lesson: their rows were not kept.
func (r *registry) relearn(lanes []*table.Lane) {
	for _, l := range lanes {
		r.mu.RLock()
		p := r.owners[l]
		r.mu.RUnlock()
		if p == nil {
			continue
		}
		if c := p.current(); c != nil {
			c.ask(&c.relearn)
		}
	}
}

// drop takes a lane out of the sums for good. A table that nobody feeds any more is
// forgotten, so that names that come and go do not use up the limit.
func (r *registry) drop(l *lane) {
	t := l.target
	relearn := t.table.Drop(l.lane)
	r.mu.Lock()
	delete(r.owners, l.lane)
	t.lanes--
	gone := t.lanes == 0
	if gone {
		delete(r.targets, t.name)
		r.list = slices.DeleteFunc(r.list, func(o *target) bool { return o == t })
	}
	r.mu.Unlock()
	if gone {
		r.section.operator.leave(t.table)
		t.table.Forget()
	}
	r.relearn(relearn)
	r.version.Add(1)
	t.report(r.section)
}

// report logs each disagreement between members' definitions once, and its end.
func (t *target) report(s *Section) {
	t.mu.Lock()
	defer t.mu.Unlock()
	is := t.table.Disagreements()
	for _, d := range is {
		if !slices.Contains(t.said, d) {
			s.log.Warn("definitions disagree", "table", t.name, "peer", d.Lane, "why", d.Text)
		}
	}
	for _, d := range t.said {
		if !slices.Contains(is, d) {
			s.log.Info("definitions agree again", "table", t.name, "peer", d.Lane, "was", d.Text)
		}
	}
	t.said = is
}
