package query

import (
	"bytes"
	"container/heap"
	"slices"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// MaxTop bounds the entries that a "top" keeps while it reads the table.
const MaxTop = 10000

// Top keeps the entries with the largest numbers in a column, and the answer's order: the
// largest first, among equal ones the smaller key.
type Top struct {
	cell Cell
	n    int
	kept []ranked // a heap with the least of them in front
}

type ranked struct {
	number Number
	entry  view.Entry // a copy that is ours
}

// NewTop keeps n entries, 1 to MaxTop, by the number in a cell.
func NewTop(c Cell, n int) *Top { return &Top{cell: c, n: n} }

// Add takes an entry, which stays the caller's, if it is among the largest so far.
func (t *Top) Add(e *view.Entry, read *stick.Schema) {
	c, ok := t.cell.In(e.Schema, read)
	if !ok {
		return
	}
	candidate := ranked{number: c.Number(e.Sum.Values)}
	if len(t.kept) == t.n {
		candidate.entry.Key = e.Key
		if !before(candidate, t.kept[0]) {
			return
		}
		heap.Pop(t)
	}
	candidate.entry = e.Clone()
	heap.Push(t, candidate)
}

// Sorted empties the top and returns its entries in the order of the answer.
func (t *Top) Sorted() []view.Entry {
	slices.SortFunc(t.kept, func(a, b ranked) int {
		if before(a, b) {
			return -1
		}
		return 1 // keys differ
	})
	entries := make([]view.Entry, len(t.kept))
	for i, k := range t.kept {
		entries[i] = k.entry
	}
	return entries
}

// before is the order of the answer.
func before(a, b ranked) bool {
	if c := a.number.Compare(b.number); c != 0 {
		return c > 0
	}
	return bytes.Compare(a.entry.Key, b.entry.Key) < 0
}

// Len is part of heap.Interface.
func (t *Top) Len() int { return len(t.kept) }

// Less is part of heap.Interface: the least of those that are kept comes first.
func (t *Top) Less(i, j int) bool { return before(t.kept[j], t.kept[i]) }

// Swap is part of heap.Interface.
func (t *Top) Swap(i, j int) { t.kept[i], t.kept[j] = t.kept[j], t.kept[i] }

// Push is part of heap.Interface.
func (t *Top) Push(x any) { t.kept = append(t.kept, x.(ranked)) }

// Pop is part of heap.Interface.
func (t *Top) Pop() any {
	last := t.kept[len(t.kept)-1]
	t.kept = t.kept[:len(t.kept)-1]
	return last
}
