package stick

import "slices"

// MaxPath is the most aggregators that a list of a Path may name.
const MaxPath = 32

// Path is the way that a table has come over aggregators, as they tell it to each other. A
// sum that has come round in a circle must not become a part of itself, whatever names it
// has been given on the way. The zero value is that of a node's table.
//
// Aggregators are named by numbers that they have chosen. Nothing in a Path is changed once
// it has been handed on.
type Path struct {
	Sums   []uint64 // those that have summed it, the last one last, which made the table
	Relays []uint64 // those that have handed it on unchanged since
}

// IsZero reports whether the table has come from its maker, and that was no aggregator.
func (p *Path) IsZero() bool { return len(p.Sums) == 0 && len(p.Relays) == 0 }

// Equal reports whether both have come the same way.
func (p *Path) Equal(o *Path) bool {
	return slices.Equal(p.Sums, o.Sums) && slices.Equal(p.Relays, o.Relays)
}

// Summed reports whether the aggregator id has summed the table, so that it must not do so again.
func (p *Path) Summed(id uint64) bool { return slices.Contains(p.Sums, id) }

// Passed reports whether the aggregator id has made the table, or handed it on: it knows it better.
func (p *Path) Passed(id uint64) bool {
	made := len(p.Sums) > 0 && p.Sums[len(p.Sums)-1] == id
	return made || slices.Contains(p.Relays, id)
}
