package haproxycfg

import (
	"slices"
	"strings"

	"tallystick/internal/words"
)

// peersLine reads a line of a peers section.
func (p *parser) peersLine(line []words.Word) {
	s := p.peers
	if line[0].Text == "table" {
		p.table(line)
		return
	}
	s.Last, s.LastFile = line[0].Pos.Line, line[0].Pos.File
	switch line[0].Text {
	case "bind":
		p.bind(line)
	case "default-bind":
		p.binds = hasSSL(line[1:], p.binds)
	case "default-server":
		p.servers = hasSSL(line[1:], p.servers)
	case "peer", "server":
		p.peer(line)
	case "disabled":
		s.Disabled = line[0].Pos
	case "enabled":
		s.Disabled = words.Pos{}
	case "shards":
		if len(line) > 1 {
			n, _ := number(line[1].Text)
			s.Shards, s.ShardPos = int(n), line[1].Pos
		}
	}
}

// hasSSL tells whether options turn encryption on, where nothing is said it is as before.
func hasSSL(options []words.Word, before bool) bool {
	for _, w := range options {
		switch w.Text {
		case "ssl":
			before = true
		case "no-ssl":
			before = false
		}
	}
	return before
}

// bind reads: bind ADDR[,ADDR...] [OPTION...]
func (p *parser) bind(line []words.Word) {
	if len(line) < 2 {
		return
	}
	ssl := hasSSL(line[2:], p.binds)
	for text := range strings.SplitSeq(line[1].Text, ",") {
		b := Bind{Pos: line[1].Pos, Addr: address(text), SSL: ssl}
		if v := line[1].Unset; v != "" {
			p.doubt(line[1].Pos, unset(v, "where the section listens"))
			b.Addr = Addr{Text: "?"} // known to be there
		}
		p.peers.Binds = append(p.peers.Binds, b)
	}
}

// peer reads: peer|server NAME [ADDR] [OPTION...]. The node's own line needs no address.
func (p *parser) peer(line []words.Word) {
	if len(line) < 2 {
		return
	}
	n := Peer{Pos: line[1].Pos, Keyword: line[0].Text, Name: line[1].Text, Unset: line[1].Unset}
	rest := line[2:]
	if len(rest) > 0 && (isAddress(rest[0].Text) || rest[0].Unset != "") {
		n.Addr = address(rest[0].Text)
		if v := rest[0].Unset; v != "" {
			p.doubt(rest[0].Pos, unset(v, "where peer '"+n.Name+"' is"))
			n.Addr = Addr{Text: "?"}
		}
		rest = rest[1:]
	}
	n.SSL = hasSSL(rest, p.servers)
	for _, w := range rest {
		n.Args = append(n.Args, p.rawWord(w))
	}
	if i := slices.IndexFunc(rest, func(w words.Word) bool { return w.Text == "shard" }); i >= 0 && i+1 < len(rest) {
		k, _ := number(rest[i+1].Text)
		n.Shard = int(k)
	}
	p.peers.Peers = append(p.peers.Peers, n)
}

// rawWord is a word as it stands in the file.
func (p *parser) rawWord(w words.Word) string {
	line, from := p.raw[w.Pos.Line-1], w.Pos.Column-1
	return line[min(from, len(line)):min(from+w.Len, len(line))]
}
