package config

import (
	"slices"
	"strings"
)

// use is one keyword or option that stands in a file.
type use struct {
	pos     Pos
	keyword string // with its section: "aggregations peer"
	option  string // "" for the keyword itself
}

// pending is what the language has and this version cannot do. A change that brings one
// of these deletes its line here, and nothing else of this room. An entry for a keyword
// stands for its options too. No keyword of either vendor's product is among them.
var pending = []struct{ keyword, option, hint string }{}

// Unsupported names every line of the configuration that wants what this version cannot
// do, once for each reason: nothing that stands in a file is ever ignored without a word.
func Unsupported(c *Config) []Error {
	var errs []Error
	for _, u := range c.uses {
		hint := u.pending()
		told := func(e Error) bool { return e.Pos.File == u.pos.File && e.Pos.Line == u.pos.Line && e.Hint == hint }
		if hint == "" || slices.ContainsFunc(errs, told) {
			continue
		}
		errs = append(errs, Error{
			Pos: u.pos, Kind: Later, Word: u.word(), Hint: hint,
			Msg: "keyword '" + u.word() + "' is not yet supported",
		})
	}
	return errs
}

// pending is the hint of the entry for the use, or "" if it is supported.
func (u use) pending() string {
	for _, n := range pending {
		if u.keyword == n.keyword && u.option == n.option {
			return n.hint
		}
	}
	return ""
}

// word is what stands in the file.
func (u use) word() string {
	if u.option != "" {
		return u.option
	}
	_, name, _ := strings.Cut(u.keyword, " ")
	return name
}
