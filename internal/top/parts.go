package top

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// nameWidth is what is left of the line for a name, when the other cells need others.
func (s *screen) nameWidth(others int) int { return max(8, min(36, s.width-others)) }

// peers are listed with those first that are not up, in a third of the screen at most: of a thousand the ones that matter.
func (s *screen) peers(m *sample) {
	var all []peer
	for i := range m.Sections {
		for _, p := range m.Sections[i].Peers {
			p.Section = m.Sections[i].ID
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b peer) int { return asInt(a.State == "up") - asInt(b.State == "up") })
	n := s.nameWidth(62)
	s.title(fit("PEER", n) + " " + fit("ROLE", 5) + fit("STATE", 11) + right("SINCE", 8) + right("IN/S", 8) + right("OUT/S", 8) + right("UNACKED", 9) + "  AT")
	shown := min(len(all), max(3, s.height/3))
	for i := range all[:shown] {
		p := &all[i]
		at := p.Remote
		if at == "" {
			at = p.Addr
		}
		s.line(fit(plain(p.Section+"/"+p.Name), n) + " " + fit(p.Role, 5) + s.style(p.colour(), fit(p.State, 11)) +
			right(since(p, m.now()), 8) + right(short(rate(p.RateIn)), 8) + right(short(rate(p.RateOut)), 8) + right(short(float64(p.AcksLate)), 9) +
			"  " + cut(plain(at), s.width-n-52))
	}
	if len(all) > shown {
		s.line(s.style(dim, cut(fmt.Sprintf("... and %d more: show peers", len(all)-shown), s.width)))
	}
}

func since(p *peer, now time.Time) string {
	if p.State == "never" {
		return "-"
	}
	return age(now.Sub(p.Since))
}

// tables are listed around the chosen one, which is marked, in a third of what is left.
func (s *screen) tables(m *sample, c *choice) {
	if len(m.Tables) == 0 {
		s.line("no table: no node has announced one that 'from' takes")
		return
	}
	n := s.nameWidth(63)
	s.title(fit("TABLE", n) + " " + fit("TYPE", 8) + right("ENTRIES", 9) + right("IN/S", 8) + right("OUT/S", 8) + right("LAG P99", 9) + right("MEMORY", 12) + "  NOT AT")
	chosen, _ := c.resolve(m.Tables)
	at := slices.IndexFunc(m.Tables, func(t table) bool { return t.Section == chosen.Section && t.Name == chosen.Name })
	shown := min(len(m.Tables), max(3, s.room()/3))
	first := max(0, min(at-shown/2, len(m.Tables)-shown))
	for i := first; i < first+shown; i++ {
		t := &m.Tables[i]
		name, lag := fit("  "+plain(t.Section+" "+t.Name), n), "-"
		if i == at {
			name = s.style(bold, fit("> "+plain(t.Section+" "+t.Name), n))
		}
		if t.Lag != nil {
			lag = millis(t.Lag.P99)
		}
		s.line(name + " " + fit(t.Type, 8) + right(short(float64(t.Entries)), 9) + right(short(rate(t.RateIn)), 8) + right(short(rate(t.RateOut)), 8) +
			right(lag, 9) + right(size(t.Bytes), 12) + "  " + s.style(red, cut(plain(strings.Join(t.missing(), ",")), s.width-n-57)))
	}
	if len(m.Tables) > shown {
		s.line(s.style(dim, cut(fmt.Sprintf("... %d of %d tables", shown, len(m.Tables)), s.width)))
	}
}

// missing are the peers that do not hear the table.
func (t *table) missing() (names []string) {
	for _, r := range t.Receivers {
		if r.NotTo != nil && *r.NotTo != "" {
			names = append(names, r.Peer)
		}
	}
	return names
}

// nodeWidth is what a node's share takes.
const nodeWidth = 11

// keys are the largest of the chosen table, with the share of each node beside the sum.
func (s *screen) keys(k *keys) {
	nodes := k.nodes()
	fits := max(0, (s.width-30)/nodeWidth)
	others := len(nodes) > fits
	if others {
		nodes = nodes[:max(0, fits-1)]
	}
	slices.Sort(nodes) // who is shown may change, but nobody's place with every reading
	n := max(16, min(40, s.width-13-nodeWidth*(len(nodes)+asInt(others))))
	head := fit("KEY", n) + right(strings.ToUpper(k.by), max(12, len(k.by)+1))
	wide := max(12, len(k.by)+1)
	for _, name := range nodes {
		head += right(plain(name), nodeWidth)
	}
	if others {
		head += right("others", nodeWidth)
	}
	s.title(head)
	if len(k.Entries) == 0 {
		s.line("no entry")
	}
	for i := range k.Entries {
		e := &k.Entries[i]
		text, rest := fit(plain(e.Key.Text), n)+right(exact(number(e.Sum, k.by)), wide), 0.0
		shares := k.shares(e)
		for _, name := range nodes {
			text += right(exact(shares[name]), nodeWidth)
			delete(shares, name)
		}
		for _, v := range shares {
			rest += v
		}
		if others {
			text += right(exact(rest), nodeWidth)
		}
		s.line(cut(text, s.width))
	}
}

// exact writes a value whole while that can be read: it is compared with a limit.
func exact(v float64) string {
	if v < 1e9 {
		return fmt.Sprintf("%.0f", v)
	}
	return short(v)
}

// nodes are those that have a share of any key that is shown, those with the largest first.
func (k *keys) nodes() []string {
	total := map[string]float64{}
	for i := range k.Entries {
		for name, v := range k.shares(&k.Entries[i]) {
			total[name] += v
		}
	}
	names := make([]string, 0, len(total))
	for name := range total {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	return names
}

// shares are what counts of an entry, by whose it is.
func (k *keys) shares(e *entry) map[string]float64 {
	by := map[string]float64{}
	for _, s := range e.Shares {
		if s.Counts {
			by[s.Peer] += number(s.Values, k.by)
		}
	}
	return by
}
