package daemon

import (
	"slices"
	"sync/atomic"

	"tallystick/internal/node"
	"tallystick/internal/view"
)

// Every limit of the program has a name here, and every reason to refuse a caller: closed sets, which
// metrics and alerts can be written against. Which of node's counters are neither stands in the test.

// counted is what one of node's counters counts, by the name that metrics have for it.
type counted struct {
	name string
	of   func(*node.Counters) *atomic.Uint64
}

// limits are those that node counts.
var limits = []counted{
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

// said are those that the runtime CLI and the web server count, by their words for show info.
var said = map[string]string{
	"CliRefusedConns": "cli_connections", "CliTimeouts": "cli_time", "CliLinesTooLong": "cli_line",
	"HttpConnsRefused": "http_connections", "HttpStreamsRefused": "http_streams", "HttpStreamsCut": "http_backlog",
	"HttpEventsDropped": "http_events", "HttpPasswordsLimited": "http_passwords", "HttpScansRefused": "http_scans",
	"HttpEntriesRefused": "http_entries", "HttpBodiesRefused": "http_body", "HttpWatchesRefused": "http_watches",
	"HistoryTablesLeft": "history_tables",
}

// reasons are those for which callers are refused. Of who has not said who he is there is no view.Refusal.
var reasons = []counted{
	{string(view.RefusedUnknown), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedUnknown }},
	{string(view.RefusedSelf), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedSelf }},
	{string(view.RefusedWrongName), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedWrongName }},
	{string(view.RefusedTwice), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedAddress }},
	{string(view.RefusedAllow), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedAllow }},
	{string(view.RefusedCertificate), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedCertificate }},
	{string(view.RefusedCrowd), func(c *node.Counters) *atomic.Uint64 { return &c.RefusedDynamic }},
	{string(view.RefusedTLS), func(c *node.Counters) *atomic.Uint64 { return &c.BadHandshake }},
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
		if name := said[c.Name]; name != "" {
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
