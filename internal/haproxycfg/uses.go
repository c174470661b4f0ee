package haproxycfg

import (
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/words"
)

// Kind is what a rule does with a table.
type Kind uint8

// The kinds of uses.
const (
	Track Kind = iota // counts in it: track-sc0 and the like
	Stick             // remembers servers in it: stick on and the like
	Write             // changes it by a sample fetch, such as src_inc_gpc0
	Read              // reads a column of it, or whether a key is in it
)

// String is what a rule does with a table, before the table's name.
func (k Kind) String() string {
	return [...]string{Track: "tracks into", Stick: "remembers servers in", Write: "writes to", Read: "reads"}[k]
}

// Use is one place in a rule that counts in a table or reads it.
type Use struct {
	Pos     words.Pos // of Text
	Kind    Kind
	Proxy   string         // in which the rule stands; "" in a defaults section
	Table   string         // as rules have it; "" if it cannot be told
	Named   bool           // the rule says which table, else it follows from the proxy or the counter
	Counter int            // of track-scN and sc_ fetches; -1: none
	Column  stick.DataType // that is read or written, if Counts or Kind is Write
	Counts  bool           // a column is read, not only whether a key is there
	Text    string         // as it stands: "track-sc0", "sc_http_req_rate(0)"

	from, to      int // bytes of the line that name the table, or where its name would go
	before, after string
}

// Naming is the change that has the use go to another table: the bytes of its line from one offset to
// another are replaced by text.
func (u *Use) Naming(table string) (from, to int, text string) {
	return u.from, u.to, u.before + table + u.after
}

// proxyLine reads a line of a frontend, backend, listen or defaults section.
func (p *parser) proxyLine(line []words.Word) {
	if line[0].Text == "stick-table" && p.kind == proxy {
		p.table(line)
		return
	}
	p.rule(line)
	braces, condition := false, false // inside of { }, behind if or unless
	for i, w := range line {
		switch w.Text {
		case "if", "unless":
			condition = true
		case "{", "!{":
			braces = true
		case "}":
			braces = false
		}
		// Words of a condition outside of braces, and the first behind "acl", are names of ACLs: they
		// may look like anything.
		named := condition && !braces || i == 1 && line[0].Text == "acl"
		p.fetches(w, !named)
	}
}

// rule reads track-scN and stick rules.
func (p *parser) rule(line []words.Word) {
	for i, w := range line[:min(4, len(line))] { // behind http-request, or tcp-request and its state
		if n, ok := strings.CutPrefix(w.Text, "track-sc"); ok && i+1 < len(line) {
			counter, _ := number(n)
			p.target(Use{Kind: Track, Counter: int(counter)}, w, line[i+1:])
			return
		}
	}
	if line[0].Text == "stick" && len(line) > 2 {
		p.target(Use{Kind: Stick, Counter: -1}, line[0], line[2:])
	}
}

// target reads what follows a rule that counts: EXPRESSION [table NAME]
func (p *parser) target(u Use, w words.Word, rest []words.Word) {
	u.Pos, u.Text, u.Proxy = w.Pos, w.Text, p.proxy
	key := rest[0]
	u.from = key.Pos.Column - 1 + key.Len
	u.to, u.before = u.from, " table "
	if len(rest) > 2 && rest[1].Text == "table" {
		t := rest[2]
		u.Table, u.Named, u.before = t.Text, true, ""
		u.from = t.Pos.Column - 1
		u.to = u.from + t.Len
		if t.Unset != "" {
			p.doubt(t.Pos, unset(t.Unset, "the table"))
			u.Table = ""
		}
	}
	p.cfg.Uses = append(p.cfg.Uses, u)
}

// fetches finds sample fetches and converters in a word, as it stands in the file: they may be quoted, or
// in the middle of a log format. bare: one without parentheses counts as well.
func (p *parser) fetches(w words.Word, bare bool) {
	raw := p.rawWord(w)
	for at := 0; at < len(raw); {
		if !isName(raw[at]) {
			at++
			continue
		}
		end := at
		for end < len(raw) && isName(raw[end]) {
			end++
		}
		if f, ok := fetchOf(raw[at:end]); ok {
			end = p.fetch(f, w.Pos, raw, at, end, bare)
		}
		at = end
	}
}

func isName(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || c == '.' || c == '-'
}

// fetch notes one that stands in raw from at to end, and returns where it ends with its arguments.
func (p *parser) fetch(f fetch, pos words.Pos, raw string, at, end int, bare bool) int {
	u := Use{Kind: Read, Proxy: p.proxy, Counter: -1, Column: f.column, Counts: f.counts, before: raw[at:end] + "(", after: ")"}
	if f.writes {
		u.Kind = Write
	}
	if f.family == byCounterN {
		u.Counter = f.counter
	}
	var args []string
	switch closing := strings.IndexByte(raw[end:], ')'); {
	case end < len(raw) && raw[end] == '(' && closing > 0:
		if inner := raw[end+1 : end+closing]; inner != "" {
			args = strings.Split(inner, ",")
		}
		end += closing + 1
	case !bare || f.family == byConverter || at > 0 && !strings.ContainsRune(`[('"`, rune(raw[at-1])):
		return end
	}
	table, counter := f.place()
	if counter >= 0 && counter < len(args) {
		n, _ := number(strings.TrimSpace(args[counter]))
		u.Counter = int(n)
	}
	if table < len(args) {
		u.Table, u.Named = strings.TrimSpace(args[table]), true
		args = args[:table]
	}
	if len(args) > 0 {
		u.before += strings.Join(args, ",") + ","
	}
	pos.Column += at
	u.Pos, u.Text = pos, raw[at:end]
	u.from = pos.Column - 1
	u.to = u.from + len(u.Text)
	p.cfg.Uses = append(p.cfg.Uses, u)
	return end
}

// resolve finds the tables of rules that name none: the proxy's own, or what the counter tracks, in the
// same proxy or else, if that is one table only, anywhere.
func (p *parser) resolve() {
	uses := p.cfg.Uses
	type place struct {
		proxy   string
		counter int
	}
	tracked := map[place]map[string]bool{}
	note := func(at place, table string) {
		if tracked[at] == nil {
			tracked[at] = map[string]bool{}
		}
		tracked[at][table] = true
	}
	for i := range uses {
		u := &uses[i]
		if own := u.Kind == Track || u.Kind == Stick || u.Counter < 0; !u.Named && own && u.Table == "" {
			u.Table = u.Proxy
		}
		if u.Kind == Track {
			note(place{u.Proxy, u.Counter}, u.Table)
			note(place{"", u.Counter}, u.Table) // anywhere
		}
	}
	for i := range uses {
		u := &uses[i]
		if u.Named || u.Counter < 0 || u.Kind == Track {
			continue
		}
		found := tracked[place{u.Proxy, u.Counter}]
		if found == nil {
			found = tracked[place{"", u.Counter}]
		}
		for name := range found {
			if len(found) == 1 {
				u.Table = name
			}
		}
	}
}
