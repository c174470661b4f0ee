// Package spell tells how far a misspelt word is from one that we know.
//
// It is for whoever suggests what was meant: the configuration, the runtime CLI, the
// command line. How near is near enough is theirs to say, since a mistyped option and a
// mistyped keyword are not the same risk. It must never know any word.
package spell

// Distance counts the bytes to insert, delete, replace or swap with their neighbour to make b
// of a (optimal string alignment). Its cost is the product of the lengths: callers bound them.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
