package config

import (
	"strings"

	"tallystick/internal/spell"
)

// suggest finds the candidate that word was most probably meant to be, or "" if none is
// near: one slip in three letters is a slip, more is another word. The beginning of a
// word stands for the word.
func suggest(word string, candidates []string) string {
	if len(word) > 64 {
		return "" // nothing that we know is as long, and distance is quadratic
	}
	word = strings.ToLower(word)
	best, least := "", len(word) // less than all of it: something must be right
	for _, c := range candidates {
		d := spell.Distance(word, strings.ToLower(c))
		if len(word) > 2 && strings.HasPrefix(c, word) {
			d = min(d, 1)
		}
		if d < least && d <= max(1, len(word)/3, len(c)/3) {
			best, least = c, d
		}
	}
	return best
}

// didYouMean is the hint of suggest in HAProxy's words, or "".
func didYouMean(word string, candidates []string) string {
	if s := suggest(word, candidates); s != "" {
		return "did you mean '" + printable(s) + "' maybe ?"
	}
	return ""
}
