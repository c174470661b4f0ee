// Package topology decides what may flow where: which tables of which peers are summed,
// under which name the sum is published, and who gets it.
//
// It is pure: names and roles in, decisions out. Sessions and tables ask it and never
// learn the words up and down. It must never know what a table holds.
package topology

import (
	"slices"
	"strings"
)

// Role is what a peer is to us.
type Role uint8

// The roles that a peer line can give.
const (
	Node  Role = iota // an HAProxy process
	Local             // ourselves
	Up                // an aggregator above us
	Down              // an aggregator below us
)

// String is the keyword of the peer line, or "node" where it has none.
func (r Role) String() string { return [...]string{"node", "local", "up", "down"}[r] }

// Use is what becomes of a table that a peer announces.
type Use uint8

// The uses of a peer's table.
const (
	Ignored Use = iota // no rule takes it
	Source             // its rows are summed into the target
	Own                // it is one that we publish: its definition counts, its rows do not
	Relayed            // its rows are forwarded unchanged
)

// Rules are the naming and flow rules of one aggregations section. They are not changed
// once resolved, and safe for concurrent use.
type Rules struct {
	Any            bool     // "from any": every table, whatever its suffix
	From           []string // else those with one of these suffixes, each with its dot
	AcceptNoSuffix bool     // and those without any
	To             string   // suffix of what we publish, with its dot
	Forward        []string // suffixes of tables relayed from above
	Former         []string // suffixes that were To or Forward before, in the same process
	NoAscend       bool     // aggregates are not pushed to Up peers
	NoFeedback     bool     // aggregates are not pushed to nodes and Down peers
	NoRestore      bool     // nodes are not taught their own values back
	Observe        bool     // nothing is pushed, taught or restored: what would be is counted
}

// Suffix splits a wire name before its last dot: "/web.v2" is "/web" and ".v2". Without
// a dot the suffix is empty.
func Suffix(name string) (base, suffix string) {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i:]
	}
	return name, ""
}

// Classify tells what becomes of the table name of a peer that is role to us, and under
// which name we publish what it holds: the sum of a Source, a Relayed table itself.
//
// A table with the target suffix or a forward suffix is never summed, whatever From
// says: nodes hand our own tables back in every lesson. Nor does "any" take one that had
// our suffix before: the nodes still hold sums of ours in it, which would be added to themselves.
func (r *Rules) Classify(role Role, name string) (use Use, target string) {
	base, suffix := Suffix(name)
	forward := suffix != "" && slices.Contains(r.Forward, suffix)
	switch {
	case role == Local:
		return Ignored, ""
	case role == Up && forward:
		return Relayed, name
	case role == Up:
		return Ignored, ""
	case suffix == r.To || forward:
		return Own, ""
	case suffix != "" && slices.Contains(r.Former, suffix) && !slices.Contains(r.From, suffix):
		return Ignored, ""
	case r.Any, suffix != "" && slices.Contains(r.From, suffix), suffix == "" && r.AcceptNoSuffix:
		return Source, base + r.To
	}
	return Ignored, ""
}

// After returns the rules for a process that has had others before.
func (r Rules) After(old *Rules) Rules {
	r.Former = nil
	for _, suffix := range append(append([]string{old.To}, old.Forward...), old.Former...) {
		if suffix != r.To && !slices.Contains(r.Forward, suffix) && !slices.Contains(r.Former, suffix) {
			r.Former = append(r.Former, suffix)
		}
	}
	return r
}
