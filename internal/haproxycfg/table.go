package haproxycfg

import (
	"slices"
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/words"
)

// defaultKey is the length of a key of which nothing is said, as it is on the wire: of a string, room for
// its NUL included.
const defaultKey = 32

// table reads "table NAME ..." of a peers section, and "stick-table ..." of a proxy.
func (p *parser) table(line []words.Word) {
	t := &Table{Pos: line[0].Pos, Proxy: p.proxy}
	args := line[1:]
	if p.kind == peers {
		if len(args) == 0 {
			return
		}
		t.Peers, t.Name = p.peers.Name, p.peers.Name+"/"+args[0].Text
		t.Schema.Name = "/" + args[0].Text
		args = args[1:]
	} else {
		t.Name, t.Schema.Name = p.proxy, p.proxy
	}
	last := line[len(line)-1]
	t.end = last.Pos.Column - 1 + last.Len
	p.options(t, args)
	slices.SortFunc(t.Schema.Columns, func(a, b stick.Column) int { return int(a.Type) - int(b.Type) })
	if t.Schema.KeyType == 0 {
		p.doubt(t.Pos, "table '"+t.Name+"' has no type that is known here")
	}
	p.cfg.Tables = append(p.cfg.Tables, t)
	if p.cfg.tables[t.Name] == nil {
		p.cfg.tables[t.Name] = t
	}
}

// options cuts the arguments of a table into options with their values.
func (p *parser) options(t *Table, args []words.Word) {
	for len(args) > 0 {
		n := 1 // words of the option
		switch args[0].Text {
		case "size", "expire", "peers", "write-to", "store", "srvkey", "brates-factor":
			n = 2
		case "type":
			n = 2
			if len(args) > 3 && args[2].Text == "len" && (args[1].Text == "string" || args[1].Text == "binary") {
				n = 4
			}
		}
		n = min(n, len(args))
		o := Option{Name: args[0].Text}
		for i, w := range args[:n] {
			if i == 0 || w.Pos != args[i-1].Pos { // several words of one "${NAME[*]}" stand there once
				o.Words = append(o.Words, p.rawWord(w))
			}
			if w.Unset != "" {
				p.doubt(w.Pos, unset(w.Unset, "'"+o.Name+"' of table '"+t.Name+"'"))
			}
		}
		t.Options = append(t.Options, o)
		p.option(t, args[:n])
		args = args[n:]
	}
}

// option understands one option with its values.
func (p *parser) option(t *Table, line []words.Word) {
	name, value := line[0], words.Word{}
	if len(line) > 1 {
		value = line[1]
	}
	ok := true
	switch name.Text {
	case "type":
		ok = t.keyType(line)
	case "size":
		t.Size, ok = size(value.Text)
	case "expire":
		t.Schema.Expire, ok = millis(value.Text)
	case "peers":
		t.Peers = value.Text
	case "write-to":
		t.WriteTo = value.Text
	case "store":
		ok = t.store(value.Text)
	case "nopurge":
		t.NoPurge = true
	case "recv-only":
		t.RecvOnly = true
	}
	if !ok && value.Unset == "" {
		p.doubt(name.Pos, "'"+name.Text+" "+value.Text+"' of table '"+t.Name+"' cannot be read")
	}
}

// keyType reads: type TYPE [len LENGTH]
func (t *Table) keyType(line []words.Word) bool {
	if len(line) < 2 {
		return false
	}
	length, ok := int64(defaultKey), true
	if len(line) == 4 {
		length, ok = number(line[3].Text)
		ok = ok && length > 0 && length < 1<<31
		if line[1].Text == "string" {
			length++
		}
	}
	s := &t.Schema
	switch line[1].Text {
	case "ip":
		s.KeyType, s.KeyLen = stick.IPv4, 4
	case "ipv6":
		s.KeyType, s.KeyLen = stick.IPv6, 16
	case "integer":
		s.KeyType, s.KeyLen = stick.Integer, 4
	case "string":
		s.KeyType, s.KeyLen = stick.String, uint32(length)
	case "binary":
		s.KeyType, s.KeyLen = stick.Binary, uint32(length)
	default:
		return false
	}
	return ok
}

// store reads: TYPE[(ARGS)][,TYPE[(ARGS)]...]. What is not known is left out, and said.
func (t *Table) store(list string) bool {
	ok := true
	for _, item := range items(list) {
		c, known := column(item)
		ok = ok && known
		if known && t.Schema.Column(c.Type) < 0 {
			t.Schema.Columns = append(t.Schema.Columns, c)
		}
	}
	return ok
}

// items cuts a list at the commas outside of parentheses.
func items(list string) []string {
	depth := 0
	return strings.FieldsFunc(list, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == ',' && depth == 0
	})
}

// column reads one data type: http_req_cnt, http_req_rate(10s), gpc(3), gpc_rate(2,10s).
func column(item string) (c stick.Column, ok bool) {
	name, args, found := strings.Cut(item, "(")
	if name == "server_name" { // another name of it, since 2.0
		name = stick.ServerKey.String()
	}
	if c.Type, ok = stick.ParseDataType(name); !ok {
		return c, false
	}
	c.Len = 1
	if found {
		if args, ok = strings.CutSuffix(args, ")"); !ok {
			return c, false
		}
	}
	if c.Type.IsArray() {
		first, rest, _ := strings.Cut(args, ",")
		n, good := number(first)
		if !good || n < 1 || n > stick.MaxElements {
			return c, false
		}
		c.Len, args = uint8(n), rest
	}
	if c.Type.Kind() == stick.Rate {
		c.Period, ok = millis(args)
		return c, ok && c.Period > 0
	}
	return c, true
}

// persist gives tables what HAProxy gives them by itself: a table that a stick rule uses remembers servers.
func (p *parser) persist() {
	for _, u := range p.cfg.Uses {
		t := p.cfg.Table(u.Table)
		if u.Kind != Stick || t == nil {
			continue
		}
		for _, d := range []stick.DataType{stick.ServerID, stick.ServerKey} {
			if t.Schema.Column(d) < 0 {
				t.Schema.Columns = append(t.Schema.Columns, stick.Column{Type: d, Len: 1})
			}
		}
		slices.SortFunc(t.Schema.Columns, func(a, b stick.Column) int { return int(a.Type) - int(b.Type) })
	}
}
