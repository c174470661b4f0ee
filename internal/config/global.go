package config

import (
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// address reads the address of a line.
func (p *parser) address(l *line, w word) (Addr, bool) {
	a, err := parseAddr(w.text)
	if p.faulty(l.kw.name, w, err) {
		return Addr{}, false
	}
	return a, true
}

// statsSocket reads: stats socket ADDR [mode M] [user U] [group G] [level L]
func (p *parser) statsSocket(l *line) {
	a, _ := p.address(l, l.args[0])
	s := StatsSocket{
		Pos: l.args[0].pos, Addr: a, Mode: 0o600, Level: LevelOperator,
		User: l.opts["user"].text, Group: l.opts["group"].text,
	}
	if w, ok := l.opts["mode"]; ok {
		m, err := strconv.ParseUint(w.text, 8, 12)
		if err != nil || m > 0o777 {
			p.failf(w, "such as 0600 or 660", "'mode' : missing or invalid mode %s (octal integer expected)", w)
		}
		s.Mode = fs.FileMode(m)
	}
	if w, ok := l.opts["level"]; ok {
		n, _ := p.choice("level", w, levelWords[:])
		s.Level = Level(n)
	}
	if a.Network != Unix && !a.IsZero() {
		p.warnIdle(l, "it is for unix sockets", "'%s' does nothing here", "mode", "user", "group")
	}
	p.cfg.Global.Stats = append(p.cfg.Global.Stats, s)
}

// bind reads: bind ADDR [ssl ...] [allow CIDR,...] [use_aggrs all|ID,...]
func (p *parser) bind(l *line) {
	a, _ := p.address(l, l.args[0])
	b := Bind{Pos: l.args[0].pos, Addr: a, TLS: p.tls(l, true), Allow: p.allowed(l)}
	if w, ok := l.opts["use_aggrs"]; ok && w.text != "all" {
		b.Sections = []string{}
		for _, id := range w.list() {
			b.Sections = append(b.Sections, id.text)
			p.served = append(p.served, id)
		}
	}
	p.cfg.Global.Binds = append(p.cfg.Global.Binds, b)
}

// source reads: source IP[:PORT]
func (p *parser) source(l *line) {
	a, err := parseSource(l.args[0].text)
	p.faulty("source", l.args[0], err)
	p.cfg.Global.Source, p.caller = a, l.args[0]
}

// cpuMap reads: cpu-map 0,5-8
func (p *parser) cpuMap(l *line) {
	var cpus []int
	for _, part := range l.args[0].list() {
		some, err := parseCPUs(part.text)
		p.faulty("cpu-map", part, err)
		cpus = append(cpus, some...)
	}
	slices.Sort(cpus)
	p.cfg.Global.CPUs = slices.Compact(cpus)
}

// log reads: log TARGET [format F] [level L]
func (p *parser) log(l *line) {
	w := l.args[0]
	g := Log{Pos: w.pos, Level: LogInfo}
	path, unix := strings.CutPrefix(w.text, "unix@")
	switch {
	case w.text == "stderr":
		g.Target = LogStderr
	case w.text == "stdout":
		g.Target = LogStdout
	case unix && path != "":
		g.Target, g.Path = LogSyslog, path
	case strings.Contains(w.text, "/") && !unix:
		g.Target, g.Path = LogFile, w.text
	default:
		hint := didYouMean(w.text, []string{"stderr", "stdout"})
		if hint == "" {
			hint = "write stderr, stdout, a path with a '/' in it, or unix@/PATH of a syslog socket"
		}
		p.failf(w, hint, "'log' : unknown target %s", w)
	}
	if w, ok := l.opts["format"]; ok {
		n, _ := p.choice("format", w, formatWords[:])
		g.Format = LogFormat(n)
	}
	if w, ok := l.opts["level"]; ok {
		n, _ := p.choice("level", w, logLevelWords[:])
		g.Level = LogLevel(n)
	}
	p.cfg.Global.Logs = append(p.cfg.Global.Logs, g)
}

// http reads: http ADDR [ssl ...] [auth FILE] [admin]
func (p *parser) http(l *line) {
	a, ok := p.address(l, l.args[0])
	h := &HTTP{
		Pos: l.args[0].pos, Addr: a, TLS: p.tls(l, true),
		Auth: l.opts["auth"].text, Admin: l.has("admin"),
	}
	certified := h.TLS.Enabled && h.TLS.Verify == VerifyRequired
	if ok && !isLocal(a) && h.Auth == "" && !certified {
		p.failf(l.args[0], "add 'auth FILE', or 'ssl' with 'ca-file FILE' for client certificates",
			"'http' : %s can be reached from outside, but anybody would be let in", l.args[0])
	}
	if h.Admin && h.Auth == "" && !h.TLS.proves() {
		p.warnf(l.at["admin"], "add 'auth FILE', or 'ssl' with 'ca-file FILE' for client certificates",
			"'admin' does nothing: nothing can be changed by nobody in particular")
	}
	p.cfg.Global.HTTP = h
}

// isLocal reports whether only this machine can come to the address.
func isLocal(a Addr) bool {
	ip, err := netip.ParseAddr(a.Host)
	return a.Network == Unix || a.Host == "localhost" || err == nil && ip.IsLoopback()
}

// How many peers a section with dynamic peers may have.
const (
	defaultDynamic = 1024
	maxDynamic     = 1 << 20 // more than a process can have connections
)

// dynamicPeers reads: dynamic-peers [max N] [allow CIDR,...]
func (p *parser) dynamicPeers(l *line) {
	d := &DynamicPeers{Pos: l.word.pos, Max: defaultDynamic, Allow: p.allowed(l)}
	if w, ok := l.opts["max"]; ok {
		n, err := parseCount(w.text, 1, maxDynamic)
		if !p.faulty("max", w, err) {
			d.Max = int(n)
		}
	}
	if p.section == global {
		p.cfg.Global.DynamicPeers = d
	} else {
		p.draft.DynamicPeers = d
	}
}

// ignore reads lines of the vendor's that mean nothing here.
func (p *parser) ignore(l *line) {
	p.report(Error{
		Severity: Notice,
		Msg:      fmt.Sprintf("keyword '%s' is accepted and ignored", l.kw.name),
		Hint:     "tables grow by themselves",
	}, l.word)
}
