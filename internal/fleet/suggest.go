package fleet

import "tallystick/internal/spell"

// nearest is the name that is at most two edits from a word, "" if none is; of long lists and names the beginning
// is looked at.
func nearest(word string, names []string) string {
	best, cost := "", 3
	for _, name := range names[:min(len(names), 1000)] {
		if len(name) > 64 || len(word) > 64 {
			continue
		}
		if d := spell.Distance(word, name); d < cost {
			best, cost = name, d
		}
	}
	return best
}
