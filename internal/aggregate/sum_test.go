package aggregate

import (
	"math"
	"testing"

	"tallystick/internal/stick"
)

const max32, max64 = math.MaxUint32, uint64(math.MaxUint64)

// TestCount: 32-bit counters are added exactly, and read with a limit.
func TestCount(t *testing.T) {
	for _, c := range []struct {
		why    string
		shares []uint32
		want   uint64
	}{
		{"nobody", nil, 0},
		{"one", []uint32{7}, 7},
		{"two", []uint32{7, 8}, 15},
		{"the limit itself", []uint32{max32 - 1, 1}, max32},
		{"beyond it stops there: wrapped it would be small", []uint32{max32, 1}, max32},
		{"far beyond", []uint32{max32, max32, max32}, max32},
	} {
		var sum uint64
		for _, v := range c.shares {
			sum = FoldCount(sum, 0, v)
		}
		if got := ReadCount(sum); got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
		for _, v := range c.shares {
			sum = FoldCount(sum, v, 0)
		}
		if sum != 0 {
			t.Errorf("%s: all have left, and %d is left", c.why, sum)
		}
	}
	if got := FoldCount(FoldCount(0, 0, 9), 9, 4); got != 4 {
		t.Errorf("a value may fall: got %d, want 4", got)
	}
}

// TestWide: 64-bit counters are added in 128 bits.
func TestWide(t *testing.T) {
	for _, c := range []struct {
		why    string
		shares []uint64
		want   uint64
	}{
		{"nobody", nil, 0},
		{"beyond 32 bits", []uint64{1 << 32, 1 << 32}, 1 << 33},
		{"the limit itself", []uint64{max64 - 1, 1}, max64},
		{"one beyond it", []uint64{max64, 1}, max64},
		{"beyond 65 bits", []uint64{max64, max64, max64, max64}, max64},
	} {
		var sum [2]uint64
		for _, v := range c.shares {
			FoldWide(sum[:], 0, v)
		}
		if got := ReadWide(sum[:]); got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
		for i, v := range c.shares {
			FoldWide(sum[:], v, 5)
			if i == len(c.shares)-1 && ReadWide(sum[:]) != 5*uint64(len(c.shares)) {
				t.Errorf("%s: each has fallen to 5, and the sum is %d", c.why, ReadWide(sum[:]))
			}
		}
	}
	for _, v := range []uint64{0, 1, max32, 1 << 32, max64} {
		var cells [2]uint32
		if PutWide(cells[:], v); WideOf(cells[:]) != v {
			t.Errorf("%d comes back from its two cells as %d", v, WideOf(cells[:]))
		}
	}
}

// TestBeats: who decides when the history is unknown.
func TestBeats(t *testing.T) {
	for _, c := range []struct {
		why  string
		a, b Candidate
	}{
		{"something beats nothing, whatever else", Candidate{Value: 1, Life: 1, Order: 9}, Candidate{Value: 0, Life: 100, Order: 1}},
		{"more life", Candidate{Value: 1, Life: 2, Order: 9}, Candidate{Value: 5, Life: 1, Order: 1}},
		{"no end of life is most", Candidate{Value: 1, Life: max32, Order: 9}, Candidate{Value: 5, Life: 1 << 30, Order: 1}},
		{"the order of the configuration", Candidate{Value: 1, Life: 2, Order: 1}, Candidate{Value: 5, Life: 2, Order: 2}},
	} {
		if !c.a.Beats(c.b) || c.b.Beats(c.a) {
			t.Errorf("%s: the first beats the second, and not the other way round", c.why)
		}
	}
	same := Candidate{Value: 1, Life: 2, Order: 3}
	if same.Beats(same) {
		t.Error("nobody beats his like: whoever decides goes on")
	}
}

// TestSetLatest: what is read changes with the value, not with who says it.
func TestSetLatest(t *testing.T) {
	sum := make([]uint64, 2)
	if !SetLatest(sum, 5, 1) || LatestValue(sum) != 5 || LatestOwner(sum) != 1 {
		t.Errorf("a first value: %v", sum)
	}
	if SetLatest(sum, 5, 2) || LatestOwner(sum) != 2 {
		t.Errorf("the same value by another: nothing that is read has changed, %v", sum)
	}
	if !SetLatest(sum, 0, 2) || LatestOwner(sum) != 2 {
		t.Errorf("taken back: %v", sum)
	}
}

// TestPlan: every data type has a place of its own in share and sum.
func TestPlan(t *testing.T) {
	rules := map[stick.DataType]Rule{
		stick.ServerID: Latest, stick.GPT0: Latest, stick.GPC0: Count, stick.GPC0Rate: Rate, stick.ConnCnt: Count,
		stick.ConnRate: Rate, stick.ConnCur: Count, stick.SessCnt: Count, stick.SessRate: Rate, stick.HTTPReqCnt: Count,
		stick.HTTPReqRate: Rate, stick.HTTPErrCnt: Count, stick.HTTPErrRate: Rate, stick.BytesInCnt: Wide, stick.BytesInRate: Rate,
		stick.BytesOutCnt: Wide, stick.BytesOutRate: Rate, stick.GPC1: Count, stick.GPC1Rate: Rate, stick.ServerKey: Latest,
		stick.HTTPFailCnt: Count, stick.HTTPFailRate: Rate, stick.GPT: Latest, stick.GPC: Count, stick.GPCRate: Rate,
		stick.GlitchCnt: Count, stick.GlitchRate: Rate,
	}
	s := &stick.Schema{}
	for typ := stick.DataType(0); typ.Known(); typ++ {
		c := stick.Column{Type: typ, Len: 1}
		if typ.IsArray() {
			c.Len = 3
		}
		s.Columns = append(s.Columns, c)
		if got, ok := rules[typ]; !ok || RuleOf(typ) != got {
			t.Errorf("%v: rule %d, want %d", typ, RuleOf(typ), got)
		}
	}
	p := Compile(s)
	cell, word := 0, 0
	for i, c := range s.Columns {
		for n := range int(c.Len) {
			o := p.Ops[p.First[i]+n]
			if o.Cell != cell || o.Word != word || o.Rule != rules[c.Type] || o.Text != (c.Type == stick.ServerKey) {
				t.Errorf("%v element %d is at cell %d, word %d: want %d, %d; %+v", c.Type, n, o.Cell, o.Word, cell, word, o)
			}
			cell += map[Rule]int{Count: 1, Wide: 2, Rate: 3, Latest: 1}[o.Rule]
			word += map[Rule]int{Count: 1, Wide: 2, Rate: 3, Latest: 2}[o.Rule]
		}
	}
	if p.Cells != cell || p.Words != word || p.First[len(s.Columns)] != len(p.Ops) || !p.Rates {
		t.Errorf("%d cells and %d words, want %d and %d", p.Cells, p.Words, cell, word)
	}
	if p.Gauge != p.First[s.Column(stick.ConnCur)] || Compile(&stick.Schema{}).Gauge != -1 || Compile(&stick.Schema{}).Rates {
		t.Error("the gauge is conn_cur, if there is one")
	}
}
