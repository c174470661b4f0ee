package table

import "testing"

// TestMutants: a model with one wrong rule disagrees with the table, so the comparison is
// able to see such faults.
func TestMutants(t *testing.T) {
	for _, c := range []struct {
		why   string
		rules rules
	}{
		{"updates are added to what was reported before", rules{add: true}},
		{"values never fall", rules{max: true}},
		{"sums wrap at the limit", rules{wrap: true}},
		{"shares live for ever", rules{eternal: true}},
		{"what a lesson does not mention stays", rules{hoard: true}},
		{"lanes that are dropped stay", rules{sticky: true}},
		{"all lanes count, whatever was decided", rules{equal: true}},
		{"lanes that do not count are not kept up to date", rules{asleep: true}},
	} {
		if seen := disagrees(t, c.rules); seen < 8 {
			t.Errorf("%s: seen in %d of 10 runs only", c.why, seen)
		}
	}
	if seen := disagrees(t, rules{}); seen != 0 {
		t.Errorf("the right rules disagree in %d of 10 runs", seen)
	}
}

// disagrees runs the table against a model of such rules, and returns in how many of ten
// runs a difference was seen.
func disagrees(t *testing.T, r rules) (seen int) {
	for seed := range uint64(10) {
		w := newWorld(t, seed, 3)
		w.rules = r
		for n := range 400 {
			w.step()
			if n%20 == 19 && w.compare() != "" {
				seen++
				break
			}
		}
	}
	return seen
}
