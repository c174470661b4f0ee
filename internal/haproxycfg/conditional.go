package haproxycfg

import (
	"strings"

	"tallystick/internal/words"
)

// verdict is what is known of a condition.
type verdict uint8

const (
	no verdict = iota
	yes
	unknown
)

// block is one .if that is open.
type block struct {
	now   verdict // of the part that we are in
	taken verdict // whether a part before this one was
}

// condition handles a line of HAProxy's conditional blocks, and reports whether the line is done with: it
// was one, or it is not surely part of the configuration.
func (p *parser) condition(st words.Statement) bool {
	w := st.Words[0]
	if !strings.HasPrefix(w.Text, ".") {
		return !p.there(st.Words)
	}
	var text []string
	for _, arg := range st.Words[1:] {
		if arg.Unset != "" {
			text = append(text, "?")
		}
		text = append(text, arg.Text)
	}
	cond := strings.Join(text, " ")
	if w.Text == ".if" {
		p.blocks = append(p.blocks, block{})
	}
	if len(p.blocks) == 0 {
		return true // .notice and the like; or a block that HAProxy would refuse
	}
	b := &p.blocks[len(p.blocks)-1]
	switch w.Text {
	case ".if", ".elif":
		b.next(p.judge(cond))
	case ".else":
		b.next(yes)
	case ".endif":
		p.blocks = p.blocks[:len(p.blocks)-1]
		return true
	}
	if (w.Text == ".if" || w.Text == ".elif") && b.now == unknown {
		p.doubt(w.Pos, "whether these lines are part of the configuration cannot be told: '"+cond+"'")
	}
	return true
}

// next goes to the next part of a block, whose condition is v.
func (b *block) next(v verdict) {
	switch {
	case b.taken == yes || v == no:
		b.now = no
	case b.taken == unknown || v == unknown:
		b.now, b.taken = unknown, unknown
	default:
		b.now, b.taken = yes, yes
	}
}

// there reports whether a line is surely part of the configuration. If that cannot be told and the line is one of
// those that we read, all that is said about the node is said in doubt.
func (p *parser) there(line []words.Word) bool {
	doubtful := false
	for _, b := range p.blocks {
		if b.now == no {
			return false
		}
		doubtful = doubtful || b.now == unknown
	}
	if !doubtful {
		return true
	}
	switch first := line[0].Text; {
	case openers[first] == peers, first == "localpeer", first == "table", first == "stick-table", p.kind == peers:
		p.cfg.Partial = true
	}
	if _, ok := openers[line[0].Text]; ok {
		p.kind = maybe // what follows is of this section or of the one before
	}
	return false
}

// judge evaluates a condition as far as the file, and the version of the HAProxy if it is known, tell.
func (p *parser) judge(cond string) verdict {
	cond = strings.TrimSpace(cond)
	if rest, ok := strings.CutPrefix(cond, "!"); ok {
		switch p.judge(rest) {
		case yes:
			return no
		case no:
			return yes
		}
		return unknown
	}
	if n, ok := number(cond); ok || cond == "" {
		return truth(n != 0)
	}
	for _, f := range []string{"version_atleast(", "version_before("} {
		arg, ok := strings.CutPrefix(cond, f)
		arg, closed := strings.CutSuffix(arg, ")")
		v, err := ParseVersion(arg)
		mine := p.cfg.Options.Version
		// A version of three numbers within our own branch depends on the third, which we are not told.
		exact := strings.Count(arg, ".") == 1 && !strings.Contains(arg, "-")
		if ok && closed && err == nil && mine.Known() && (mine != v || exact) {
			return truth(mine.AtLeast(v.Major, v.Minor) == (f == "version_atleast("))
		}
	}
	return unknown
}

func truth(b bool) verdict {
	if b {
		return yes
	}
	return no
}
