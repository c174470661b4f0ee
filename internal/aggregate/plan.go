// Package aggregate holds the rules by which the shares of several members become one
// row: one file a rule, and the plan that applies them to a schema.
//
// It is pure arithmetic on two small arrays. A member's share of a row is a slice of
// 32-bit cells, the sum of all shares a slice of 64-bit words; a Plan says which cell and
// which word belong to which column. Sums are folded, old share out and new share in, so
// that their cost does not depend on the number of members, and are exact: the limits of
// a column apply when the sum is read. The room must never keep anything: cells and words
// belong to the table.
package aggregate

import "tallystick/internal/stick"

// Rule is how the shares of a column become its sum.
type Rule uint8

// The rules.
const (
	Count  Rule = iota // 32-bit counters and gauges: add
	Wide               // 64-bit counters: add in 128 bits
	Rate               // frequency counters: the prev-weighted rule
	Latest             // tags and servers: the value that changed last
)

// Op is one element of one column: where its share and its sum are.
type Op struct {
	Rule   Rule
	Cell   int    // first cell of the share: 1 (Count, Latest), 2 (Wide: low, high) or 3 (Rate: start, curr, prev)
	Word   int    // first word of the sum: 1 (Count), 2 (Wide: low, high; Latest: value, owner) or 3 (Rate)
	Period uint32 // of a Rate, ms
	Text   bool   // the cell of a Latest is the number of a text
}

// Plan is a schema compiled. It is not changed once made, and safe for concurrent use.
type Plan struct {
	Schema *stick.Schema
	Ops    []Op  // by column, and by element in a column
	First  []int // index in Ops of each column's first element; one more at the end
	Cells  int   // of a share
	Words  int   // of a sum
	Gauge  int   // index in Ops of conn_cur, or -1
	Rates  bool  // there is a Rate among the ops

	// History: there is a Latest among the ops, so that a sum is more than its shares.
	History bool
}

// RuleOf is the rule for a data type, which must be known.
func RuleOf(t stick.DataType) Rule {
	switch t {
	case stick.GPT0, stick.GPT, stick.ServerID, stick.ServerKey:
		return Latest
	}
	switch t.Kind() {
	case stick.Rate:
		return Rate
	case stick.Long:
		return Wide
	}
	return Count
}

// sizes of a share and of a sum, by rule.
var (
	cells = [...]int{Count: 1, Wide: 2, Rate: 3, Latest: 1}
	words = [...]int{Count: 1, Wide: 2, Rate: 3, Latest: 2}
)

// Compile makes the plan of a schema.
func Compile(s *stick.Schema) *Plan {
	p := &Plan{Schema: s, Gauge: -1}
	for _, c := range s.Columns {
		p.First = append(p.First, len(p.Ops))
		if c.Type == stick.ConnCur {
			p.Gauge = len(p.Ops)
		}
		r := RuleOf(c.Type)
		for range c.Len {
			p.Ops = append(p.Ops, Op{Rule: r, Cell: p.Cells, Word: p.Words, Period: c.Period, Text: c.Type.Kind() == stick.Text})
			p.Cells += cells[r]
			p.Words += words[r]
		}
		p.Rates = p.Rates || r == Rate
		p.History = p.History || r == Latest
	}
	p.First = append(p.First, len(p.Ops))
	return p
}

// Fold takes a member's old share out of the sum and puts its new one in, for every rule
// but Latest, whose history only the caller knows. base is the row's: see Rate. Both
// shares must be normalised to the same rules of time (Window.Roll).
func (p *Plan) Fold(sum []uint64, old, new []uint32, base uint32) {
	for i := range p.Ops {
		o := &p.Ops[i]
		switch o.Rule {
		case Count:
			sum[o.Word] = FoldCount(sum[o.Word], old[o.Cell], new[o.Cell])
		case Wide:
			FoldWide(sum[o.Word:], WideOf(old[o.Cell:]), WideOf(new[o.Cell:]))
		case Rate:
			FoldRate(sum[o.Word:], WindowOf(old[o.Cell:]), WindowOf(new[o.Cell:]), base)
		}
	}
}

// Add puts a member's share into the sum, as Fold does for one that was not there before.
func (p *Plan) Add(sum []uint64, new []uint32, base uint32) {
	for i := range p.Ops {
		o := &p.Ops[i]
		switch o.Rule {
		case Count:
			sum[o.Word] += uint64(new[o.Cell])
		case Wide:
			FoldWide(sum[o.Word:], 0, WideOf(new[o.Cell:]))
		case Rate:
			FoldRate(sum[o.Word:], Window{}, WindowOf(new[o.Cell:]), base)
		}
	}
}

// Falls reports whether any counter of a share is lower in new than in old: what its member
// reports then is not all that it once had counted. The gauge, rates, tags and texts may
// fall at any time.
func (p *Plan) Falls(old, new []uint32) bool {
	for i := range p.Ops {
		o := &p.Ops[i]
		switch {
		case o.Rule == Count && i != p.Gauge && new[o.Cell] < old[o.Cell]:
			return true
		case o.Rule == Wide && WideOf(new[o.Cell:]) < WideOf(old[o.Cell:]):
			return true
		}
	}
	return false
}

// Cells is how many cells of a share an element has under the rule.
func Cells(r Rule) int { return cells[r] }
