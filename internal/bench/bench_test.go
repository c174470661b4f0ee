package bench

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

// TestSteps: the steps do what they measure, and allocate nothing for an update.
func TestSteps(t *testing.T) {
	for _, r := range steps(2000, 3) {
		if r.allocs != 0 {
			t.Errorf("%s allocates %.3f times an update", r.step, r.allocs)
		}
		if r.ns <= 0 {
			t.Errorf("%s took %f ns", r.step, r.ns)
		}
	}
}

// TestStream: what the generator pushes is read as what it meant.
func TestStream(t *testing.T) {
	keys := order(100, 1)
	w := walk{schema: standard()}
	w.stream = appendStream(nil, w.schema, keys, 1, 4)
	w.decodeBatch()
	if len(w.rows) != len(keys) {
		t.Fatalf("%d keys make %d rows", len(keys), len(w.rows))
	}
	var want stick.Row
	row(&want, keys[7], 4)
	if got := w.rows[7]; string(got.Key) != string(want.Key) || got.Values[1] != want.Values[1] {
		t.Errorf("row 7 is %v, want %v", got, want)
	}
}

// TestSizes: sizes that do not fit are left out aloud.
func TestSizes(t *testing.T) {
	var out bytes.Buffer
	err := Steps(context.Background(), Sizes{Keys: []int{1000, 1 << 40}, Members: []int{2}}, &out)
	if err != nil || strings.Count(out.String(), "apply") != 1 || !strings.Contains(out.String(), "left out") {
		t.Errorf("%v:\n%s", err, out.String())
	}
}
