package cli

import (
	"slices"
	"strings"

	"tallystick/internal/view"
)

// index is a section with what several commands look up in it, so that thousands of peers and
// hundreds of tables cost their sum and not their product. It is of one answer.
type index struct {
	*view.Section
	place     map[string]int         // of a peer in Peers
	lanes     map[string][]laneOf    // by the table that they feed, in the order of Peers
	receives  map[string][]reception // by peer, in the order of Tables
	contested map[string][]string    // by group: tables in which one of it has to lead
	led       map[string][]string    // by peer: those of them in which it does
}

// laneOf is a lane and whose it is.
type laneOf struct {
	peer *view.Peer
	*view.Lane
}

// reception is a table and how far one peer is in hearing it.
type reception struct {
	table *view.Table
	*view.Receiver
}

func indexOf(s *view.Section) *index {
	x := &index{Section: s, place: map[string]int{}, lanes: map[string][]laneOf{}, receives: map[string][]reception{},
		contested: map[string][]string{}, led: map[string][]string{}}
	for i := range s.Peers {
		p := &s.Peers[i]
		x.place[p.Name] = i
		for j := range p.Lanes {
			l := &p.Lanes[j]
			x.lanes[l.Target] = append(x.lanes[l.Target], laneOf{p, l})
		}
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		for j := range t.Receivers {
			to := &t.Receivers[j]
			x.receives[to.Peer] = append(x.receives[to.Peer], reception{t, to})
		}
		for _, l := range x.leads(t) {
			x.contested[l.Group] = append(x.contested[l.Group], t.Target)
			x.led[l.Peer] = append(x.led[l.Peer], t.Target)
		}
	}
	return x
}

// leads are the leads of a table that mean something: that of the peers above us which are in
// no group is left out where one of them alone sends the table.
func (x *index) leads(t *view.Table) []view.Lead {
	return slices.DeleteFunc(slices.Clone(t.Leads), func(l view.Lead) bool { return l.Group == "" && len(x.members(t, "")) < 2 })
}

// members are the peers of a group, in the order of the configuration. Those above us that are
// in no group are one as far as they send the same table.
func (x *index) members(t *view.Table, group string) (list []*view.Peer) {
	if group != "" {
		for i := range x.Peers {
			if p := &x.Peers[i]; p.Group == group {
				list = append(list, p)
			}
		}
		return list
	}
	for _, l := range x.lanes[t.Target] {
		if l.peer.Group == "" && l.peer.Role == "up" && !slices.Contains(list, l.peer) {
			list = append(list, l.peer)
		}
	}
	return list
}

// sources are the peers whose lanes to a table pass, each once.
func (x *index) sources(t *view.Table, pass func(laneOf) bool) (names []string) {
	for _, l := range x.lanes[t.Target] {
		if pass(l) && !slices.Contains(names, l.peer.Name) {
			names = append(names, l.peer.Name)
		}
	}
	return names
}

// whoLeads is a sentence about a group in a table: why the others of it stand by.
func whoLeads(t *view.Table, group string) string {
	who := "another"
	for _, l := range t.Leads {
		if l.Group == group {
			who = oneWord(l.Peer)
			if who == "" {
				who = "nobody"
			}
		}
	}
	if group == "" {
		return who + " leads"
	}
	return who + " leads group " + oneWord(group)
}

// quoted lists names as show aggrs has them: 'a','b'.
func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = "'" + oneWord(n) + "'"
	}
	return strings.Join(list, ",")
}

// escaped makes each name a word.
func escaped(names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = oneWord(n)
	}
	return list
}
