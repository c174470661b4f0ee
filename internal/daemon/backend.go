package daemon

import (
	"os"
	"runtime"

	"tallystick/internal/view"
)

// backend is the program as the runtime CLI sees it.
type backend daemon

// Process implements view.Viewer.
func (b *backend) Process() view.Process {
	p := view.Process{
		Version: b.Version, Release: b.Release, PID: os.Getpid(), Node: b.host, Started: b.start,
		Threads: runtime.GOMAXPROCS(0), Tasks: runtime.NumGoroutine(), LogLevel: *b.level.Load(),
		RSS:      residentBytes(),
		MaxConns: int(b.files), CumConns: b.counters.Accepted.Load() + b.counters.Called.Load(), Stopping: b.stopping.Load(),
	}
	for _, s := range b.now.Load().sections {
		for _, peer := range s.Peers() {
			if peer.Connected() {
				p.Conns++
			}
		}
	}
	p.Counters = b.countersOf()
	seen := b.seenByProcess()
	p.Refusals, p.Certificates = seen.Refusals, seen.Certificates
	b.reloads.show(&p)
	b.hitsOf(&p)
	return p
}

// countersOf lists every counter of ours, limits included.
func (b *backend) countersOf() []view.Counter {
	var list []view.Counter
	add := func(name string, v int64) { list = append(list, view.Counter{Name: name, Value: v}) }
	var rows, shares, used, max, evicted, refused, bytes, tables, texts, bans int64
	for _, s := range b.now.Load().sections {
		bans += int64(s.BanCount())
		budget := s.Budget()
		used, max = used+budget.Used(), max+budget.Max()
		evicted, refused = evicted+budget.Evicted(), refused+budget.Refused()
		for _, t := range s.Tables() {
			tables++
			rows, shares, bytes = rows+int64(t.Stats.Rows), shares+int64(t.Stats.Shares), bytes+int64(t.Stats.Bytes)
			texts += int64(t.Stats.Refused)
		}
	}
	add("Tables", tables)
	add("Entries", rows)
	add("MaxEntries", max)
	add("EntriesEvicted", evicted)
	add("EntriesRefused", refused)
	add("Contributions", shares)
	add("TableBytes", bytes)
	add("TextsRefused", texts)
	add("Bans", bans)
	for _, c := range b.counters.List() {
		add(c.Name, int64(c.Value))
	}
	lost := int64(0)
	for _, l := range b.logs.Stats() {
		lost += int64(l.Lost)
	}
	add("LogLinesLost", lost)
	if b.now.Load().http != nil {
		list = append(list, b.web.Counters()...)
	}
	return list
}

// Sections implements view.Viewer.
func (b *backend) Sections() []view.Section {
	var list []view.Section
	p := b.now.Load()
	for _, s := range p.sections {
		list = append(list, b.sectionOf(p, s))
	}
	return list
}

// Events implements view.Viewer.
func (b *backend) Events() []view.Event {
	var list []view.Event
	for _, e := range b.logs.Events() {
		list = append(list, eventOf(&e))
	}
	return list
}

// section finds a section, or returns nil.
func (b *backend) section(id string) *section {
	for _, s := range b.now.Load().sections {
		if s.ID() == id {
			return s
		}
	}
	return nil
}
