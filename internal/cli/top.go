package cli

import (
	"bytes"
	"container/heap"
	"slices"
	"strconv"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// maxTop bounds the entries that a "top" keeps while it reads the table.
const maxTop = 10000

// top keeps the entries with the largest numbers in a column, and the answer's order: the
// largest first, among equal ones the smaller key.
type top struct {
	cell cell
	n    int
	kept []ranked // a heap with the least of them in front
}

type ranked struct {
	number number
	entry  view.Entry // a copy that is ours
}

// topArgument reads "top <n> by <data type>".
func (r *request) topArgument(n int, schema *stick.Schema, q *query) (used int, err error) {
	if len(r.args) < n+4 || r.args[n+2] != "by" {
		return 0, refuse("Required arguments: top <n> by <store_data_type> (word %d)", r.position(n))
	}
	count, err := strconv.Atoi(r.args[n+1])
	if err != nil || count < 1 || count > maxTop {
		return 0, refuse("Require a number from 1 to %d, not '%s' (word %d)", maxTop, oneWord(r.args[n+1]), r.position(n+1))
	}
	name := r.args[n+3]
	if len(name) > 5 && name[:5] == "data." {
		name = name[5:]
	}
	c, err := r.column(n+3, name, schema)
	if err != nil {
		return 0, err
	}
	if c.isText() {
		return 0, refuse("'%s' is no number (word %d)", oneWord(name), r.position(n+3))
	}
	q.top = &top{cell: c, n: count}
	return 4, nil
}

// add takes an entry, which stays the caller's, if it is among the largest so far.
func (t *top) add(e *view.Entry, read *stick.Schema) {
	c, ok := t.cell.in(e.Schema, read)
	if !ok {
		return
	}
	candidate := ranked{number: c.number(e.Sum.Values)}
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

// sorted empties the top and returns its entries in the order of the answer.
func (t *top) sorted() []view.Entry {
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
	if c := a.number.compare(b.number); c != 0 {
		return c > 0
	}
	return bytes.Compare(a.entry.Key, b.entry.Key) < 0
}

// Len is part of heap.Interface.
func (t *top) Len() int { return len(t.kept) }

// Less is part of heap.Interface: the least of those that are kept comes first.
func (t *top) Less(i, j int) bool { return before(t.kept[j], t.kept[i]) }

// Swap is part of heap.Interface.
func (t *top) Swap(i, j int) { t.kept[i], t.kept[j] = t.kept[j], t.kept[i] }

// Push is part of heap.Interface.
func (t *top) Push(x any) { t.kept = append(t.kept, x.(ranked)) }

// Pop is part of heap.Interface.
func (t *top) Pop() any {
	last := t.kept[len(t.kept)-1]
	t.kept = t.kept[:len(t.kept)-1]
	return last
}
