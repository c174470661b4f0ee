package metrics

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/metrics.txt anew")

// exposition is what a scrape of our own metrics says, as text.
func exposition(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry() // it holds series against descriptors
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		t.Fatalf("a scrape shows everything or it is a bug: %v", err)
	}
	var out bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&out, f); err != nil {
			t.Fatal(err)
		}
	}
	return strings.ReplaceAll(out.String(), runtime.Version(), "go1.26")
}

func fakeCollector() *collector {
	return newCollector(newFake(), Config{Now: func() time.Time { return clock }})
}

// testdata/metrics.txt is what dashboards and alerts are held against: every metric is in it.
func TestGolden(t *testing.T) {
	const file = "testdata/metrics.txt"
	got := exposition(t, fakeCollector())
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("go test -rewrite writes it anew; read the diff, since dashboards and alerts depend on it:\n%s", diff)
	}
	for _, m := range catalogue {
		if !regexp.MustCompile(`(?m)^` + prefix + m.name + `(_bucket)?[{ ]`).MatchString(got) {
			t.Errorf("the fake has everything, but %s does not appear: whoever writes a dashboard cannot see its labels", m.name)
		}
	}
}

// findPromtool looks in the PATH, and where scripts/setup.sh unpacks it; "" if it is not there.
func findPromtool() string {
	cache := os.Getenv("TALLYSTICK_CACHE")
	if dir, err := os.UserCacheDir(); cache == "" && err == nil {
		cache = filepath.Join(dir, "tallystick")
	}
	for _, file := range []string{"promtool", filepath.Join(cache, "prometheus/usr/bin/promtool")} {
		if found, err := exec.LookPath(file); err == nil {
			return found
		}
	}
	return ""
}

// TestPromtool lets Prometheus' own linter look at names, units, types and help.
func TestPromtool(t *testing.T) {
	promtool := findPromtool()
	if promtool == "" {
		t.Skip("promtool is not there: scripts/setup.sh tools fetches it (Debian package prometheus)")
	}
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(exposition(t, fakeCollector()))
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool has something to say (%v):\n%s", err, said)
	}
}
