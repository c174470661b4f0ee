package stick

import "testing"

func TestPath(t *testing.T) {
	p := Path{Sums: []uint64{1, 2}, Relays: []uint64{3}}
	for _, c := range []struct {
		why            string
		id             uint64
		summed, passed bool
	}{
		{"an aggregator below it has summed it and may hand the whole sum on", 1, true, false},
		{"its maker must neither sum nor hand it on", 2, true, true},
		{"one that has handed it on must not again", 3, false, true},
		{"a stranger may do both", 4, false, false},
	} {
		if p.Summed(c.id) != c.summed || p.Passed(c.id) != c.passed {
			t.Errorf("%s: summed %v, passed %v", c.why, p.Summed(c.id), p.Passed(c.id))
		}
	}
	other := Schema{Name: "web", Path: p}
	if (&Schema{Name: "web"}).Equal(&other) || !other.Equal(&Schema{Name: "web", Path: Path{Sums: []uint64{1, 2}, Relays: []uint64{3}}}) {
		t.Error("a table that has come another way must be announced anew")
	}
}
