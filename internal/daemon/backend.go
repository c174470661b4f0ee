package daemon

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/node"
	"tallystick/internal/topology"
	"tallystick/internal/view"
)

// backend is the program as the runtime CLI sees it.
type backend daemon

// Process implements view.Viewer.
func (b *backend) Process() view.Process {
	p := view.Process{
		Version: b.Version, Release: b.Release, PID: os.Getpid(), Node: b.host, Started: b.start,
		Threads: runtime.GOMAXPROCS(0), Tasks: runtime.NumGoroutine(), LogLevel: *b.level.Load(),
		RSS: residentBytes(), Reload: *b.reloaded.Load(),
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

// sectionOf takes a snapshot of a section.
func (b *backend) sectionOf(p *program, s *section) view.Section {
	warm, missing := s.Warm()
	c := s.Settings()
	v := view.Section{ID: s.ID(), Name: c.Name, Rules: rulesOf(&c.Rules), Observe: c.Rules.Observe, Warm: warm, Binds: bindsOf(p.config, s.ID()),
		To: c.Rules.To, Forward: c.Rules.Forward, NoAscend: c.Rules.NoAscend, NoFeedback: c.Rules.NoFeedback, Limits: limitsOf(s), Refusals: refusalsOf(s.Refusals())}
	if l := s.config.Local; l != nil {
		v.Addr = l.Addr.String()
	}
	if c.Dynamic != nil {
		v.MaxPeers = c.Dynamic.Max
	}
	if c.Shard.Count > 0 {
		v.Shard, v.Misplaced = fmt.Sprintf("%d/%d", c.Shard.Index, c.Shard.Count), b.counters.StrayKeys.Load()
	}
	v.WarmExpected = len(s.Members())
	v.WarmHeard = max(0, v.WarmExpected-len(missing))
	if !warm {
		v.WarmAt = s.WarmAt()
	}
	receivers, notes := map[string][]view.Receiver{}, map[string][]string{} // by target
	for _, peer := range s.Peers() {
		pv := peer.View()
		v.Peers = append(v.Peers, peerOf(&pv, b.start))
		for _, f := range pv.Feeds {
			receivers[f.Target] = append(receivers[f.Target], view.Receiver{Peer: pv.Name, Pushed: uint32(f.Pushed), Acked: uint32(f.Acked), Synced: uint32(f.Synced), NotTo: f.Refused, Schema: f.Schema,
				TooLong: f.Long.Keys, LongKey: f.Long.Key, LongAt: f.Long.At,
				Withheld: f.Withheld, Agree: f.Compared.Agree, Differ: f.Compared.Differ})
		}
		for _, u := range pv.Unread {
			notes[u.Target] = append(notes[u.Target], pv.Name+": "+u.Why)
		}
	}
	contests := s.Contests()
	for _, t := range s.Tables() {
		if t.Schema != nil { // else nobody has defined it yet
			table := tableOf(&t, v.Peers, receivers[t.Name])
			table.Notes, table.Leads = append(table.Notes, notes[t.Name]...), leadsOf(&t, contests)
			v.Tables = append(v.Tables, table)
		}
	}
	slices.SortFunc(v.Tables, func(a, b view.Table) int { return cmp.Compare(a.Target, b.Target) })
	weighLessons(&v)
	return v
}

// bindsOf are the shared listeners that bring peers to a section.
func bindsOf(c *config.Config, id string) (binds []string) {
	for _, b := range c.Global.Binds {
		if b.Serves(id) {
			binds = append(binds, b.Addr.String())
		}
	}
	return binds
}

// leadsOf tells who counts among the replicas that feed a table.
func leadsOf(t *node.TableView, contests []node.ContestView) (leads []view.Lead) {
	for _, c := range contests {
		if c.Target != t.Name || c.Relayed != t.Relayed {
			continue
		}
		l := view.Lead{Group: c.Group, Peer: c.Leader}
		if d := c.Dispute; d != nil {
			l.Disagreements = append(l.Disagreements, view.Disagreement{Member: d.Member, Key: d.Key, Schema: d.Schema, Column: d.Column,
				Element: d.Element, Has: d.Has, LeaderHas: d.LeaderHas, Since: d.Since, Times: uint64(d.Times)})
		}
		leads = append(leads, l)
	}
	return leads
}

// rulesOf prints the from and forward lines.
func rulesOf(r *topology.Rules) string {
	from := strings.Join(r.From, ",")
	if r.Any {
		from = "any"
	}
	line := "from " + from + " to " + r.To
	for _, word := range []struct {
		set  bool
		name string
	}{{r.AcceptNoSuffix, "accept-no-suffix"}, {r.NoAscend, "no-ascend"}, {r.NoFeedback, "no-feedback"}} {
		if word.set {
			line += " " + word.name
		}
	}
	if len(r.Forward) > 0 {
		line += "; forward " + strings.Join(r.Forward, ",")
	}
	return line
}

// tableOf describes one table and who feeds and hears it.
func tableOf(t *node.TableView, peers []view.Peer, receivers []view.Receiver) view.Table {
	v := view.Table{Target: t.Name, Forwarded: t.Relayed, Schema: t.Schema, Rows: int64(t.Stats.Rows),
		Shares: int64(t.Stats.Shares), Bytes: int64(t.Stats.Bytes), Changes: t.Stats.Changes, Update: uint32(t.Stats.Changes), Used: uint32(t.Stats.Changes), Receivers: receivers}
	for _, p := range peers {
		for _, l := range p.Lanes {
			if l.Target == t.Name && !slices.Contains(v.Sources, l.Name) {
				v.Sources = append(v.Sources, l.Name)
			}
		}
	}
	for _, d := range t.Disagreements {
		v.Notes = append(v.Notes, d.Lane+": "+d.Text)
	}
	return v
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
