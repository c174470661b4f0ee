package node

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/publish"
	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// registry holds the tables that a section publishes, by name. Safe for concurrent use.
type registry struct {
	section *Section
	budget  *table.Budget
	version atomic.Uint64 // grows when what peers are to hear of tables may look different

	mu      sync.RWMutex
	targets map[key]*target
	list    []*target // in the order of their ids
	lastID  uint32    // ids are not used again: a feed may still have the old one
	refused struct {  // tables beyond the limit
		times uint64
		at    time.Time // the last of them
	}
	owners map[*table.Lane]owned // whose each lane is
}

// key tells tables apart. A sum and a table from above may have one name, if the
// configuration is so unwise: the nodes' table is then written by both.
type key struct {
	name    string
	relayed bool
}

// target is one table that we publish: the sum of its lanes, or one that comes from above, of
// which one lane counts at a time. What is not said to be guarded is fixed.
type target struct {
	key
	id    uint32 // ours, the same for all peers; from 1
	table *table.Table
	press *publish.Press // of the table, for all feeds of it
	lanes int            // that feed it; guarded by the registry. Without any it goes.

	changes uint64        // of the table at the last tick; the ticker's
	told    atomic.Uint64 // updates of it that were sent to peers
	recent  recent        // how long changes of it waited lately

	mu   sync.Mutex
	said []table.Disagreement // what has been logged and not been taken back
}

// owned is a lane, whose it is, and what it is called there.
type owned struct {
	peer   *Peer
	name   string
	target *target
	lane   *table.Lane
}

func newRegistry(s *Section) *registry {
	return &registry{section: s, budget: table.NewBudget(s.conf().MaxEntries), targets: map[key]*target{}, owners: map[*table.Lane]owned{}}
}

// get returns a table that is published, for one more lane that feeds it. It makes the table
// if need be, and refuses one beyond the section's limit.
func (r *registry) get(k key) (*target, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.targets[k]; t != nil {
		t.lanes++
		return t, nil
	}
	c := r.section.conf()
	if len(r.list) >= c.MaxTables {
		r.refused.times++
		r.refused.at = time.Now()
		return nil, fmt.Errorf("table %q: the section has %d tables already (max-tables %d)", k.name, len(r.list), c.MaxTables)
	}
	r.lastID++
	t := &target{key: k, id: r.lastID, lanes: 1, table: table.New(table.Config{Seed: c.Seed, Budget: r.budget})}
	t.press = publish.NewPress(t.table)
	r.targets[k] = t
	r.list = append(r.list, t)
	r.version.Add(1)
	return t, nil
}

// find returns the table that is published under name, or nil; a sum before one from above. A
// leading slash, which tables of peers sections have on the wire, may be left out.
func (r *registry) find(name string) *target {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, n := range []string{name, "/" + name} {
		for _, relayed := range []bool{false, true} {
			if t := r.targets[key{n, relayed}]; t != nil {
				return t
			}
		}
	}
	return nil
}

// sum returns the sum that is published under exactly that name, or nil.
func (r *registry) sum(name string) *target {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.targets[key{name, false}]
}

// touch makes a key due again in every table of a name.
func (r *registry) touch(name string, k []byte) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, relayed := range []bool{false, true} {
		if t := r.targets[key{name, relayed}]; t != nil {
			t.table.Touch(k)
		}
	}
}

// has reports whether a table is there, under its present id.
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

// owned lists the lanes of a peer.
func (r *registry) owned(p *Peer) (list []owned) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, o := range r.owners {
		if o.peer == p {
			list = append(list, o)
		}
	}
	return list
}

// path is the way that a table has come when we hand it to another aggregator.
func (r *registry) path(t *target) stick.Path {
	r.mu.RLock()
	var lanes []*table.Lane
	for l, o := range r.owners {
		if o.target == t {
			lanes = append(lanes, l)
		}
	}
	r.mu.RUnlock()
	us := r.section.conf().Origin
	var p stick.Path
	slices.SortFunc(lanes, func(a, b *table.Lane) int { return cmp.Compare(a.Label(), b.Label()) }) // always the same path
	for _, l := range lanes {
		from := l.Schema().Path
		p.Sums, p.Relays = union(p.Sums, from.Sums), union(p.Relays, from.Relays)
	}
	if t.relayed {
		p.Relays = append(p.Relays, us)
	} else {
		p.Sums = append(p.Sums, us) // the last is the maker
	}
	return p
}

func union(all, more []uint64) []uint64 {
	for _, id := range more {
		if !slices.Contains(all, id) && len(all) < stick.MaxPath-1 {
			all = append(all, id)
		}
	}
	return all
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
	before, path := t.table.Schema(), stick.Path{}
	if l.lane != nil {
		path = l.lane.Schema().Path
	}
	made, relearn := t.table.Define(l.lane, label, p.number, s)
	if made == nil {
		r.mu.Lock()
		t.lanes-- // get had counted it
		r.mu.Unlock()
		return fmt.Errorf("table %q: too many peers feed it", t.name)
	}
	fresh := l.lane == nil
	l.lane = made
	if fresh {
		r.mu.Lock()
		r.owners[made] = owned{p, l.name, t, made}
		r.mu.Unlock()
		r.section.groups.join(p, t, made)
	}
	r.relearn(relearn)
	t.report(r.section)
	if t.table.Schema() != before || !path.Equal(&s.Path) {
		r.version.Add(1)
	}
	return nil
}

// target is the table that a lane feeds now.
func (r *registry) target(l *lane) *target {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.owners[l.lane].target
}

// relearn asks the peers of lanes that count again for a lesson: their rows were not kept.
func (r *registry) relearn(lanes []*table.Lane) {
	for _, l := range lanes {
		r.mu.RLock()
		p := r.owners[l].peer
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
	r.mu.RLock()
	o := r.owners[l.lane]
	r.mu.RUnlock()
	t := o.target
	// Another copy counts before this one goes, or a sum would fall in between.
	r.section.groups.leave(o.peer, t, l.lane)
	relearn := t.table.Drop(l.lane)
	r.mu.Lock()
	delete(r.owners, l.lane)
	t.lanes--
	gone := t.lanes == 0
	if gone {
		delete(r.targets, t.key)
		r.list = slices.DeleteFunc(r.list, func(o *target) bool { return o == t })
	}
	r.mu.Unlock()
	if gone {
		r.section.operator.leave(t.table)
		r.section.bans.leave(t.table)
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

// owner is whose a lane is; nil for the operator's, and for one that is gone.
func (r *registry) owner(l *table.Lane) *Peer {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.owners[l].peer
}
