package daemon

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tallystick/internal/cli"
	"tallystick/internal/node"
	"tallystick/internal/view"
	"tallystick/internal/web"
)

// neither are node's counters of what happens every day.
var neither = []string{"Accepted", "Called", "CallsFailed", "Sessions", "SessionsLost", "Replaced", "ProtocolErrors", "Updates", "HeldBack",
	"OwnRows", "TablesLooped", "StrayKeys", "Takeovers", "Disputes", "Reconfigured", "Lessons", "Taught", "Restored", "Withheld"}

// nor are these of the runtime CLI and the web server.
var plain = []string{"CliConns", "CliMaxConns", "CliCumConns", "CliCommands", "CliDenied", "HttpRequests", "HttpConns", "HttpStreams",
	"HttpHostsRefused", "HttpCrossOrigin", "HttpActsDenied", "HttpPasswordsWrong", "HttpPanics"}

// The same of the runtime CLI and the web server.
func TestEveryWordHasAPlace(t *testing.T) {
	words := map[string]bool{}
	for _, c := range slices.Concat(cli.New(cli.Config{}).Counters(), web.New(web.Config{}).Counters()) {
		words[c.Name] = true
		if said[c.Name] == "" && !slices.Contains(plain, c.Name) {
			t.Errorf("%s is counted, and no metric shows it: name it in said, or here", c.Name)
		}
	}
	for word := range said {
		if !words[word] {
			t.Errorf("nobody counts %s", word)
		}
	}
}

// A counter that is added to node is a limit, a reason, or said to be neither: it cannot be forgotten.
func TestEveryCounterHasAPlace(t *testing.T) {
	var counters node.Counters
	v := reflect.ValueOf(&counters).Elem()
	for i := range v.NumField() {
		name, at := v.Type().Field(i).Name, v.Field(i).Addr().Interface().(*atomic.Uint64)
		known := slices.Contains(neither, name)
		for _, l := range limits {
			known = known || l.of(&counters) == at
		}
		for _, r := range reasons {
			known = known || r.of(&counters) == at
		}
		if !known {
			t.Errorf("node counts %s, and no metric shows it: name it in limits, reasons, or here", name)
		}
	}
	var names []string
	for _, l := range limits {
		names = append(names, l.name)
	}
	names = append(names, limitEvicted, limitRefused, limitTexts, limitLog)
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("two limits of one name would be two equal series: %v", names)
	}
}

// doc/metrics.md names all limits and reasons, since alerts are written against them.
func TestManualNamesThem(t *testing.T) {
	text, err := os.ReadFile("../../doc/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{"limit": {limitEvicted, limitRefused, limitTexts, limitLog}}
	for _, name := range said {
		names["limit"] = append(names["limit"], name)
	}
	for _, l := range limits {
		names["limit"] = append(names["limit"], l.name)
	}
	for _, r := range reasons {
		names["reason"] = append(names["reason"], r.name)
	}
	for label, list := range names {
		slices.Sort(list)
		if want := "| `" + label + "` | `" + strings.Join(list, "`, `") + "` |\n"; !strings.Contains(string(text), want) {
			t.Errorf("the line of the label is to be\n%s", want)
		}
	}
}

func TestReloads(t *testing.T) {
	var r reloads
	var p view.Process
	r.show(&p)
	if !p.Reload.At.IsZero() {
		t.Error("before the first there was none")
	}
	now := time.Now()
	r.note(now.Add(-time.Hour), []string{"peer lb3 is added"}, nil)
	r.note(now, nil, errors.New("[ALERT] unknown keyword"))
	r.show(&p)
	if p.ReloadsGood != 1 || p.ReloadsBad != 1 {
		t.Errorf("each counts as what it was: %d good, %d bad", p.ReloadsGood, p.ReloadsBad)
	}
	if p.Reload != (view.Reload{At: now, Good: false, Message: "[ALERT] unknown keyword"}) {
		t.Errorf("the last one is told, with why it was refused: %+v", p.Reload)
	}
}
