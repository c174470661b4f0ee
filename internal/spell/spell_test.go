package spell

import "testing"

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
		why  string
	}{
		{"peer", "peer", 0, "the word itself"},
		{"", "peer", 4, "all of it is missing"},
		{"peer", "", 4, "all of it is too much"},
		{"pee", "peer", 1, "a letter is missing"},
		{"peeer", "peer", 1, "a letter is too much"},
		{"pear", "peer", 1, "a letter is another"},
		{"pere", "peer", 1, "two neighbours have changed places"},
		{"no-asend", "no-ascend", 1, "as in the manual"},
		{"forward", "from", 5, "another word"},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%s: %q is %d from %q, want %d", c.why, c.a, got, c.b, c.want)
		}
		if Distance(c.a, c.b) != Distance(c.b, c.a) {
			t.Errorf("%q and %q are as far from each other either way", c.a, c.b)
		}
	}
}
