package fleet

import (
	"errors"
	"fmt"
	"strings"

	"tallystick/internal/haproxycfg"
	"tallystick/internal/words"
)

// Proposal is what to write where.
type Proposal struct {
	Nodes       []Changed         // files of nodes, in the order in which they came, changed or not
	Aggregators []haproxycfg.File // one file for each aggregator: tallystick.cfg, or tallystick-NAME.cfg
	Notes       []Finding         // what nobody but the operator can know, or do
}

// Changed is a node's file.
type Changed struct {
	Node   string // its name
	File   string // as it came
	Before string
	After  string
	Diff   string // between them, as by "diff -u"; "" if nothing changes
}

// member is a node on its way to have sums.
type member struct {
	*haproxycfg.Config
	name   string
	main   *haproxycfg.Peers // by which its tables travel; nil: one is made
	peers  string            // its name
	addr   string            // where it can be called; "" if nobody knows
	ssl    bool              // its section is called with TLS
	plans  []*plan
	byName map[string]*plan // by the names that rules have for their tables
	edits  map[string]*edit // by file
	bottom []string         // lines for the end of its last file
	inside []string         // lines for a peers section that is made
}

// plan is what becomes of one table.
type plan struct {
	of      *haproxycfg.Table
	wire    string // its name on the wire from now on
	target  string // that of its sum
	twin    *haproxycfg.Table
	gauge   bool // its sum of conn_cur arrives
	sticks  bool // a rule remembers servers in it
	counter int  // by which rules count in it
}

// adopter is one run.
type adopter struct {
	Request
	members []*member
	others  []Place            // nodes that were peers of those whose files we have
	rooms   map[string]*needed // by the wire name of a sum
	notes   []Finding
}

// Adopt changes configurations of nodes that know no aggregator, or not quite, so that they do. All that is not
// about it stays as it is, comments and blanks included. It fails only if the request makes no sense.
func Adopt(nodes []*haproxycfg.Config, r Request) (*Proposal, error) {
	a := &adopter{Request: r.withDefaults()}
	if err := a.check(); err != nil {
		return nil, err
	}
	if len(nodes) == 0 {
		return nil, errors.New("no node")
	}
	if err := a.enroll(nodes); err != nil {
		return nil, err
	}
	for _, m := range a.members {
		a.choose(m)
	}
	a.rename()
	a.measure()
	for _, m := range a.members {
		a.identity(m)
		a.connect(m)
		a.twins(m)
		a.rules(m)
	}
	return a.proposal()
}

// needed is how many keys a sum may have.
type needed struct {
	sum, largest int64
	unknown      bool // a size is not known
}

// note tells the operator something.
func (a *adopter) note(m *member, rule string, s Severity, at words.Pos, format string, args ...any) {
	a.notes = append(a.notes, Finding{Rule: rule, Severity: s, Section: a.Section, Node: m.name, Where: at, Text: fmt.Sprintf(format, args...)})
}

// edit is what changes in the file of a place.
func (m *member) edit(p words.Pos) *edit {
	if m.edits[p.File] == nil {
		m.edits[p.File] = newEdit()
	}
	return m.edits[p.File]
}

// enroll finds out who the nodes are and where they are: from their own files, or from each other's.
func (a *adopter) enroll(nodes []*haproxycfg.Config) error {
	taken := map[string]bool{}
	for _, n := range nodes {
		taken[n.Name] = true
	}
	for _, n := range nodes {
		m := &member{Config: n, name: n.Name, main: busiest(n), peers: a.Peers, edits: map[string]*edit{}, byName: map[string]*plan{}}
		if m.main != nil {
			m.peers = m.main.Name
		}
		for i := 1; m.name == ""; i++ {
			if name := fmt.Sprintf("lb%d", i); !taken[name] {
				m.name = name
				taken[name] = true
			}
		}
		// They are written into other files, and name folders: HAProxy's own rules are kept, which it has for most.
		for _, name := range []string{m.name, m.peers} {
			if !consistsOf(name, "-_.:") || strings.Trim(name, ".") == "" {
				return fmt.Errorf("node or peers section %q: letters, digits, '-', '_', '.' and ':' are permitted in a name", name)
			}
		}
		for _, d := range n.Doubts {
			a.note(m, "unjudged", Notice, d.Pos, "%s", d.Msg)
		}
		a.members = append(a.members, m)
	}
	for _, m := range a.members {
		a.locate(m)
	}
	a.strangers()
	return nil
}

// locate finds where a member listens.
func (a *adopter) locate(m *member) {
	if m.main == nil {
		return
	}
	port := uint16(0)
	for _, b := range m.main.Listen() {
		m.ssl = m.ssl || b.SSL
		if port == 0 {
			port = b.Addr.Port
		}
		if !b.Addr.Any() && b.Addr.Port != 0 && m.addr == "" {
			m.addr = b.Addr.Text
		}
	}
	for _, o := range a.members {
		if o == m || o.main == nil {
			continue
		}
		for _, p := range o.main.Peers {
			if p.Name == m.name && !p.Addr.Any() && p.Addr.Port != 0 && m.addr == "" {
				m.addr = p.Addr.Text
			}
		}
	}
}

// strangers are peers of the members that are none themselves: nodes too, whose files we have not seen.
func (a *adopter) strangers() {
	seen := map[string]bool{}
	for _, m := range a.members {
		seen[m.name] = true
	}
	for _, p := range a.Aggregators {
		seen[p.Name] = true
	}
	for _, m := range a.members {
		if m.main == nil {
			continue
		}
		for _, p := range m.main.Peers {
			if p.Local || seen[p.Name] || p.Name == "" || !consistsOf(p.Name, "-_.:") {
				continue
			}
			seen[p.Name] = true
			a.others = append(a.others, Place{p.Name, p.Addr.Text})
			a.note(m, "source-missing", Warning, p.Pos, "'%s' is a peer of '%s', so it is taken for a node: its configuration, which is not here, needs the same changes", p.Name, m.name)
		}
	}
}

// identity says the node's name in its file, where nothing does.
func (a *adopter) identity(m *member) {
	if m.NamePos.Line != 0 {
		if m.Name == "" {
			a.note(m, "localpeer-missing", Warning, m.NamePos, "the node's name is not known here, so '%s' stands for it below: write NAME=FILE to say it", m.name)
		}
		return
	}
	if m.Name == "" {
		a.note(m, "localpeer-missing", Warning, words.Pos{File: m.Files[0].Name, Line: 1, Column: 1}, "nothing tells the node's name, so it is called '%s' from now on: write NAME=FILE to say it", m.name)
	}
	if m.Global.Line != 0 {
		m.edit(m.Global).insert(m.Global.Line, "    localpeer "+m.name)
		return
	}
	m.edit(words.Pos{File: m.Files[0].Name}).insert(0, "global", "    localpeer "+m.name, "")
}

// connect makes the aggregators the only peers of the node.
func (a *adopter) connect(m *member) {
	if m.main == nil {
		m.inside = append(m.inside, "", "peers "+m.peers, "    bind :10000", "    server "+m.name)
		for _, p := range a.Aggregators {
			m.inside = append(m.inside, "    server "+p.Name+" "+p.Addr)
		}
		a.note(m, "address", Notice, words.Pos{File: m.Files[0].Name}, "a peers section is made for '%s', which listens at port 10000 of every address: choose the one that the aggregator can reach, and write it into the aggregator's line for '%[1]s'", m.name)
		return
	}
	if d := m.main.Disabled; d.Line != 0 {
		m.edit(d).drop[d.Line] = true
		a.note(m, "peers-disabled", Notice, d, "the section was disabled, and is not any more")
	}
	keyword, args, kept := a.dismiss(m)
	e, last := m.edit(m.main.Pos), m.main.Last
	if m.main.Local() == nil {
		if len(m.main.Binds) == 0 {
			e.insert(last, "    bind :10000")
		}
		e.insert(last, "    server "+m.name)
	}
	for _, agg := range a.Aggregators {
		if !kept[agg.Name] {
			e.insert(last, "    "+keyword+" "+agg.Name+" "+agg.Addr+strings.ReplaceAll(args, "NAME", agg.Name))
		}
	}
}

// dismiss takes out the lines of all peers but the node itself and aggregators that are there already, which are kept. It
// returns the keyword that new lines shall have, and options of the first line that went.
func (a *adopter) dismiss(m *member) (keyword, args string, kept map[string]bool) {
	keyword, kept = "server", map[string]bool{}
	for i := range m.main.Peers {
		p := &m.main.Peers[i]
		if p.Local {
			if len(m.main.Binds) == 0 {
				keyword = p.Keyword
			}
			continue
		}
		for _, agg := range a.Aggregators {
			kept[agg.Name] = kept[agg.Name] || p.Name == agg.Name && p.Addr.Text == agg.Addr
		}
		if kept[p.Name] {
			continue
		}
		m.edit(p.Pos).drop[p.Pos.Line] = true
		if args == "" {
			args = options(p.Args)
		}
	}
	return keyword, args, kept
}

// options are the words of a peer's line that hold for another one as well: encryption, but for whose certificate
// it must be, and none about shards.
func options(args []string) string {
	out := ""
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "shard", "id", "source":
			i++
		case "verifyhost", "sni":
			if args[i] == "verifyhost" {
				out += " verifyhost NAME"
			}
			i++
		default:
			out += " " + args[i]
		}
	}
	return out
}
