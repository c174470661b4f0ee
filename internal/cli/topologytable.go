package cli

import (
	"cmp"
	"fmt"
	"slices"

	"tallystick/internal/view"
)

// flow draws a table: what it is made of, and how far it has got.
func (r *request) flow(x *index, tables *branch, t *view.Table) {
	b := tables.add("%s: %s, %s", oneWord(t.Target), x.origin(t), entries(t.Rows))
	b.add("%s", t.Schema)
	r.feeders(x, b, t)
	r.hearers(x, b, t)
	for _, n := range t.Notes {
		b.add("note: %s", oneLine(n))
	}
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// origin tells what a table is: ours, or another's that we hand on.
func (x *index) origin(t *view.Table) string {
	what, names := "aggregate of ", t.Sources
	if t.Forwarded {
		what, names = "forwarded from ", x.sources(t, func(l laneOf) bool { return l.Counts() })
	}
	if len(names) == 0 {
		return what + "nobody"
	}
	return what + some(escaped(names))
}

// feeders lists the lanes of a table: those that count, and, each with why, those that do not.
func (r *request) feeders(x *index, b *branch, t *view.Table) {
	var from, idle []string
	more := 0
	for _, l := range x.lanes[t.Target] {
		name := oneWord(l.peer.Name) + "(" + oneWord(l.Name) + ")"
		switch {
		case l.SetAside != "":
			idle = append(idle, fmt.Sprintf("set aside: %s, %s", name, oneLine(l.SetAside)))
		case l.Standby:
			idle = append(idle, fmt.Sprintf("stands by: %s, %s", name, whoLeads(t, l.peer.Group)))
		case len(from) == maxShown:
			more++
		default:
			if !l.peer.Established { // its share counts all the same
				name += " (down)"
			}
			from = append(from, name)
		}
	}
	b.list("from", from, more)
	for _, line := range idle[:min(len(idle), maxShown)] {
		b.add("%s", line)
	}
	if n := len(idle) - maxShown; n > 0 {
		b.add("... and %d more that do not count", n)
	}
}

// hearers lists who gets a table: those that have been sent all of it, then those that have
// not, the ones that lack most first. Of a section that observes: who would get it.
func (r *request) hearers(x *index, b *branch, t *view.Table) {
	if x.Observe {
		r.spared(x, b, t)
		return
	}
	var to []string
	var behind []*view.Receiver
	more := 0
	for i := range t.Receivers {
		hearer := &t.Receivers[i]
		at, ok := x.place[hearer.Peer]
		switch {
		case !ok: // it went between two looks
		case hearer.NotTo != "" || t.Behind(hearer) > 0 || !x.Peers[at].Established:
			behind = append(behind, hearer)
		case len(to) == maxShown:
			more++
		default:
			name := oneWord(hearer.Peer)
			if n := hearer.Unacked(); n > 0 {
				name += fmt.Sprintf(" (%d not acked)", n)
			}
			to = append(to, name)
		}
	}
	if to == nil && behind == nil {
		b.add("to nobody")
	}
	b.list("to", to, more)
	slices.SortStableFunc(behind, func(a, b *view.Receiver) int { return cmp.Compare(t.Behind(b), t.Behind(a)) })
	r.laggards(x, b, t, behind)
}

// spared lists who would get a table, and how many updates that would have been.
func (r *request) spared(x *index, b *branch, t *view.Table) {
	var would []string
	more := 0
	for i := range t.Receivers {
		hearer := &t.Receivers[i]
		_, ok := x.place[hearer.Peer]
		switch {
		case !ok: // it went between two looks
		case hearer.NotTo != "":
			b.add("would not go to: %s, %s", oneWord(hearer.Peer), oneLine(hearer.NotTo))
		case len(would) == maxShown:
			more++
		default:
			would = append(would, oneWord(hearer.Peer)+" ("+withheld(hearer)+")")
		}
	}
	if would == nil {
		b.add("would go to nobody")
	}
	b.list("would go to", would, more)
}

// withheld tells what a receiver was spared, and how what it holds compares to that.
func withheld(to *view.Receiver) string {
	text := fmt.Sprintf("%d updates", to.Withheld)
	if to.Withheld == 1 {
		text = "1 update"
	}
	if all := to.Agree + to.Differ; all > 0 {
		text += fmt.Sprintf("; agrees in %d of %d keys", to.Agree, all)
	}
	return text
}

// laggards lists who lacks some of a table, and why, if we know.
func (r *request) laggards(x *index, b *branch, t *view.Table, behind []*view.Receiver) {
	var late []string
	for _, hearer := range behind[:min(len(behind), maxShown)] {
		name := oneWord(hearer.Peer)
		if hearer.NotTo != "" {
			b.add("not to: %s, %s", name, oneLine(hearer.NotTo))
			continue
		}
		why := changes(t.Behind(hearer))
		if hearer.Pushed == 0 {
			why = "nothing sent yet"
		}
		if !x.Peers[x.place[hearer.Peer]].Established {
			if why += ", down"; hearer.Pushed != 0 && t.Behind(hearer) == 0 {
				why = "down" // it had heard all
			}
		}
		late = append(late, name+" ("+why+")")
	}
	b.list("behind", late, max(0, len(behind)-maxShown))
}

func changes(n uint32) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}
