package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// edit is what is changed in one file: everything else stays, byte by byte.
type edit struct {
	spans map[int][]span   // of a line, from 1
	drop  map[int]bool     // lines that go
	after map[int][]string // lines that come behind a line; 0: before the first
}

// span replaces bytes of a line.
type span struct {
	from, to int
	text     string
}

func newEdit() *edit {
	return &edit{spans: map[int][]span{}, drop: map[int]bool{}, after: map[int][]string{}}
}

// replace changes bytes of a line. A change of the same bytes before is kept.
func (e *edit) replace(line, from, to int, text string) {
	if !slices.ContainsFunc(e.spans[line], func(s span) bool { return from < s.to && s.from < to || s.from == from }) {
		e.spans[line] = append(e.spans[line], span{from, to, text})
	}
}

// insert adds lines behind a line, below those that were added before.
func (e *edit) insert(line int, text ...string) { e.after[line] = append(e.after[line], text...) }

// change is one line of a difference: ' ' stays, '-' goes, '+' comes.
type change struct {
	sign byte
	text string
}

// apply makes the difference: every line of the file once, and what comes. A last line without an end gets one.
func (e *edit) apply(text string) []change {
	var all []change
	come := func(lines []string) {
		for _, l := range lines {
			all = append(all, change{'+', l})
		}
	}
	come(e.after[0])
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		lines = nil
	}
	for i, old := range lines {
		n := i + 1
		fresh := rewrite(old, e.spans[n])
		switch {
		case e.drop[n]:
			all = append(all, change{'-', old})
		case fresh != old:
			all = append(all, change{'-', old}, change{'+', fresh})
		default:
			all = append(all, change{' ', old})
		}
		come(e.after[n])
	}
	return all
}

// rewrite replaces spans of a line, from the last to the first.
func rewrite(line string, spans []span) string {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b span) int { return cmp.Compare(b.from, a.from) })
	for _, s := range spans {
		line = line[:s.from] + s.text + line[s.to:]
	}
	return line
}

// after is the text that a difference leads to.
func after(all []change) string {
	var b strings.Builder
	for _, c := range all {
		if c.sign != '-' {
			b.WriteString(c.text + "\n")
		}
	}
	return b.String()
}

// around is how many unchanged lines a difference shows about a change.
const around = 3

// diff prints a difference as "diff -u" does, so that patch takes it; "" if nothing changes.
func diff(name string, all []change) string {
	var b strings.Builder
	oldLine, newLine := 1, 1 // of all[i]
	for i := 0; i < len(all); {
		if all[i].sign == ' ' {
			oldLine, newLine, i = oldLine+1, newLine+1, i+1
			continue
		}
		from := max(0, i-around) // nothing changes there: the hunk before would have taken it in
		end, last := i, i
		for ; end < len(all) && end-last <= 2*around; end++ {
			if all[end].sign != ' ' {
				last = end
			}
		}
		hunk := all[from:min(len(all), last+1+around)]
		var gone, come int
		for _, c := range hunk {
			gone += b2i(c.sign != '+')
			come += b2i(c.sign != '-')
		}
		if b.Len() == 0 {
			fmt.Fprintf(&b, "--- %s\n+++ %s\n", name, name)
		}
		shift := i - from
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", begin(oldLine-shift, gone), gone, begin(newLine-shift, come), come)
		for _, c := range hunk {
			fmt.Fprintf(&b, "%c%s\n", c.sign, c.text)
		}
		for _, c := range all[i : from+len(hunk)] {
			oldLine += b2i(c.sign != '+')
			newLine += b2i(c.sign != '-')
		}
		i = from + len(hunk)
	}
	return b.String()
}

// begin is the first line of a hunk, which by convention is the one before where the hunk has none.
func begin(line, count int) int {
	if count == 0 {
		return line - 1
	}
	return line
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
