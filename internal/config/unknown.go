package config

import "strings"

// unknown reports a line whose first word is no keyword of this section: HAProxy's, of
// another section of ours, misspelt, or nothing at all.
func (p *parser) unknown(st statement) {
	w := st.words[0]
	if s := suggest(w.text, []string{global, aggregations}); s != "" && len(w.text) > 4 {
		// Opened all the same, or every line of it would be blamed on the section before.
		p.failf(w, "did you mean '"+s+"' maybe ?", "unknown keyword %s in '%s' section", w, p.section)
		p.open(st, s)
		return
	}
	if p.secondWord(st) || p.foreign(w, w.text) {
		return
	}
	for i := range keywords {
		if _, ok := keywords[i].is(st.words); ok {
			p.failf(w, "it belongs in the '"+openers[keywords[i].section]+"' section",
				"keyword %s is not expected in '%s' section", w, p.section)
			return
		}
	}
	p.failf(w, didYouMean(w.text, p.names()), "unknown keyword %s in '%s' section", w, p.section)
}

// secondWord reports a line whose first word begins a keyword of two, and reports whether
// it was one.
func (p *parser) secondWord(st statement) bool {
	w := st.words[0]
	var seconds []string
	for i := range keywords {
		if first, second, two := strings.Cut(keywords[i].name, " "); two && first == w.text && keywords[i].section == p.section {
			seconds = append(seconds, second)
		}
	}
	switch {
	case seconds == nil:
		return false
	case len(st.words) == 1:
		p.failf(w, "write '"+w.text+" "+seconds[0]+" ...'", "%s expects another word", w)
	case !p.foreign(st.words[1], w.text+" "+st.words[1].text):
		hint := didYouMean(st.words[1].text, seconds)
		p.failf(st.words[1], hint, "%s only supports '%s' (got %s)", w, strings.Join(seconds, "' and '"), st.words[1])
	}
	return true
}

// foreign reports a keyword that HAProxy has and we have not, and reports whether it was one.
func (p *parser) foreign(w word, name string) bool {
	hint, ok := foreignWords[p.section+" "+name]
	for prefix, h := range foreignPrefixes {
		if !ok && p.section == global && strings.HasPrefix(name, prefix) {
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
