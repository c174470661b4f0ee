package fleet

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tallystick/internal/haproxycfg"
	"tallystick/internal/stick"
)

// maxSize is the largest table that HAProxy shows rightly.
const maxSize = math.MaxInt32

// definition is a table's line as it stands in its file, with some options changed: added where there is
// none, left out where the value is "-", without a value where it is "".
func definition(t *haproxycfg.Table, head string, change map[string]string) string {
	out := []string{head}
	done := map[string]bool{}
	add := func(name string) {
		switch value, ok := change[name]; {
		case !ok || done[name] || value == "-":
		case value == "":
			out = append(out, name)
		default:
			out = append(out, name, value)
		}
		done[name] = true
	}
	for _, o := range t.Options {
		if _, ok := change[o.Name]; ok {
			add(o.Name)
			continue
		}
		if o.Name == "store" { // what is new goes before it, as people write it
			for _, name := range added {
				if !has(t, name) {
					add(name)
				}
			}
		}
		out = append(out, o.Words...)
	}
	for _, name := range added {
		if !has(t, name) {
			add(name)
		}
	}
	return strings.Join(out, " ")
}

// added are the options that a change may add, in this order.
var added = []string{"size", "expire", "recv-only", "write-to", "peers", "store"}

func has(t *haproxycfg.Table, option string) bool {
	return slices.ContainsFunc(t.Options, func(o haproxycfg.Option) bool { return o.Name == option })
}

// twinOf is the declaration of the twin of a table, under a wire name: a line of a peers section, or a
// backend of its own. room is its size, 0 for that of the source. writeTo, if not "", is where what it learns
// goes as well.
func twinOf(t *haproxycfg.Table, wire string, room int64, v haproxycfg.Version, writeTo string) string {
	change := map[string]string{"nopurge": "-", "recv-only": "-", "write-to": "-"}
	if room > 0 && room != t.Size {
		change["size"] = formatSize(room)
	}
	if t.Schema.Column(stick.ConnCur) >= 0 && v.AtLeast(3, 2) {
		change["recv-only"] = ""
	}
	if writeTo != "" {
		change["write-to"] = writeTo
	}
	if missing := implied(t, v); missing != "" {
		change["store"] = missing
	}
	if in, ok := strings.CutPrefix(wire, "/"); ok {
		change["peers"] = "-"
		return definition(t, "table "+in, change)
	}
	return "backend " + wire + "\n    " + definition(t, "stick-table", change)
}

// implied is what HAProxy stores in the table without being told, since a stick rule uses it: its twin, which
// no rule may use so, must be told. With what is stored anyway.
func implied(t *haproxycfg.Table, v haproxycfg.Version) string {
	if t.Schema.Column(stick.ServerID) < 0 {
		return ""
	}
	var stored string
	for _, o := range t.Options {
		if o.Name == "store" {
			stored += strings.Join(o.Words[1:], "") + ","
		}
	}
	key := "server_name" // which every version takes
	if v.AtLeast(2, 4) {
		key = "server_key"
	}
	all := stored
	if !strings.Contains(stored, "server_id") {
		all += "server_id,"
	}
	if !strings.Contains(stored, "server_key") && !strings.Contains(stored, "server_name") {
		all += key + ","
	}
	if all == stored {
		return ""
	}
	return strings.TrimSuffix(all, ",")
}

// formatSize writes a number of entries as people do.
func formatSize(n int64) string {
	switch {
	case n%(1<<20) == 0:
		return fmt.Sprintf("%dm", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%dk", n>>10)
	}
	return fmt.Sprint(n)
}
