package config

// use is one keyword or option that stands in a file.
type use struct {
	pos     Pos
	keyword string // with its section: "aggregations peer"
	option  string // "" for the keyword itself
}
