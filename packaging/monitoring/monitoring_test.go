package monitoring

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// promtool finds Prometheus' own tool: in the system, or where scripts/setup.sh unpacks it.
func promtool(t *testing.T) string {
	t.Helper()
	if p, err := exec.LookPath("promtool"); err == nil {
		return p
	}
	cache := os.Getenv("TALLYSTICK_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(user, "tallystick")
	}
	p := filepath.Join(cache, "prometheus/usr/bin/promtool")
	if _, err := os.Stat(p); err != nil {
		t.Skip("not run: there is no promtool; \"scripts/setup.sh tools\" brings it")
	}
	return p
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rules are the alerts: name and expression.
func rules(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			all[r.Alert] = r.Expr
		}
	}
	if len(all) < 10 {
		t.Fatalf("%d alerts: this test looks in the wrong place", len(all))
	}
	return all
}

// panel is what the tests want to know of a panel.
type panel struct {
	ID      int
	Type    string
	Title   string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ Expr string }
}

func panels(t *testing.T) []panel {
	t.Helper()
	var board struct{ Panels []panel }
	if err := json.Unmarshal([]byte(read(t, "dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	return board.Panels
}

// Each alert fires when it shall, and not before: alerts_test.yaml has a case for each.
func TestAlerts(t *testing.T) {
	program := promtool(t)
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	cases := read(t, "alerts_test.yaml")
	for name := range rules(t) {
		if strings.Count(cases, "- alertname: "+name+"\n") < 2 {
			t.Errorf("%s is not tried both ways", name)
		}
	}
}

// Prometheus must understand every expression of the dashboard.
func TestDashboardExpressions(t *testing.T) {
	program := promtool(t)
	text := "groups:\n- name: dashboard\n  rules:\n"
	n := 0
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			quoted, err := json.Marshal(strings.NewReplacer("$__rate_interval", "5m").Replace(target.Expr))
			if err != nil {
				t.Fatal(err)
			}
			text += fmt.Sprintf("  - record: panel_%d\n    expr: %s\n    labels: {n: \"%d\"}\n", p.ID, quoted, n)
			n++
		}
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "check", "rules", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("%d rules found", n)) || n < 30 {
		t.Errorf("%d expressions: %v\n%s", n, err, out)
	}
}

// No panel lies on another one, and each shows something.
func TestDashboardLayout(t *testing.T) {
	all := panels(t)
	ids := map[int]bool{}
	for i, p := range all {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q: its number is another's, or it shows nothing", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%q is too wide", p.Title)
		}
		for _, o := range all[:i] {
			a, b := p.GridPos, o.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%q lies on %q", p.Title, o.Title)
			}
		}
	}
}
