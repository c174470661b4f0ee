package metrics

import (
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tallystick/internal/view"
)

// collector makes series of snapshots. Safe for concurrent use.
type collector struct {
	viewer view.Viewer
	now    func() time.Time
	known  map[string]described // by name

	mu      sync.Mutex // one scrape at a time remembers
	ratchet ratchet
	crowds  map[string]*crowd // by section
}

// described is a metric that can be emitted.
type described struct {
	desc *prometheus.Desc
	as   prometheus.ValueType
}

func newCollector(v view.Viewer, c Config) *collector {
	col := &collector{viewer: v, now: c.Now, known: map[string]described{}, ratchet: ratchet{}, crowds: map[string]*crowd{}}
	if col.now == nil {
		col.now = time.Now
	}
	for i := range catalogue {
		m := &catalogue[i]
		d := described{m.describe(), prometheus.GaugeValue}
		if m.kind == counter {
			d.as = prometheus.CounterValue
		}
		col.known[m.name] = d
	}
	return col
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for i := range catalogue {
		to <- c.known[catalogue[i].name].desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	process, sections := c.viewer.Process(), c.viewer.Sections() // before the lock: this may wait for peers
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &scrape{collector: c, to: to, now: c.now()}
	s.process(&process)
	for i := range sections {
		s.section(&sections[i])
	}
	s.lint(c.viewer.Findings())
	c.forget(sections)
}

// forget lets go of what is remembered of sections that are gone.
func (c *collector) forget(sections []view.Section) {
	there := map[string]bool{}
	for i := range sections {
		there[sections[i].ID] = true
	}
	for id := range c.crowds {
		if !there[id] {
			delete(c.crowds, id)
		}
	}
}

// scrape is one answer in the making.
type scrape struct {
	*collector
	to  chan<- prometheus.Metric
	now time.Time
}

// emit adds a series. A name that is not in the catalogue, or labels that are not its, are a bug: the
// first panics, the second is an error of the scrape that tests see.
func (s *scrape) emit(name string, value float64, labels ...string) {
	d, ok := s.known[name]
	if !ok {
		panic("metrics: not in the catalogue: " + name)
	}
	m, err := prometheus.NewConstMetric(d.desc, d.as, value, labels...)
	if err != nil {
		m = prometheus.NewInvalidMetric(d.desc, err)
	}
	s.to <- m
}

// steady adds a counter of the whole program, which does not fall when a part that it was added up
// of is gone: a section, a log target.
func (s *scrape) steady(name string, value uint64, labels ...string) {
	key := name
	for _, l := range labels {
		key += " " + l
	}
	s.emit(name, s.ratchet.count(key, value), labels...)
}

// process shows what is of the whole program.
func (s *scrape) process(p *view.Process) {
	s.emit("build_info", 1, label(p.Version), runtime.Version())
	good, when := p.Reload.Good, p.Reload.At
	if when.IsZero() { // what was read at our start serves
		good, when = true, p.Started
	}
	s.emit("reload_last_good", truth(good))
	s.emit("reload_last_timestamp_seconds", seconds(when))
	s.emit("reloads_total", float64(p.ReloadsGood), "good")
	s.emit("reloads_total", float64(p.ReloadsBad), "bad")
	for _, h := range p.LimitsHit {
		s.steady("limits_hit_total", h.Times, h.Name)
	}
	for _, h := range p.Refused {
		s.steady("refusals_total", h.Times, h.Name)
	}
	s.steady("entries_evicted_total", p.Evicted)
	s.steady("log_lines_lost_total", p.LogLinesLost)
	ends := map[string]time.Time{} // a file may be named in two roles
	for _, c := range p.Certificates {
		if e, ok := ends[c.File]; !ok || c.Ends.Before(e) {
			ends[c.File] = c.Ends
		}
	}
	for file, end := range ends {
		s.emit("certificate_expiry_timestamp_seconds", seconds(end), label(file))
	}
}

// section shows a section, its peers and its tables.
func (s *scrape) section(v *view.Section) {
	id := label(v.ID)
	s.emit("section_warm", truth(v.Warm), id)
	s.emit("section_observe", truth(v.Observe), id)
	for _, g := range v.Groups {
		s.emit("group_takeovers_total", float64(g.Takeovers), id, label(g.Name))
		s.emit("group_disagreements", float64(g.Disagreements), id, label(g.Name))
	}
	s.to <- &lagMetric{desc: s.known["push_lag_seconds"].desc, section: id, is: &v.Lags}
	s.peers(id, v)
	s.tables(id, v)
}

// lint counts what is wrong.
func (s *scrape) lint(findings []view.Finding) {
	type kind struct {
		section, rule string
		severity      view.Severity
	}
	count := map[kind]int{}
	for i := range findings {
		f := &findings[i]
		count[kind{f.Section, f.Rule, f.Severity}]++
	}
	for k, n := range count {
		s.emit("lint_findings", float64(n), label(k.section), label(k.rule), label(string(k.severity)))
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds since the epoch.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
