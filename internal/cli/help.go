package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// alwaysHelped stand at the end of every list, as in HAProxy: whoever is lost needs them.
var alwaysHelped = []string{"help", "prompt", "quit"}

// help lists the commands that begin with the words given, or resemble them.
func help(r *request) error {
	r.client.list(r.args, "")
	return nil
}

// unknown answers words that are no command.
func (c *client) unknown(words []string) {
	c.list(words, "Unknown command: '"+oneLine(words[0])+"', but maybe one of the following ones is a better match:")
}

// list prints the commands that words may have meant under a title: by default HAProxy's
// for commands that there are.
func (c *client) list(words []string, title string) {
	found := c.matching(words)
	if len(found) == 0 {
		found = c.resembling(words)
		if title == "" {
			title = "Unknown command: '" + oneLine(words[0]) + "', but maybe one of the following ones is a better match:"
		}
	}
	if title == "" {
		title = "The following commands are valid at this level:"
	}
	c.out.printf("%s\n", title)
	for _, cmd := range found {
		c.out.printf("%s\n", helpLine(&cmd))
	}
}

func helpLine(c *command) string { return fmt.Sprintf("  %-40s: %s", c.usage(), c.help) }

// matching are the commands of the client's level whose own words begin with words, or the
// other way round, and those that are always helped. None if that would be these alone,
// and they were not asked for.
func (c *client) matching(words []string) []command {
	found := []command{}
	asked := false
	for _, cmd := range c.allowed() {
		own := strings.Fields(cmd.words)
		n := min(len(own), len(words))
		hit := slices.Equal(own[:n], words[:n])
		asked = asked || hit
		if hit && !slices.Contains(alwaysHelped, cmd.words) {
			found = append(found, cmd)
		}
	}
	if !asked {
		return nil
	}
	return c.withAlways(found)
}

// resembling are the five commands nearest to what was typed, the nearest ones first, and
// those that are always helped.
func (c *client) resembling(words []string) []command {
	typed := []rune(strings.Join(words, " "))
	typed = typed[:min(len(typed), 64)] // the work is a product of lengths
	near := slices.DeleteFunc(c.allowed(), func(cmd command) bool { return slices.Contains(alwaysHelped, cmd.words) })
	away := map[string]int{}
	for _, cmd := range near {
		own := []rune(cmd.words)
		// Of a longer line only as much is compared as could be the command.
		away[cmd.words] = distance(typed[:min(len(typed), len(own)+2)], own)
	}
	slices.SortStableFunc(near, func(a, b command) int { return cmp.Compare(away[a.words], away[b.words]) })
	return c.withAlways(near[:min(len(near), 5)])
}

func (c *client) allowed() []command {
	return slices.DeleteFunc(commands(), func(cmd command) bool { return cmd.level > c.level })
}

func (c *client) withAlways(list []command) []command {
	for _, cmd := range c.allowed() {
		if slices.Contains(alwaysHelped, cmd.words) {
			list = append(list, cmd)
		}
	}
	return list
}

// nearest is the candidate that is most like s, as "; did you mean 'x'"; or nothing, if
// none is like it.
func nearest(s string, candidates []string) string {
	best, least := "", 1+len(s)/2
	for _, c := range candidates {
		if d := distance([]rune(s[:min(len(s), 64)]), []rune(c)); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean '" + oneWord(best) + "'?"
}

// distance is how many letters must be added, taken away, changed or swapped with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b []rune) int {
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
