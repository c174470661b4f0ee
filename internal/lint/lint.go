// Package lint looks at the cluster as it is, from what nodes announce and send, and finds what is wrong with how it is
// configured: a node without the table that the sum goes to, nodes that replicate among themselves, a name
// that nobody knows. Each finding says on which load balancer it is and which line to write.
//
// It is pure: it is fed snapshots and told the time, and keeps no more of them than since when something
// is so. It must never guess: what could be meant so is a notice, and what cannot be seen from here has no
// rule. The daemon feeds it every few seconds; doc/lint.md explains each rule to operators.
package lint

import (
	"cmp"
	"slices"
	"time"

	"tallystick/internal/view"
)

const (
	// standsAfter is how long something must be so before it is told: lessons, reloads and warm-ups
	// look wrong for a moment.
	standsAfter = 4 * time.Second
	// goneAfter is how long it must not be so before it is taken back, and goneLooks in how many looks it
	// must not be seen, if they are rare.
	goneAfter = 9 * time.Second
	goneLooks = 2
	// heldFor is how long a finding about a peer stands while the peer cannot be looked at, since it has no session: a
	// node that reloads is not repaired by that.
	heldFor = 10 * time.Minute
	// settled is how old a peer's session must be to be judged.
	settled = 2 * time.Second
	// recent is how long ago something may be that has happened once and still matters.
	recent = 10 * time.Minute
	// maxFindings bounds what is told; worse ones are told first.
	maxFindings = 256
	// maxKept bounds what is remembered.
	maxKept = 4096
)

// Linter remembers since when things are so. The zero value is ready. One goroutine.
type Linter struct {
	kept     map[id]*kept
	sections map[string]*memory
}

// id is what makes two findings the same, whatever their words.
type id struct {
	rule, section, peer, table, about string
}

// kept is one finding and its times.
type kept struct {
	view.Finding
	last   time.Time // when it was seen last
	missed int       // looks in which it was not seen since
	told   bool
	needed bool // it can only be seen in a session of its peer
}

// memory is what is remembered of a section beside findings.
type memory struct {
	limited   uint64 // rows that made room or were not taken, as of the last look
	limitedAt time.Time
	moves     map[string]*moves // addresses of peers, by name
}

// candidate is a finding of one look.
type candidate struct {
	view.Finding
	about    string // tells findings of one rule, peer and table apart
	needed   bool
	patience time.Duration // how long it must stand, if longer than others
}

// look is one look at everything.
type look struct {
	now     time.Time
	process *view.Process
	memory  *memory // of the section that is looked at
	list    []candidate
}

// Look takes one look and returns all that stands, the worst first, and what has begun and ended since the
// last. Snapshots are read only and not kept.
func (l *Linter) Look(now time.Time, p *view.Process, sections []view.Section) (all, begun, ended []view.Finding) {
	if l.kept == nil {
		l.kept, l.sections = map[id]*kept{}, map[string]*memory{}
	}
	x := &look{now: now, process: p}
	x.program()
	unseen := map[[2]string]bool{} // peers that are there and cannot be looked at
	for i := range sections {
		s := &sections[i]
		if x.memory = l.sections[s.ID]; x.memory == nil {
			x.memory = &memory{limited: s.Limits.Evicted + s.Limits.Refused, moves: map[string]*moves{}}
			l.sections[s.ID] = x.memory
		}
		in := x.index(s)
		x.section(in)
		for j := range in.peers {
			if !in.peers[j].settled {
				unseen[[2]string{s.ID, in.peers[j].Name}] = true
			}
		}
	}
	l.forget(sections)
	begun = l.take(x)
	ended = l.drop(now, unseen)
	return l.told(), begun, ended
}

// take notes what was seen, and returns what has stood long enough just now.
func (l *Linter) take(x *look) (begun []view.Finding) {
	for i := range x.list {
		c := &x.list[i]
		key := id{c.Rule, c.Section, c.Peer, c.Table, c.about}
		k := l.kept[key]
		if k == nil {
			if len(l.kept) >= maxKept {
				continue
			}
			k = &kept{}
			l.kept[key] = k
			k.Since = x.now
		}
		c.Since = k.Since
		k.Finding, k.last, k.missed, k.needed = c.Finding, x.now, 0, c.needed
		if !k.told && x.now.Sub(k.Since) >= max(standsAfter, c.patience) {
			k.told = true
			begun = append(begun, k.Finding)
		}
	}
	order(begun)
	return begun
}

// drop forgets what is not so any more, and returns what had been told of it.
func (l *Linter) drop(now time.Time, unseen map[[2]string]bool) (ended []view.Finding) {
	for key, k := range l.kept {
		if k.last.Equal(now) {
			continue
		}
		k.missed++
		gone := k.missed >= goneLooks && now.Sub(k.last) >= goneAfter
		switch {
		case !k.told:
			gone = true // it was a moment
		case k.needed && unseen[[2]string{key.section, key.peer}]:
			gone = now.Sub(k.last) > heldFor
		}
		if gone {
			delete(l.kept, key)
			if k.told {
				ended = append(ended, k.Finding)
			}
		}
	}
	order(ended)
	return ended
}

// told lists what stands.
func (l *Linter) told() (all []view.Finding) {
	for _, k := range l.kept {
		if k.told {
			all = append(all, k.Finding)
		}
	}
	order(all)
	if left := len(all) - maxFindings; left > 0 {
		all = append(all[:maxFindings], view.Finding{Rule: "more", Severity: view.Notice, Since: all[maxFindings].Since,
			Text: plural(left, "more finding is not listed", "more findings are not listed") + ": they come into sight when these are gone"})
	}
	return all
}

// forget forgets sections that are gone.
func (l *Linter) forget(sections []view.Section) {
	for name := range l.sections {
		if !slices.ContainsFunc(sections, func(s view.Section) bool { return s.ID == name }) {
			delete(l.sections, name)
		}
	}
}

// order puts the worst first, and else by where they are, so that a list stays as it is while nothing changes.
func order(list []view.Finding) {
	rank := func(s view.Severity) int {
		return slices.Index([]view.Severity{view.Error, view.Warning, view.Notice}, s)
	}
	slices.SortFunc(list, func(a, b view.Finding) int {
		return cmp.Or(rank(a.Severity)-rank(b.Severity), cmp.Compare(a.Section, b.Section), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Text, b.Text))
	})
}

// section looks at one section.
func (x *look) section(in *index) {
	s := in.Section
	x.rules(s)
	x.limits(s)
	x.callers(s, s.Refusals)
	for i := range s.Tables {
		x.replicas(s, &s.Tables[i])
	}
	for i := range in.peers {
		p := &in.peers[i]
		x.presence(s, p.Peer)
		x.addresses(s, p.Peer)
		if !p.settled {
			continue
		}
		x.manners(s, p.Peer)
		x.sources(in, p)
		for j := range s.Tables {
			x.twin(in, &s.Tables[j], p)
		}
	}
}

// settled reports whether what a peer has announced is all there is: it is there, not since a
// moment ago, and has given its lesson.
func (x *look) settled(s *view.Section, p *view.Peer) bool {
	return p.Established && !p.Disabled && p.LessonDone && x.now.Sub(p.Handshake) >= settled && s.Warm
}

// add notes what was found.
func (x *look) add(s *view.Section, rule string, severity view.Severity, f view.Finding, about string) {
	f.Rule, f.Severity = rule, severity
	if s != nil {
		f.Section = s.ID
	}
	x.list = append(x.list, candidate{Finding: f, about: about})
}

// addHere notes what was found of a peer, and can only be seen while it is there.
func (x *look) addHere(s *view.Section, rule string, severity view.Severity, f view.Finding) {
	x.add(s, rule, severity, f, "")
	x.list[len(x.list)-1].needed = true
}
