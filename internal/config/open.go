package config

// open opens a section if name is one that we or HAProxy have.
func (p *parser) open(st statement, name string) bool {
	switch {
	case name == global:
		p.openGlobal(st)
	case name == aggregations:
		p.openAggregations(st)
	case foreignSections[name] != "":
		p.skip = true
		p.report(Error{
			Kind: Foreign, Hint: foreignSections[name],
			Msg: "section '" + name + "' of HAProxy has no meaning here",
		}, st.words[0])
	default:
		return false
	}
	return true
}

// openGlobal opens the global section. A second one is refused, but read.
func (p *parser) openGlobal(st statement) {
	p.section, p.skip, p.once = global, false, p.globals
	if p.opened != (Pos{}) {
		p.failf(st.words[0], "move its lines there", "section 'global' was already opened at %s", p.opened)
	} else {
		p.opened = st.words[0].pos
	}
	p.tooMany("'global'", st.words[1:])
}

// openAggregations opens an aggregations section.
func (p *parser) openAggregations(st statement) {
	p.section, p.skip, p.once = aggregations, false, map[string]Pos{}
	id := word{pos: st.words[0].pos}
	if len(st.words) > 1 {
		id = st.words[1]
		p.tooMany("'aggregations'", st.words[2:])
	} else if !st.broken {
		p.failf(st.words[0], "write 'aggregations ID', with any name that you like",
			"'aggregations' expects an identifier as argument")
	}
	p.checkName("'aggregations' name", id)
	for _, d := range p.drafts {
		if d.ID == id.text && id.text != "" {
			p.failf(id, "give it another name, or move its lines there",
				"aggregations section %s has the same name as another aggregations section declared at %s", id, d.Pos)
		}
	}
	p.draft = &draft{Section: newSection(id)}
	p.drafts = append(p.drafts, p.draft)
}

// tooMany reports the first of words, which nothing asked for.
func (p *parser) tooMany(what string, words []word) {
	if len(words) > 0 {
		p.failf(words[0], "", "%s cannot handle unexpected argument %s", what, words[0])
	}
}

// outside reports a line that stands before any section. If its first word was meant to
// open one, it is opened all the same: what follows is then judged by its own faults.
func (p *parser) outside(st statement) {
	w := st.words[0]
	if s := suggest(w.text, []string{global, aggregations}); s != "" {
		p.failf(w, "did you mean '"+s+"' maybe ?", "unknown keyword %s out of section", w)
		p.open(st, s)
		return
	}
	hint := "open one with 'aggregations ID' or 'global'"
	for i := range keywords {
		if _, ok := keywords[i].is(st.words); ok {
			hint = "it belongs in a section: begin one with '" + openers[keywords[i].section] + "'"
		}
	}
	p.failf(w, hint, "unknown keyword %s out of section", w)
}
