package topology

import "time"

// How long a peer that has ever shown a sign of life may be silent.
const (
	silenceNode       = 10 * time.Second // HAProxy looks every five seconds
	silenceAggregator = Hush             // another one waits to take over
)

// Hush is how long a replica may say nothing before another may lead in its place, whatever
// its session's own patience is.
const Hush = 5500 * time.Millisecond

// Place is what a peer is to us: its role, resolved once into what others ask about. Nobody
// but this room looks at a Role to decide anything. It is not changed once made.
type Place struct {
	role  Role
	group string

	Member   bool // what it reports is a share of our sums, and a start waits for it
	Sums     bool // it hears our sums
	Relays   bool // it hears tables that came from above
	Declares bool // it hears a table only as it has declared it itself; others hear ours as they are
	Patient  bool // its request for a lesson waits until it has given us its own, of which a PARTIAL one is enough
	Restored bool // it is taught its own values back when it has lost them
	Spared   bool // it is told nothing of what it would hear: we only look on
	Complete bool // our lesson is complete for it though we hold no share of it
	Eager    bool // we call it without waiting to be called

	Silence time.Duration // a session of it is dead after that time without a byte
}

// Place resolves what a peer line says. The restore line decides about Restored, the mode line about Spared.
func (r *Rules) Place(role Role, group string) Place {
	node := role == Node
	p := Place{
		role: role, group: group,
		Member: node || role == Down,
		Sums:   r.publishes(role), Relays: node || role == Down,
		Declares: node, Patient: node, Restored: node && !r.NoRestore && !r.Observe, Spared: r.Observe,
		Complete: role == Up, Eager: role == Up,
		Silence: silenceAggregator,
	}
	if node {
		p.Silence = silenceNode
	}
	return p
}

// Role is the word for shows and logs.
func (p *Place) Role() Role { return p.role }

// Group is the group that the peer's line names, for shows and logs; "" for none.
func (p *Place) Group() string { return p.group }

// Replica tells whether the peer's tables are one of several copies of which one counts, and
// which group of copies: members of a group by its word, peers above us always, since tables
// of one name that come from above are one table.
func (p *Place) Replica() (group string, ok bool) {
	if p.role == Up {
		return "", true
	}
	return p.group, p.group != ""
}

// publishes reports whether our sums are pushed to a peer that is role to us.
func (r *Rules) publishes(role Role) bool {
	switch role {
	case Up:
		return !r.NoAscend
	case Node, Down:
		return !r.NoFeedback
	}
	return false
}

// Hears reports whether the peer hears a table of ours: one from above, or a sum.
func (p *Place) Hears(relayed bool) bool {
	if relayed {
		return p.Relays
	}
	return p.Sums
}
