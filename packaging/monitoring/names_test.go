package monitoring

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// golden is what /metrics of the program answers, as the test of that room has it.
const golden = "../../internal/metrics/testdata/metrics.txt"

// Alerts and dashboard read what the program tells, under the names that it has there: a metric that
// is not there is an empty panel, and an alert that never fires.
func TestNamesAreThoseOfTheProgram(t *testing.T) {
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("what the program tells is not known: %v", err)
	}
	var there []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)`).FindAllStringSubmatch(string(text), -1) {
		there = append(there, m[1])
		if m[2] == "histogram" {
			there = append(there, m[1]+"_bucket", m[1]+"_sum", m[1]+"_count")
		}
	}
	if len(there) < 30 {
		t.Fatalf("%s has %d metrics only", golden, len(there))
	}
	for _, name := range used(t) {
		// Those of the process and of Go are client_golang's; the golden file may leave them out.
		if !slices.Contains(there, name) && strings.HasPrefix(name, "tallystick_") {
			t.Errorf("the program has no %s", name)
		}
	}
}

var metric = regexp.MustCompile(`\b(tallystick|process|go)_[a-z0-9_]+`)

// used are the names of metrics that alerts and dashboard read, sorted.
func used(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, expr := range rules(t) {
		names = append(names, metric.FindAllString(expr, -1)...)
	}
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			names = append(names, metric.FindAllString(target.Expr, -1)...)
		}
	}
	for _, m := range regexp.MustCompile(`label_values\((\w+)`).FindAllStringSubmatch(read(t, "dashboard.json"), -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
