package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// TestHandler: what a Prometheus is answered.
func TestHandler(t *testing.T) {
	var log strings.Builder
	h := New(newFake(), Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	get := func(accept string) *http.Response {
		t.Helper()
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		return w.Result()
	}
	text := func(r *http.Response) string {
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	plain := text(get("text/plain"))
	for _, want := range []string{`tallystick_peer_up{peer="lb1",role="node",section="site"} 1`, "\ngo_goroutines ", "\nprocess_resident_memory_bytes "} {
		if !strings.Contains(plain, want) {
			t.Errorf("no %q: our own metrics stand beside those of the process", want)
		}
	}
	open := get("application/openmetrics-text;version=1.0.0")
	if body := text(open); !strings.HasPrefix(open.Header.Get("Content-Type"), "application/openmetrics-text") || !strings.Contains(body, "# EOF\n") ||
		!strings.Contains(body, "# TYPE tallystick_reloads counter\n") {
		t.Error("OpenMetrics is spoken to those who ask for it")
	}
	if binary := get("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"); !strings.HasPrefix(binary.Header.Get("Content-Type"), "application/vnd.google.protobuf") {
		t.Error("and protobuf, which alone has native histograms")
	}
	if log.Len() > 0 {
		t.Errorf("nothing is wrong with any of it: %s", log.String())
	}
}

// TestRatchet: what is added up of parts that go does not fall.
func TestRatchet(t *testing.T) {
	f := newFake()
	c := newCollector(f, Config{})
	for _, step := range []struct {
		now  uint64
		want float64
		why  string
	}{{12, 12, "as it is"}, {15, 15, "it grows"}, {3, 18, "a section is gone, and the others have 3"}, {4, 19, "on it goes"}} {
		f.process.Evicted, f.process.LogLinesLost = step.now, step.now
		f.process.LimitsHit, f.process.Refused = []view.Hit{{Name: "texts", Times: step.now}}, []view.Hit{{Name: "texts", Times: step.now + 1}}
		families := parse(t, exposition(t, c))
		for _, name := range []string{"entries_evicted_total", "log_lines_lost_total"} {
			if got := values(t, families, name)[""]; got != step.want {
				t.Errorf("%s: %s is %v, want %v", step.why, name, got, step.want)
			}
		}
		if got := values(t, families, "limits_hit_total")["limit=texts"]; got != step.want {
			t.Errorf("%s: a limit is %v, want %v", step.why, got, step.want)
		}
	}
}

// TestBeforeAnyReload: what was read at our start serves, or nobody would be there to ask.
func TestBeforeAnyReload(t *testing.T) {
	f := one()
	f.process.Started = clock
	families := parse(t, exposition(t, newCollector(f, Config{})))
	if values(t, families, "reload_last_good")[""] != 1 || values(t, families, "reload_last_timestamp_seconds")[""] != float64(clock.Unix()) {
		t.Error("it is as good as read again at our start")
	}
}

// TestTablesOfOneName: a sum and a table from above are one series, or the scrape would fail.
func TestTablesOfOneName(t *testing.T) {
	f := newFake()
	s := &f.sections[0]
	again := s.Tables[0]
	again.Forwarded = true
	s.Tables = append(s.Tables, again)
	other := s.Tables[0]
	other.Schema = &stick.Schema{KeyType: stick.Binary, KeyLen: 8}
	s.Tables = append(s.Tables, other)
	got := values(t, parse(t, exposition(t, newCollector(f, Config{}))), "table_entries")
	if len(got) != 3 || got["name=/rates.agg section=site type=ip"] != 200 || got["name=/rates.agg section=site type=binary"] != 100 {
		t.Errorf("same name and type: one series of both; another type: its own: %v", got)
	}
}

// TestNativeHistogram: both forms tell the same observations.
func TestNativeHistogram(t *testing.T) {
	h := &view.Histogram{Count: 16, Sum: 3, Bounds: []float64{1}, Counts: []uint64{10, 6}, First: -3, Fine: []uint64{0, 5, 5, 0, 0, 1, 0, 5}}
	var m dto.Metric
	if err := (&lagMetric{section: "site", is: h}).Write(&m); err != nil {
		t.Fatal(err)
	}
	runs := fmt.Sprint(m.Histogram.PositiveSpan)
	if want := `[offset:-2  length:2 offset:2  length:1 offset:1  length:1]`; strings.Join(strings.Fields(runs), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("runs of buckets, each behind the gap to the last: %s, want %s", runs, want)
	}
	if got := fmt.Sprint(m.Histogram.PositiveDelta); got != "[5 0 -4 4]" {
		t.Errorf("each as the difference to the last: %s", got)
	}
	if m.Histogram.GetSampleCount() != 16 || m.Histogram.Bucket[0].GetCumulativeCount() != 10 || m.Histogram.GetSchema() != 3 {
		t.Errorf("with the classic one beside it: %v", m.Histogram)
	}
	if none, _ := spans(-3, nil); len(none) != 1 {
		t.Error("one without observations is native all the same")
	}
}

// TestDescribed: what is collected was described, and the other way round, so that nobody's dashboard waits for
// a metric that never comes. Two scrapes at once do not hurt each other.
func TestDescribed(t *testing.T) {
	c := fakeCollector()
	descs := make(chan *prometheus.Desc, 100)
	c.Describe(descs)
	close(descs)
	missing := map[string]bool{}
	for d := range descs {
		missing[d.String()] = true
	}
	if len(missing) != len(catalogue) {
		t.Errorf("%d descriptors of %d metrics", len(missing), len(catalogue))
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { exposition(t, c) })
	}
	both.Wait()
	series := make(chan prometheus.Metric, 1000)
	c.Collect(series)
	close(series)
	for m := range series {
		delete(missing, m.Desc().String())
	}
	for d := range missing {
		t.Errorf("described and never shown, although the fake has everything: %s", d)
	}
}

// unit is what a value is counted in, for the manual.
func (m *metric) unit() string {
	switch base := strings.TrimSuffix(m.name, "_total"); {
	case strings.HasSuffix(base, "_seconds"):
		return "seconds"
	case strings.Contains(base, "bytes"):
		return "bytes"
	case base == "build_info", base == "peer_up", base == "peer_lesson_running", base == "reload_last_good", strings.HasPrefix(base, "section_"):
		return "0 or 1"
	}
	return "number"
}

// doc/metrics.md has a line for each metric, and says of it what the catalogue says.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../doc/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| ([a-z, ]*) \\| ([^|]*) \\| (.*) \\|$").FindAllStringSubmatch(string(text), -1)
	for i, m := range catalogue {
		want := fmt.Sprintf("| `%s%s` | %s | %s | %s | %s |", prefix, m.name, m.kind, strings.Join(m.words(), ", "), m.unit(), m.help)
		if i >= len(told) || told[i][0] != want {
			t.Errorf("line %d of the table in doc/metrics.md is to be\n%s", i+1, want)
		}
	}
	if len(told) != len(catalogue) {
		t.Errorf("%d lines for %d metrics", len(told), len(catalogue))
	}
}

// BenchmarkScrape: a scrape of about 10 000 series.
func BenchmarkScrape(b *testing.B) {
	f := one()
	for i := range 500 {
		f.sections[0].Peers = append(f.sections[0].Peers, view.Peer{Name: fmt.Sprint("lb", i), Role: "node", Changed: time.Now()})
	}
	h := New(f, Config{})
	var w *httptest.ResponseRecorder
	for b.Loop() {
		r := httptest.NewRequest("GET", "/metrics", nil)
		w = httptest.NewRecorder()
		h.ServeHTTP(w, r)
	}
	b.ReportMetric(float64(strings.Count(w.Body.String(), "\ntallystick_")), "series")
	b.ReportMetric(float64(w.Body.Len()), "bytes")
}
