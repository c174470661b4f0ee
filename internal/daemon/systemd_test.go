package daemon

import (
	"slices"
	"testing"
)

func TestStuck(t *testing.T) {
	for _, c := range []struct {
		why         string
		before, now rounds
		want        []string
	}{
		{"the first look has nothing to compare with", nil, rounds{"a": 0}, nil},
		{"all get on", rounds{"a": 1, "b": 7}, rounds{"a": 2, "b": 9}, nil},
		{"one stands still, and one is enough", rounds{"a": 1, "b": 7}, rounds{"a": 2, "b": 7}, []string{"b"}},
		{"in order", rounds{"b": 1, "a": 7}, rounds{"b": 1, "a": 7}, []string{"a", "b"}},
		{"a reload has added one", rounds{"a": 1}, rounds{"a": 2, "b": 0}, nil},
		{"a reload has taken one out", rounds{"a": 1, "b": 7}, rounds{"a": 2}, nil},
		{"a section that was taken out and put back counts anew", rounds{"a": 100}, rounds{"a": 3}, nil},
	} {
		if got := c.now.stuck(c.before); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}
