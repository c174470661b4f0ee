package config

import "strings"

// grammar is what may follow a keyword. It is written as in a manual: a word is an
// argument, [WORD] in capitals an argument that may be left out, [word] an option,
// [word VALUE] an option with a value, [a|b] options of which one may stand, and "..."
// whatever there is.
type grammar struct {
	args    []string // in this order; one that may be left out has its brackets
	options []option // behind the arguments, in any order
	free    bool     // whatever follows is accepted
}

// option is a word that may stand on a line behind its arguments.
type option struct {
	name  string
	value string // what must follow it; "" for a word that stands alone
}

// compile reads the grammar of every keyword.
func compile(all []keyword) []keyword {
	for i := range all {
		all[i].grammar = parseGrammar(all[i].takes)
	}
	return all
}

func parseGrammar(takes string) (g grammar) {
	for _, part := range parts(takes) {
		inner, bracketed := strings.CutPrefix(part, "[")
		switch {
		case part == "...":
			g.free = true
		case !bracketed || inner[0] < 'a':
			g.args = append(g.args, part)
		default:
			inner = strings.TrimSuffix(inner, "]")
			names, value, _ := strings.Cut(inner, " ")
			for name := range strings.SplitSeq(names, "|") {
				g.options = append(g.options, option{name, value})
			}
		}
	}
	return g
}

// parts cuts at the blanks outside of brackets.
func parts(s string) []string {
	depth := 0
	return strings.FieldsFunc(s, func(r rune) bool {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		}
		return r == ' ' && depth == 0
	})
}

// option finds the option of that name, or nil.
func (g *grammar) option(name string) *option {
	for i := range g.options {
		if g.options[i].name == name {
			return &g.options[i]
		}
	}
	return nil
}

// optionNames are the names of all options.
func (g *grammar) optionNames() []string {
	var names []string
	for _, o := range g.options {
		names = append(names, o.name)
	}
	return names
}
