package config

import (
	"net/netip"
	"slices"
)

// faulty reports what err says about w, and reports whether it says anything. what is the
// keyword or option whose value w is.
func (p *parser) faulty(what string, w word, err *fault) bool {
	if err != nil {
		p.failf(w, err.hint, "'%s' : %s in %s", what, err.msg, w)
	}
	return err != nil
}

// choice finds a word among those that its option knows, and returns its number.
func (p *parser) choice(what string, w word, choices []string) (n int, ok bool) {
	if n = slices.Index(choices, w.text); n < 0 {
		p.failf(w, didYouMean(w.text, choices), "'%s' only supports %s (got %s)", what, among(choices), w)
		return 0, false
	}
	return n, true
}

// among lists words: 'a', 'b' and 'c'.
func among(words []string) string {
	s := ""
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			s += " and "
		case i > 0:
			s += ", "
		}
		s += "'" + w + "'"
	}
	return s
}

// prefixes reads the networks of an allow line or option.
func (p *parser) prefixes(w word) []netip.Prefix {
	var all []netip.Prefix
	for _, part := range w.list() {
		n, err := parsePrefix(part.text)
		if !p.faulty("allow", part, err) {
			all = append(all, n)
		}
	}
	return all
}

// allowed reads the allow option of a line; none is nil.
func (p *parser) allowed(l *line) []netip.Prefix {
	if w, ok := l.opts["allow"]; ok {
		return p.prefixes(w)
	}
	return nil
}

// tls reads the options of encryption. serves: the line is a place to listen on, which
// needs a certificate.
func (p *parser) tls(l *line, serves bool) TLS {
	t := TLS{
		Enabled: l.has("ssl"), Crt: l.opts["crt"].text, CAFile: l.opts["ca-file"].text,
		VerifyHost: l.opts["verifyhost"].text, VerifyName: l.has("verifyname"),
	}
	for _, name := range []string{"crt", "ca-file", "verifyhost"} {
		if w, ok := l.opts[name]; ok && w.text == "" {
			p.failf(w, "", "'%s' : missing argument", name)
		}
	}
	if l.has("ca-file") {
		t.Verify = VerifyRequired
	}
	if w, ok := l.opts["verify"]; ok {
		n, _ := p.choice("verify", w, verifyWords[:])
		t.Verify = Verify(n)
	}
	if t.Enabled {
		p.checkTLS(l, t, serves)
	} else {
		p.warnIdle(l, "add 'ssl'", "'%s' does nothing without 'ssl'", "crt", "ca-file", "verify")
		p.failIdle(l, "add 'ssl' and 'ca-file FILE'", "'%s' : no certificate is looked at without 'ssl'", "verifyhost", "verifyname")
	}
	return t
}

// checkTLS finds options that lack others.
func (p *parser) checkTLS(l *line, t TLS, serves bool) {
	switch {
	case serves && !l.has("crt"):
		p.failf(l.at["ssl"], "add 'crt FILE', a PEM file with certificate and key", "'ssl' needs a certificate to listen with")
	case t.Verify != VerifyNone && !l.has("ca-file"):
		p.failf(l.at["verify"], "add 'ca-file FILE'", "verify is enabled but no CA file specified")
	case l.opts["verify"].text == "none": // switched off, for a while perhaps
		p.warnIdle(l, "write 'verify required'", "'%s' does nothing with 'verify none'", "verifyhost", "verifyname")
	case !l.has("ca-file"):
		p.failIdle(l, "add 'ca-file FILE'", "'%s' : no certificate is verified without 'ca-file'", "verifyhost", "verifyname")
	}
}

// failIdle refuses those of the options that stand on the line: whoever asks for a name must
// not get sessions that are open to anybody, with no more than a warning.
func (p *parser) failIdle(l *line, hint, format string, options ...string) {
	for _, name := range options {
		if l.has(name) {
			p.failf(l.at[name], hint, format, name)
		}
	}
}

// warnIdle warns of those of the options that stand on the line.
func (p *parser) warnIdle(l *line, hint, format string, options ...string) {
	for _, name := range options {
		if l.has(name) {
			p.warnf(l.at[name], hint, format, name)
		}
	}
}
