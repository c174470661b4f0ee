package config

import (
	"slices"
	"strings"
)

// line is a statement whose keyword is known, cut into what the keyword takes.
type line struct {
	kw   *keyword
	word word            // the keyword
	args []word          // what stands for kw.args; an optional one may be missing
	opts map[string]word // the values of the options that take one and have it
	at   map[string]word // the options themselves
}

// has reports whether the option is there.
func (l *line) has(name string) bool {
	_, ok := l.at[name]
	return ok
}

// keyword parses one line of a section of ours.
func (p *parser) keyword(st statement) {
	kw, n := p.find(st)
	if kw == nil {
		if kw, n = p.unknown(st); kw == nil {
			return
		}
	}
	l := &line{kw: kw, word: st.words[0], opts: map[string]word{}, at: map[string]word{}}
	p.mark(l)
	if !kw.many {
		p.first(l)
	}
	switch {
	case st.broken: // reported, and half a line would only make more noise
		p.refuse(l, st.words)
	case kw.free || p.cut(l, st.words[n:]):
		kw.apply(p, l)
	default:
		p.refuse(l, nil)
	}
}

// find returns the keyword that the statement begins with and the number of its words.
func (p *parser) find(st statement) (*keyword, int) {
	for i := range keywords {
		if n, ok := keywords[i].is(st.words); ok && keywords[i].section == p.section {
			return &keywords[i], n
		}
	}
	return nil, 0
}

// mark remembers that a line was there, even if it cannot be read: "there is no 'from'
// line" below a misspelt from line would be a lie.
func (p *parser) mark(l *line) {
	if p.section == aggregations {
		p.draft.named = p.draft.named || l.kw.name == "from"
		p.draft.warmup = p.draft.warmup || l.kw.name == "warmup"
		p.draft.relays = p.draft.relays || l.kw.name == "forward"
	}
}

// refuse remembers that a line was not read, or these words of it not: if it was a peer
// line, it may have been the local one.
func (p *parser) refuse(l *line, words []word) {
	if l.kw.name != "peer" {
		return
	}
	p.draft.refused = true
	isLocal := func(w word) bool { return w.text == "local" }
	p.draft.torn = p.draft.torn || slices.ContainsFunc(words, isLocal)
}

// first refuses a second line of a kind that may stand once.
func (p *parser) first(l *line) {
	name := l.kw.name
	if at, ok := p.once[name]; ok {
		p.failf(l.word, "keep one of them", "'%s' was already given at %s", name, at)
		return
	}
	p.once[name] = l.word.pos
}

// cut finds arguments and options among the words behind the keyword. It reports whether
// all arguments are there.
func (p *parser) cut(l *line, words []word) bool {
	for i, name := range l.kw.args {
		optional := name[0] == '['
		switch {
		case optional && (len(words) == 0 || p.isOption(l.kw, words[0].text)):
			continue
		case len(words) == 0:
			p.failf(l.word, writeUsage(l.kw), "'%s' expects %s", l.kw.name, strings.Join(l.kw.args[i:], " "))
			return false
		case name == "ADDR" && l.kw.option(words[0].text) != nil:
			p.failf(words[0], writeUsage(l.kw), "'%s' expects an address before %s", l.kw.name, words[0])
			return false
		case name == "to" && words[0].text != name:
			p.missingTo(l, words[0])
			return false
		}
		l.args = append(l.args, words[0])
		words = words[1:]
	}
	if rest := p.cutOptions(l, words); rest != nil {
		p.refuse(l, rest)
	}
	return true
}

// writeUsage is the hint that shows the whole line.
func writeUsage(k *keyword) string { return "write '" + k.usage() + "'" }

// missingTo reports a from line whose second word is not to, most often because of a
// blank in its list.
func (p *parser) missingTo(l *line, w word) {
	hint := writeUsage(l.kw)
	if strings.HasSuffix(l.args[0].text, ",") || strings.HasPrefix(w.text, ",") {
		hint = "lists have no blanks: .S1,.S2"
	}
	p.failf(w, hint, "'%s' expects 'to' after the list (got %s)", l.kw.name, w)
}

// isOption reports whether s is an option rather than an optional argument: one of its
// names, or something as near to it as no address can be.
func (p *parser) isOption(kw *keyword, s string) bool {
	return kw.option(s) != nil || foreignWords[kw.name+" "+s] != "" ||
		!strings.ContainsAny(s, ".:@*/") && suggest(s, kw.optionNames()) != ""
}

// cutOptions reads the options of the line. One that is misspelt counts as the one that
// was probably meant, so that the rest of the line is read as well; what follows one that
// nobody knows is given back unread.
func (p *parser) cutOptions(l *line, words []word) (rest []word) {
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		o := l.kw.option(w.text)
		if o == nil {
			if o = p.unknownOption(l, w); o == nil {
				return words
			}
		}
		if l.has(o.name) {
			p.failf(w, "", "'%s' stands twice on this line", o.name)
		}
		l.at[o.name] = w
		switch {
		case o.value == "":
		case len(words) == 0:
			p.failf(w, "write '"+o.name+" "+o.value+"'", "'%s' : missing argument", o.name)
		default:
			l.opts[o.name] = words[0]
			words = words[1:]
		}
	}
	return nil
}
