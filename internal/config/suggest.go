package config

import "strings"

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
		d := distance(word, strings.ToLower(c))
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

// distance counts the letters to insert, delete, replace or swap with their neighbour to
// make b of a (optimal string alignment).
func distance(a, b string) int {
	var before, last, row []int // of the matrix: two rows above, one above, this one
	for j := range len(b) + 1 {
		last = append(last, j)
	}
	for i := 1; i <= len(a); i++ {
		row = append(make([]int, 0, len(b)+1), i)
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row = append(row, d)
		}
		before, last = last, row
	}
	return last[len(b)]
}
