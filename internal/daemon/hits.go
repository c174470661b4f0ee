package daemon

import (
	"slices"
	"sync/atomic"

	"tallystick/internal/node"
	"tallystick/internal/view"
)

// Every limit of the program has a name here, and every reason to refuse a caller: closed sets, which
// metrics and alerts can be written against. Which of node's counters are neither stands in the test.

// limits are those that node counts, by the name that metrics have for them.
var limits = []struct {
	name string
	of   func(*node.Counters) *atomic.Uint64
}{
	{"hello_time", func(c *node.Counters) *atomic.Uint64 { return &c.LateHello }},
	{"unnamed_connections", func(c *node.Counters) *atomic.Uint64 { return &c.StrangersEvicted }},
	{"dynamic_peers", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedDynamic }},
	{"tables", func(c *node.Counters) *atomic.Uint64 { return &c.TablesRefused }},
	{"bans", func(c *node.Counters) *atomic.Uint64 { return &c.BansRefused }},
	{"key_length", func(c *node.Counters) *atomic.Uint64 { return &c.TooLongKeys }},
}

// Limits that others count.
const (
	limitEvicted = "entries_evicted" // max-entries: another entry made room
	limitRefused = "entries_refused" // max-entries: none could
	limitTexts   = "texts"           // server keys that are too many or too long
	limitLog     = "log_queue"       // a target of the log is too slow
)

// counted are those that the runtime CLI and the web server count, by their words for show info.
var counted = map[string]string{
	"CliRefusedConns": "cli_connections", "CliTimeouts": "cli_time", "CliLinesTooLong": "cli_line",
	"HttpConnsRefused": "http_connections", "HttpStreamsRefused": "http_streams", "HttpStreamsCut": "http_backlog",
	"HttpEventsDropped": "http_events", "HttpPasswordsLimited": "http_passwords", "HttpScansRefused": "http_scans",
	"HttpEntriesRefused": "http_entries", "HttpBodiesRefused": "http_body", "HttpWatchesRefused": "http_watches",
	"HistoryTablesLeft": "history_tables",
}

// reasons are those for which callers are refused.
var reasons = []struct {
	name string
	of   func(*node.Counters) *atomic.Uint64
}{
	{"unknown_name", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedUnknown }},
	{"own_name", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedSelf }},
	{"wrong_name", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedWrongName }},
	{"other_address", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedAddress }},
	{"not_allowed", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedAllow }},
	{"certificate", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedCertificate }},
	{"too_many_peers", func(c *node.Counters) *atomic.Uint64 { return &c.RefusedDynamic }},
	{"bad_tls", func(c *node.Counters) *atomic.Uint64 { return &c.BadHandshake }},
	{"bad_hello", func(c *node.Counters) *atomic.Uint64 { return &c.BadHello }},
	{"late_hello", func(c *node.Counters) *atomic.Uint64 { return &c.LateHello }},
}

// hitsOf tells how often limits and reasons were met.
func (b *backend) hitsOf(p *view.Process) {
	var refused, texts uint64
	for _, s := range b.now.Load().sections {
		budget := s.Budget()
		p.Evicted += uint64(budget.Evicted())
		refused += uint64(budget.Refused())
		texts += s.TextsRefused()
	}
	for _, l := range b.logs.Stats() {
		p.LogLinesLost += l.Lost
	}
	for _, l := range limits {
		p.LimitsHit = append(p.LimitsHit, view.Hit{Name: l.name, Times: l.of(&b.counters).Load()})
	}
	p.LimitsHit = append(p.LimitsHit, view.Hit{Name: limitEvicted, Times: p.Evicted}, view.Hit{Name: limitRefused, Times: refused},
		view.Hit{Name: limitTexts, Times: texts}, view.Hit{Name: limitLog, Times: p.LogLinesLost})
	for _, c := range slices.Concat(b.cli.Counters(), b.web.Counters()) {
		if name := counted[c.Name]; name != "" {
			p.LimitsHit = append(p.LimitsHit, view.Hit{Name: name, Times: uint64(c.Value)})
		}
	}
	for _, r := range reasons {
		p.Refused = append(p.Refused, view.Hit{Name: r.name, Times: r.of(&b.counters).Load()})
	}
}

// groupsOf describes the groups of replicas of a section.
func groupsOf(groups []node.GroupView) (list []view.Group) {
	for _, g := range groups {
		list = append(list, view.Group{Name: g.Name, Takeovers: g.Takeovers, Disagreements: g.Disputes})
	}
	return list
}

// lagsOf describes how long changes waited.
func lagsOf(l node.LagView) view.Histogram {
	return view.Histogram{Count: l.Count, Sum: l.Sum.Seconds(), Bounds: l.Bounds, Counts: l.Counts, First: l.First, Fine: l.Fine}
}
