package config

import (
	"strconv"
	"strings"
	"time"

	"tallystick/internal/stick"
)

// Defaults of a section.
const (
	defaultWarmup     = 10 * time.Second
	defaultWarmupDown = 20 * time.Second // aggregators below us have lessons of their own to wait for
	defaultPush       = 5 * time.Millisecond
	defaultEntries    = 10_000_000
	defaultTables     = 256
)

// Limits of what a section may say.
const (
	maxWarmup  = 24 * time.Hour
	maxPush    = time.Second // sums are promised within a second
	maxEntries = 1<<31 - 1   // rows are numbered in 32 bits
	maxTables  = 1 << 16
)

// newSection is a section with its defaults.
func newSection(id word) *Section {
	return &Section{
		ID: id.text, Pos: id.pos, Name: id.text,
		PushInterval: defaultPush, Restore: true,
		MaxEntries: defaultEntries, MaxTables: defaultTables,
	}
}

// checkName refuses a name that HAProxy would not have either. What it permits needs no
// quotes anywhere, in no log and no command.
func (p *parser) checkName(what string, w word) {
	if w.text == "" && w.unset != "" || w.text == "" && what == "peer name" {
		p.failf(w, "", "%s is empty", what)
	}
	for _, r := range w.text {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z' && r < 128
		if !letter && (r < '0' || r > '9') && !strings.ContainsRune("-_.:", r) {
			p.failf(w, "letters, digits, '-', '_', '.' and ':' are", "character '%s' is not permitted in %s %s",
				printable(string(r)), what, w)
			return
		}
	}
}

// suffixes reads a list of suffixes, each once.
func (p *parser) suffixes(what string, w word) []word {
	var all []word
	for _, s := range w.list() {
		if !p.suffix(what, s) {
			continue
		}
		for _, other := range all {
			if other.text == s.text {
				p.warnf(s, "", "'%s' : suffix %s stands twice", what, s)
			}
		}
		all = append(all, s)
	}
	return all
}

// suffix reports whether w is a suffix, and what is wrong if not: it is what follows the
// last dot of a name, so it has one dot, at its beginning.
func (p *parser) suffix(what string, w word) bool {
	switch {
	case w.text == "":
		p.failf(w, "lists have no blanks and no comma at the end: .S1,.S2", "'%s' : missing suffix", what)
	case w.text == "any":
		p.failf(w, "write 'any' alone, or suffixes alone", "'%s' : 'any' cannot be used in a list of suffixes", what)
	case w.text[0] != '.':
		p.failf(w, "did you mean '."+printable(w.text)+"' maybe ?", "'%s' : suffix %s does not begin with a dot", what, w)
	case w.text == ".":
		p.failf(w, "write '.agg' or the like", "'%s' : suffix %s has no name", what, w)
	case strings.Contains(w.text[1:], "."):
		last := w.text[strings.LastIndexByte(w.text, '.'):]
		p.failf(w, "only what follows the last dot of a table's name is its suffix: '"+printable(last)+"'",
			"'%s' : suffix %s has a second dot", what, w)
	case strings.ContainsAny(w.text, "/ \t\r\n"):
		p.failf(w, "", "'%s' : suffix %s has a character that no table's name has", what, w)
	default:
		return true
	}
	return false
}

// from reads: from any|.S1,.S2 to .SUF [accept-no-suffix] [no-ascend] [no-feedback]
func (p *parser) from(l *line) {
	list, target := l.args[0], l.args[2]
	r := &p.draft.Rules
	r.Any = list.text == "any"
	if !r.Any {
		p.draft.sources = p.suffixes("from", list)
		r.From = texts(p.draft.sources)
	}
	p.draft.from = target
	if p.suffix("to", target) {
		r.To = target.text
	}
	p.draft.ascend = l.at["no-ascend"]
	r.AcceptNoSuffix, r.NoAscend, r.NoFeedback = l.has("accept-no-suffix"), l.has("no-ascend"), l.has("no-feedback")
	if r.Any && r.AcceptNoSuffix {
		p.warnf(l.at["accept-no-suffix"], "", "'accept-no-suffix' does nothing with 'from any', which accepts every name")
	}
	if r.NoAscend && r.NoFeedback {
		p.warnf(l.at["no-feedback"], "keep one of them", "with 'no-ascend' and 'no-feedback' no sum is pushed to anybody")
	}
}

func texts(words []word) []string {
	var all []string
	for _, w := range words {
		all = append(all, w.text)
	}
	return all
}

// forward reads: forward .S1,.S2
func (p *parser) forward(l *line) {
	more := p.suffixes("forward", l.args[0])
	p.draft.forward = append(p.draft.forward, more...)
	p.draft.Rules.Forward = append(p.draft.Rules.Forward, texts(more)...)
}

// allow reads: allow CIDR[,CIDR...]
func (p *parser) allow(l *line) {
	if p.draft.Allow = append(p.draft.Allow, p.prefixes(l.args[0])...); p.draft.allow.pos == (Pos{}) {
		p.draft.allow = l.word
	}
}

// duration reads the time of a line, up to a limit.
func (p *parser) duration(l *line, most time.Duration) time.Duration {
	w := l.args[0]
	d, err := parseTime(w.text)
	if !p.faulty(l.kw.name, w, err) && d > most {
		p.failf(w, "", "'%s' : %s is too long, at most %s is possible", l.kw.name, w, stick.FormatMillis(uint32(most.Milliseconds())))
	}
	return d
}

// warmup reads: warmup TIME
func (p *parser) warmup(l *line) {
	w := l.args[0]
	d := p.duration(l, maxWarmup)
	if isNumber(w.text) && d > 0 && d < 100*time.Millisecond {
		p.warnf(w, "write '"+w.text+"s' or '"+w.text+"ms'",
			"'warmup %s' is suspiciously small for a value in milliseconds", w.text)
	}
	p.draft.Warmup = d
}

// pushInterval reads: push-interval TIME
func (p *parser) pushInterval(l *line) { p.draft.PushInterval = p.duration(l, maxPush) }

// mode reads: mode observe
func (p *parser) mode(l *line) {
	w := l.args[0]
	if hint, ok := foreignWords["mode "+w.text]; ok {
		p.report(Error{Kind: Foreign, Hint: hint, Msg: "'mode " + w.text + "' of HAProxy has no meaning in 'aggregations' section"}, w)
		return
	}
	_, p.draft.Observe = p.choice("mode", w, []string{"observe"})
}

// restore reads: restore on|off
func (p *parser) restore(l *line) {
	n, _ := p.choice("restore", l.args[0], []string{"on", "off"})
	p.draft.Restore = n == 0
}

// shard reads: shard I/N [peers SECTION]
func (p *parser) shard(l *line) {
	w := l.args[0]
	first, last, _ := strings.Cut(w.text, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(last)
	if err != nil || err2 != nil || i < 1 || i > n || !isNumber(first) || !isNumber(last) {
		p.failf(w, "write 'shard 1/3' for the first of three", "'shard' : invalid shard %s", w)
	}
	if w, ok := l.opts["peers"]; ok && w.text == "" {
		p.failf(w, "", "'peers' : missing argument")
	}
	p.draft.shard = l.word
	p.draft.Shard = Shard{Index: i, Count: n, Peers: l.opts["peers"].text}
}

// count reads the number of a line.
func (p *parser) count(l *line, most int64) int64 {
	n, err := parseCount(l.args[0].text, 1, most)
	p.faulty(l.kw.name, l.args[0], err)
	return n
}

// maxEntries reads: max-entries N
func (p *parser) maxEntries(l *line) { p.draft.MaxEntries = p.count(l, maxEntries) }

// maxTables reads: max-tables N
func (p *parser) maxTables(l *line) { p.draft.MaxTables = int(p.count(l, maxTables)) }
