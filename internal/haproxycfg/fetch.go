package haproxycfg

import (
	"strings"

	"tallystick/internal/stick"
)

// family is a set of sample fetches or converters that differ in the column that they look at.
type family uint8

const (
	bySource    family = iota // src_COLUMN([TABLE]): by the address of the client
	byCounter                 // sc_COLUMN(COUNTER[,TABLE]): by the key that the counter tracks
	byCounterN                // sc0_COLUMN([TABLE]): the same, with the counter in the name
	byConverter               // table_COLUMN(TABLE), in_table(TABLE): by the value of the expression
)

// fetch is what the name of a sample fetch or converter says.
type fetch struct {
	family  family
	counter int // of byCounterN
	column  stick.DataType
	counts  bool // there is a column: it is a value of the table that is asked for
	writes  bool // it changes what it looks at
	indexed bool // the first argument is an element of an array
}

// special are the names behind src_, sc_ and table_ that are not a column's own.
var special = map[string]fetch{
	"kbytes_in":     {column: stick.BytesInCnt, counts: true},
	"kbytes_out":    {column: stick.BytesOutCnt, counts: true},
	"get_gpc":       {column: stick.GPC, counts: true, indexed: true},
	"get_gpc0":      {column: stick.GPC0, counts: true},
	"get_gpc1":      {column: stick.GPC1, counts: true},
	"get_gpt":       {column: stick.GPT, counts: true, indexed: true},
	"get_gpt0":      {column: stick.GPT0, counts: true},
	"inc_gpc":       {column: stick.GPC, writes: true, indexed: true},
	"inc_gpc0":      {column: stick.GPC0, writes: true},
	"inc_gpc1":      {column: stick.GPC1, writes: true},
	"clr_gpc":       {column: stick.GPC, writes: true, indexed: true},
	"clr_gpc0":      {column: stick.GPC0, writes: true},
	"clr_gpc1":      {column: stick.GPC1, writes: true},
	"updt_conn_cnt": {column: stick.ConnCnt, writes: true},
}

// fetchOf understands a name; ok is false for one that asks no table for a column.
func fetchOf(name string) (f fetch, ok bool) {
	if name == "in_table" {
		return fetch{family: byConverter}, true
	}
	prefix, rest, found := strings.Cut(name, "_")
	if !found {
		return f, false
	}
	kind, counter := byConverter, 0
	switch {
	case prefix == "src":
		kind = bySource
	case prefix == "table":
	case prefix == "sc":
		kind = byCounter
	case len(prefix) == 3 && prefix[:2] == "sc" && prefix[2] >= '0' && prefix[2] <= '9':
		kind, counter = byCounterN, int(prefix[2]-'0')
	default:
		return f, false
	}
	if f, ok = special[rest]; !ok {
		f.column, ok = stick.ParseDataType(rest)
		f.counts, f.indexed = ok, ok && f.column.IsArray()
	}
	f.family, f.counter = kind, counter
	return f, ok
}

// place is the index of the table among the arguments, and of the counter, -1 where the name has none.
func (f fetch) place() (table, counter int) {
	counter = -1
	if f.indexed {
		table = 1
	}
	if f.family == byCounter {
		counter = table
		table++
	}
	return table, counter
}
