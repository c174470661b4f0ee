package topology

import "slices"

// Standing is how one of several replicas stands at the moment.
type Standing uint8

// The standings.
const (
	Away     Standing = iota // it has no session
	Learning                 // it has one, and has not given us its whole lesson in it
	Ready                    // it has given it: what we hold of it is what it has
	Silent                   // it was ready, and has said nothing for Hush
)

// String is the word for shows.
func (s Standing) String() string { return [...]string{"away", "learning", "ready", "silent"}[s] }

// Election decides which of several replicas counts: peers that see the same nodes report
// the same, and must not be added up. The leader is the first in the order of the
// configuration that is Ready, and stays it as long as it is, whoever comes (back): what was
// reported last by the one is what the next reports a moment later, and changing sides for
// nothing would only make sums tremble. A leader that is not Ready any more leads until
// somebody else is: its last shares are better than none. Before anybody was ready nobody
// leads, and nothing counts.
//
// The zero value has no members. It is told what happens and keeps no time.
type Election struct {
	members []candidate // by order
	leader  string
	led     bool
}

type candidate struct {
	name     string
	order    int
	standing Standing
}

// Set notes how a member stands; one that is not known joins. order is its place in the
// configuration. It reports whether another leads now.
func (e *Election) Set(name string, order int, s Standing) (changed bool) {
	i := e.find(name)
	if i < 0 {
		i, _ = slices.BinarySearchFunc(e.members, order, func(c candidate, o int) int { return c.order - o })
		e.members = slices.Insert(e.members, i, candidate{name: name, order: order})
	}
	e.members[i].standing = s
	return e.decide()
}

// Leave forgets a member. If it led, nobody does until somebody else is Ready. It reports
// whether another leads now, or nobody.
func (e *Election) Leave(name string) (changed bool) {
	e.members = slices.DeleteFunc(e.members, func(c candidate) bool { return c.name == name })
	if e.led && e.leader == name {
		e.leader, e.led = "", false
		e.decide()
		return true
	}
	return e.decide()
}

// Leader is who leads, if anybody does.
func (e *Election) Leader() (name string, ok bool) { return e.leader, e.led }

// Members is how many there are.
func (e *Election) Members() int { return len(e.members) }

// Standing is how a member stands; Away for one that is not known.
func (e *Election) Standing(name string) Standing {
	if i := e.find(name); i >= 0 {
		return e.members[i].standing
	}
	return Away
}

func (e *Election) find(name string) int {
	return slices.IndexFunc(e.members, func(c candidate) bool { return c.name == name })
}

func (e *Election) decide() (changed bool) {
	if e.led && e.Standing(e.leader) == Ready {
		return false
	}
	i := slices.IndexFunc(e.members, func(c candidate) bool { return c.standing == Ready })
	if i < 0 {
		return false
	}
	e.leader, e.led = e.members[i].name, true
	return true
}
