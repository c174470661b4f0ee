package config

import "strings"

// unknown reports a line whose first word is no keyword of this section: HAProxy's, of
// another section of ours, misspelt, or nothing at all. It returns the keyword that was
// probably meant and its number of words, so that the line is read as well, or nil.
func (p *parser) unknown(st statement) (meant *keyword, n int) {
	w := st.words[0]
	if s := suggest(w.text, []string{global, aggregations}); s != "" {
		// Opened all the same, or every line of it would be blamed on the section before.
		p.failf(w, "did you mean '"+s+"' maybe ?", "unknown keyword %s in '%s' section", w, p.section)
		p.open(st, s)
		return nil, 0
	}
	if first := p.firstWord(w.text); first != nil {
		return p.secondWord(st, first)
	}
	if p.foreign(w, w.text) {
		return nil, 0
	}
	for i := range keywords {
		if _, ok := keywords[i].is(st.words); ok {
			p.failf(w, "it belongs in the '"+openers[keywords[i].section]+"' section",
				"keyword %s is not expected in '%s' section", w, p.section)
			return nil, 0
		}
	}
	s := suggest(w.text, p.names())
	p.failf(w, didYouMean(w.text, p.names()), "unknown keyword %s in '%s' section", w, p.section)
	return p.named(s), 1
}

// named finds the keyword of the open section by its name or alias, or nil.
func (p *parser) named(name string) *keyword {
	for i := range keywords {
		if k := &keywords[i]; k.section == p.section && name != "" && (k.name == name || k.alias == name) {
			return k
		}
	}
	return nil
}

// firstWord finds the keyword of two words that name begins, or nil.
func (p *parser) firstWord(name string) *keyword {
	for i := range keywords {
		if k := &keywords[i]; k.section == p.section && strings.HasPrefix(k.name, name+" ") {
			return k
		}
	}
	return nil
}

// secondWord reports a line that goes on otherwise than its keyword of two words.
func (p *parser) secondWord(st statement, k *keyword) (meant *keyword, n int) {
	first, second, _ := strings.Cut(k.name, " ")
	if len(st.words) == 1 {
		p.failf(st.words[0], writeUsage(k), "'%s' expects '%s'", first, second)
		return nil, 0
	}
	w := st.words[1]
	if p.foreign(w, first+" "+w.text) {
		return nil, 0
	}
	hint := didYouMean(w.text, []string{second})
	p.failf(w, hint, "'%s' only supports '%s' (got %s)", first, second, w)
	if hint == "" {
		return nil, 0
	}
	return k, 2
}

// foreign reports a keyword that HAProxy has and we have not, and reports whether it was one.
func (p *parser) foreign(w word, name string) bool {
	hint, ok := foreignWords[p.section+" "+name]
	for prefix, h := range foreignPrefixes {
		if !ok && strings.HasPrefix(name, prefix) {
			hint, ok = h, true
		}
	}
	if ok {
		p.report(Error{
			Kind: Foreign, Hint: hint,
			Msg: "keyword '" + printable(name) + "' of HAProxy has no meaning in '" + p.section + "' section",
		}, w)
	}
	return ok
}

// unknownOption reports a word that its line does not take, and returns the option that
// was probably meant, or nil.
func (p *parser) unknownOption(l *line, w word) *option {
	if hint, ok := foreignWords[l.kw.name+" "+w.text]; ok {
		p.report(Error{
			Kind: Foreign, Hint: hint,
			Msg: "keyword " + w.String() + " of HAProxy has no meaning on a '" + l.kw.name + "' line",
		}, w)
		return nil
	}
	names := l.kw.optionNames()
	if names == nil {
		p.failf(w, "", "'%s' cannot handle unexpected argument %s", l.kw.name, w)
		return nil
	}
	hint := didYouMean(w.text, names)
	if hint == "" {
		hint = "'" + l.kw.name + "' takes " + strings.Join(names, ", ")
	}
	p.failf(w, hint, "unknown keyword %s in '%s' section", w, p.section)
	return l.kw.option(suggest(w.text, names))
}

// names are the keywords of the open section.
func (p *parser) names() []string {
	var names []string
	for i := range keywords {
		if k := &keywords[i]; k.section == p.section {
			names = append(names, k.name)
			if k.alias != "" {
				names = append(names, k.alias)
			}
		}
	}
	return names
}
