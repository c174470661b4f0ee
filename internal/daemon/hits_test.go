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

	"tallystick/internal/node"
	"tallystick/internal/view"
)

// neither are node's counters of what happens every day.
var neither = []string{"Accepted", "Called", "CallsFailed", "Sessions", "SessionsLost", "Replaced", "ProtocolErrors", "Updates", "HeldBack",
	"OwnRows", "TablesLooped", "StrayKeys", "Takeovers", "Disputes", "Reconfigured", "Lessons", "Taught", "Restored", "Withheld"}

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
