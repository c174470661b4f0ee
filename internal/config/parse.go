package config

import (
	"cmp"
	"fmt"
	"slices"
)

// File is one configuration file.
type File struct {
	Name string // as errors shall show it
	Data []byte
}

// Options are what the configuration depends on besides its files.
type Options struct {
	Lookup Lookup // the environment; nil: empty
	Name   string // our name (-L) for sections where no line says local; "" for none
}

// Parse turns files into a Config. It reports every mistake of every file, in the order in which
// they stand. The Config is nil if any of them is an Alert; warnings and notices leave it good.
func Parse(files []File, o Options) (*Config, []Error) {
	c, errs := parse(files, o)
	return judge(files, c, errs)
}

// judge sorts the errors and withholds a configuration that has alerts.
func judge(files []File, c *Config, errs []Error) (*Config, []Error) {
	order := func(e Error) int {
		return slices.IndexFunc(files, func(f File) bool { return f.Name == e.Pos.File })
	}
	slices.SortStableFunc(errs, func(a, b Error) int {
		return cmp.Or(order(a)-order(b), a.Pos.Line-b.Pos.Line, a.Pos.Column-b.Pos.Column)
	})
	if slices.ContainsFunc(errs, func(e Error) bool { return e.Severity == Alert }) {
		return nil, errs
	}
	return c, errs
}

// parser is the state of one run over all files.
type parser struct {
	cfg    *Config
	errs   []Error
	name   string // of Options
	drafts []*draft

	// Where we are.
	section string         // global, aggregations, or "" outside
	skip    bool           // in a section that is not ours: its lines were refused with it
	draft   *draft         // the aggregations section that is open
	once    map[string]Pos // keywords of the open section that may not come again
	globals map[string]Pos // the same of the global section
	served  []word         // the sections that bind lines name
	caller  word           // the address of the source line
	opened  Pos            // the global line; zero: none yet
}

// draft is an aggregations section as far as it was read.
type draft struct {
	*Section
	from    word // the target suffix, as written
	sources []word
	forward []word
	ascend  word // no-ascend
	allow   word // the first allow line
	shard   word // the shard line
	warmup  bool // there is a warmup line, good or bad
	named   bool // there is a from line, good or bad
	relays  bool // there is a forward line, good or bad
	refused bool // a peer line could not be read
	torn    bool // and it was, or may have been, the local one
	locals  []*Peer
}

// parse reads all files and completes what they say.
func parse(files []File, o Options) (*Config, []Error) {
	env := o.Lookup
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	p := &parser{cfg: &Config{}, name: o.Name, globals: map[string]Pos{}}
	for _, f := range files {
		all, errs := lex(f.Name, string(f.Data), env)
		p.errs = append(p.errs, errs...)
		p.section, p.skip = "", false // no section reaches over the end of a file
		for _, st := range all {
			p.statement(st)
		}
	}
	p.finish(files)
	return p.cfg, p.errs
}

// failf reports that something is wrong with w.
func (p *parser) failf(w word, hint, format string, args ...any) {
	p.report(Error{Msg: fmt.Sprintf(format, args...), Hint: hint}, w)
}

// warnf reports that w is probably not what was meant.
func (p *parser) warnf(w word, hint, format string, args ...any) {
	p.report(Error{Severity: Warning, Msg: fmt.Sprintf(format, args...), Hint: hint}, w)
}

// report adds an error at w. If a variable without value is part of w then that is the
// reason more often than not, and said.
func (p *parser) report(e Error, w word) {
	e.Pos, e.Word = w.pos, w.text
	if w.unset != "" && e.Severity == Alert {
		e.Hint = "environment variable '" + printable(w.unset) + "' is not set"
	}
	p.errs = append(p.errs, e)
}

// statement gives one statement to the section that it stands in.
func (p *parser) statement(st statement) {
	w := st.words[0]
	switch {
	case p.open(st, w.text):
	case p.skip:
	case p.section == "":
		p.outside(st)
	default:
		p.keyword(st)
	}
}
