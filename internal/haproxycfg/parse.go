package haproxycfg

import (
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/words"
)

// kind is what sort of section lines stand in.
type kind uint8

const (
	outside kind = iota // before any section, or in one that is none of our business
	global
	defaults
	proxy
	peers
	maybe // in one of which a condition decides whether it is there
)

// openers are the words that open a section, of every version of HAProxy so far. One that is missing
// would leave the section before open, in which its lines then mean nothing.
var openers = map[string]kind{
	"global": global, "defaults": defaults, "frontend": proxy, "backend": proxy, "listen": proxy, "peers": peers,
	"acme": outside, "cache": outside, "crt-store": outside, "fcgi-app": outside, "haterm": outside, "healthcheck": outside,
	"http-errors": outside, "log-forward": outside, "log-profile": outside, "mailers": outside, "program": outside,
	"resolvers": outside, "ring": outside, "traces": outside, "userlist": outside,
}

// parser is the state of one run over the files of a node.
type parser struct {
	cfg    *Config
	lookup words.Lookup
	set    map[string]*string // what setenv and the like have done; nil: unset
	raw    []string           // the lines of the file

	kind    kind
	peers   *Peers
	proxy   string // name of the open proxy; of defaults ""
	binds   bool   // default-bind of the section has ssl
	servers bool   // default-server has
	blocks  []block
}

// Parse reads the files of one node, in the order in which HAProxy is given them. It fails only if they are
// beyond the limits.
func Parse(files []File, o Options) (*Config, error) {
	total := 0
	for _, f := range files {
		total += len(f.Data)
	}
	if total > MaxBytes {
		return nil, fmt.Errorf("%d bytes are more than a configuration of HAProxy has, at most %d are read", total, MaxBytes)
	}
	p := &parser{cfg: &Config{Files: files, Options: o, Name: o.Name, Named: o.Name != ""}, lookup: o.Lookup, set: map[string]*string{}}
	p.cfg.tables, p.cfg.lines = map[string]*Table{}, map[string][]string{}
	for _, f := range files {
		p.file(f)
	}
	if len(p.cfg.Tables) > MaxTables || len(p.cfg.Uses) > MaxUses {
		return nil, fmt.Errorf("%d tables and %d uses of them, at most %d and %d are read", len(p.cfg.Tables), len(p.cfg.Uses), MaxTables, MaxUses)
	}
	p.finish()
	return p.cfg, nil
}

// file reads one file. No section and no condition reaches over its end.
func (p *parser) file(f File) {
	p.kind, p.blocks, p.raw = outside, nil, strings.Split(string(f.Data), "\n")
	p.cfg.lines[f.Name] = p.raw
	l := words.New(f.Name, string(f.Data), p.env)
	for st, ok := l.Next(); ok && len(p.cfg.Tables) <= MaxTables && len(p.cfg.Uses) <= MaxUses; st, ok = l.Next() {
		if !p.condition(st) {
			p.statement(st.Words)
		}
	}
	for _, fault := range l.Faults() {
		if !fault.Warning {
			p.doubt(fault.Pos, "the line cannot be read: "+fault.Msg)
		}
	}
}

// doubt notes what cannot be judged.
func (p *parser) doubt(at words.Pos, msg string) {
	p.cfg.Doubts = append(p.cfg.Doubts, Doubt{at, msg})
}

// env finds a variable as HAProxy would: its own name for the peer, what setenv has said, the environment.
func (p *parser) env(name string) (string, bool) {
	if v, ok := p.set[name]; ok {
		if v == nil {
			return "", false
		}
		return *v, true
	}
	if name == "HAPROXY_LOCALPEER" && p.cfg.Name != "" {
		return p.cfg.Name, true
	}
	if p.lookup == nil {
		return "", false
	}
	return p.lookup(name)
}

// statement reads one line that is surely there.
func (p *parser) statement(line []words.Word) {
	if k, ok := openers[line[0].Text]; ok {
		p.open(k, line)
		return
	}
	switch p.kind {
	case global:
		p.global(line)
	case peers:
		p.peersLine(line)
	case proxy, defaults:
		p.proxyLine(line)
	}
}

// open opens a section.
func (p *parser) open(k kind, line []words.Word) {
	p.kind, p.peers, p.proxy, p.binds, p.servers = k, nil, "", false, false
	name := ""
	if len(line) > 1 {
		name = line[1].Text
	}
	switch {
	case k == global && p.cfg.Global == (words.Pos{}):
		p.cfg.Global = line[0].Pos
	case k == proxy:
		p.proxy = name
	case k == peers && name != "":
		p.peers = &Peers{Name: name, Pos: line[1].Pos, Last: line[0].Pos.Line, LastFile: line[0].Pos.File}
		p.cfg.Sections = append(p.cfg.Sections, p.peers)
	case k == peers:
		p.kind = outside
	}
}

// global reads a line of the global section.
func (p *parser) global(line []words.Word) {
	if len(line) < 2 {
		return
	}
	name := line[1]
	switch line[0].Text {
	case "localpeer":
		p.cfg.NamePos = name.Pos
		switch {
		case p.cfg.Options.Name != "": // -L goes before it
		case name.Unset != "":
			p.doubt(name.Pos, unset(name.Unset, "the name of the node"))
			p.cfg.Partial = true
		default:
			p.cfg.Name, p.cfg.Named = name.Text, true
		}
	case "setenv", "presetenv":
		if _, there := p.env(name.Text); len(line) > 2 && (line[0].Text == "setenv" || !there) {
			p.set[name.Text] = &line[2].Text
		}
	case "unsetenv":
		for _, w := range line[1:] {
			p.set[w.Text] = nil
		}
	case "resetenv":
		p.resetEnv(line[1:])
	}
}

// resetEnv keeps the variables that it names and no other.
func (p *parser) resetEnv(kept []words.Word) {
	set, lookup := p.set, p.lookup
	p.set = map[string]*string{}
	p.lookup = func(name string) (string, bool) {
		if !slices.ContainsFunc(kept, func(w words.Word) bool { return w.Text == name }) {
			return "", false
		}
		if v, ok := set[name]; ok && v != nil {
			return *v, true
		} else if ok || lookup == nil {
			return "", false
		}
		return lookup(name)
	}
}

func unset(variable, what string) string {
	return fmt.Sprintf("environment variable '%s' is not set here, so %s cannot be told", variable, what)
}

// finish resolves what can only be seen from the whole.
func (p *parser) finish() {
	c := p.cfg
	if c.Name == "" {
		c.Name = p.guess()
	}
	for _, s := range c.Sections {
		for i := range s.Peers {
			n := &s.Peers[i]
			n.Local = c.Name != "" && (n.Name == c.Name || n.Unset != "" && n.Addr.IsZero())
		}
	}
	p.resolve()
	p.persist()
}

// guess tells the node's name where no line does: a peer without an address can only be itself.
func (p *parser) guess() string {
	for _, s := range p.cfg.Sections {
		for _, n := range s.Peers {
			if n.Addr.IsZero() && n.Name != "" && n.Unset == "" {
				return n.Name
			}
		}
	}
	return ""
}
