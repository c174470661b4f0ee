package config

import "strings"

// use is one keyword or option that stands in a file.
type use struct {
	pos     Pos
	keyword string // with its section: "aggregations peer"
	option  string // "" for the keyword itself
}

// Reasons that several words below share.
const (
	levels     = "this version aggregates nodes alone"
	encryption = "this version speaks plain TCP alone"
	admission  = "this version admits by name alone"
	shared     = "write a 'peer NAME ADDR:PORT local' line in each section"
	named      = "write a 'peer' line for every node"
)

// pending is what the language has and this version cannot do. A change that brings one
// of these deletes its line here, and nothing else of this room. An entry for a keyword
// stands for its options too.
var pending = []struct{ keyword, option, hint string }{
	{"aggregations peer", "up", levels},
	{"aggregations peer", "down", levels},
	{"aggregations peer", "group", levels},
	{"aggregations peer", "ssl", encryption},
	{"aggregations peer", "crt", encryption},
	{"aggregations peer", "ca-file", encryption},
	{"aggregations peer", "verify", encryption},
	{"aggregations peer", "verifyhost", encryption},
	{"aggregations peer", "verifyname", encryption},
	{"aggregations peer", "allow", admission},
	{"aggregations allow", "", admission},
	{"aggregations dynamic-peers", "", named},
	{"aggregations mode", "observe", "this version always pushes"},
	{"aggregations shard", "", "this version does not check shards: remove the line"},
	{"global dynamic-peers", "", named},
	{"global bind", "", shared},
	{"global http", "", "the runtime CLI of 'stats socket' has the same numbers"},
}

// Unsupported names every place where the configuration wants what this version cannot
// do: nothing that stands in a file is ever ignored without a word. 'forward' is not
// among them, since without an 'up' peer it does nothing, and an 'up' peer is refused.
func Unsupported(c *Config) []Error {
	var errs []Error
	for _, u := range c.uses {
		for _, n := range pending {
			if u.keyword != n.keyword || u.option != n.option {
				continue
			}
			_, word, _ := strings.Cut(u.keyword, " ")
			if u.option != "" {
				word = u.option
			}
			errs = append(errs, Error{
				Pos: u.pos, Kind: Later, Word: word,
				Msg: "keyword '" + word + "' is not yet supported", Hint: n.hint,
			})
		}
	}
	return errs
}
