package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/spell"
)

// help lists the commands that begin with the words given, or resemble them.
func help(r *request) error {
	r.client.list(r.args, "The following commands are valid at this level:")
	return nil
}

// unknown answers words that are no command.
func (c *client) unknown(words []string) { c.list(words, unknownTitle(words)) }

// unknownTitle quotes as many words as a command can have.
func unknownTitle(words []string) string {
	return fmt.Sprintf("Unknown command: '%s', but maybe one of the following ones is a better match:",
		oneLine(strings.Join(words[:min(len(words), 3)], " ")))
}

// list prints the commands that words may have meant, under a title.
func (c *client) list(words []string, title string) {
	found := c.matching(words)
	if len(found) == 0 {
		found, title = c.resembling(words), unknownTitle(words)
	}
	c.out.printf("%s\n", title)
	for _, cmd := range found {
		c.out.printf("%s\n", helpLine(&cmd))
	}
}

func helpLine(c *command) string { return fmt.Sprintf("  %-40s: %s", c.usage(), c.help) }

// matching are the commands of the client's level that begin with what was typed, or what
// was typed with them, and those that are always helped. None if nothing does.
func (c *client) matching(words []string) []command {
	typed := strings.Join(words, " ")
	found := slices.DeleteFunc(c.allowed(), func(cmd command) bool {
		return !strings.HasPrefix(cmd.words, typed) && !strings.HasPrefix(typed, cmd.words+" ")
	})
	if len(found) == 0 {
		return nil
	}
	return c.withAlways(found)
}

// resembling are the five commands nearest to what was typed, the nearest ones first, and
// those that are always helped.
func (c *client) resembling(words []string) []command {
	typed := strings.Join(words, " ")
	typed = typed[:min(len(typed), 64)] // the work is a product of lengths
	near := slices.DeleteFunc(c.allowed(), isAlwaysHelped)
	away := map[string]int{}
	for _, cmd := range near {
		// Of a longer line only as much is compared as could be the command.
		away[cmd.words] = spell.Distance(typed[:min(len(typed), len(cmd.words)+2)], cmd.words)
	}
	slices.SortStableFunc(near, func(a, b command) int { return cmp.Compare(away[a.words], away[b.words]) })
	return c.withAlways(near[:min(len(near), 5)])
}

func (c *client) allowed() []command {
	return slices.DeleteFunc(commands(), func(cmd command) bool { return cmd.level > c.level })
}

// withAlways puts those that are always helped at the end of a list.
func (c *client) withAlways(list []command) []command {
	list = slices.DeleteFunc(list, isAlwaysHelped)
	for _, cmd := range c.allowed() {
		if isAlwaysHelped(cmd) {
			list = append(list, cmd)
		}
	}
	return list
}

// isAlwaysHelped: these stand at the end of every list, as in HAProxy. Whoever is lost
// needs them.
func isAlwaysHelped(cmd command) bool {
	return cmd.words == "help" || cmd.words == "prompt" || cmd.words == "quit"
}

// nearest is the candidate that is most like s, as "; did you mean 'x'"; or nothing, if
// none is like it.
func nearest(s string, candidates []string) string {
	best, least := "", 1+len(s)/2
	for _, c := range candidates {
		if d := spell.Distance(s[:min(len(s), 64)], c); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean '" + oneWord(best) + "'?"
}
