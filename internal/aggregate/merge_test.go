package aggregate

import (
	"testing"

	"tallystick/internal/stick"
)

func def(columns ...stick.Column) *stick.Schema {
	return &stick.Schema{KeyType: stick.String, KeyLen: 33, Expire: 1000, Columns: columns}
}

func rate(period uint32) stick.Column {
	return stick.Column{Type: stick.ConnRate, Len: 1, Period: period}
}

// TestMergeVotes: which period the column has, by who is live and what was before.
func TestMergeVotes(t *testing.T) {
	const up, down = true, false
	for _, c := range []struct {
		why     string
		members []Member
		last    *stick.Schema
		want    uint32
		out     []int // whose column does not count
	}{
		{"the first, if there is nothing else to go by", []Member{{"a", up, def(rate(10))}, {"b", up, def(rate(20))}}, nil, 10, []int{1}},
		{"the one of before", []Member{{"a", up, def(rate(10))}, {"b", up, def(rate(20))}}, def(rate(20)), 20, []int{0}},
		{"one of before that nobody has any more has no vote", []Member{{"a", up, def(rate(10))}, {"b", up, def(rate(20))}}, def(rate(30)), 10, []int{1}},
		{"most", []Member{{"a", up, def(rate(10))}, {"b", up, def(rate(20))}, {"c", up, def(rate(20))}}, def(rate(10)), 20, []int{0}},
		{"most of those that live", []Member{{"a", up, def(rate(10))}, {"b", down, def(rate(20))}, {"c", down, def(rate(20))}}, def(rate(20)), 10, []int{1, 2}},
		{"nobody lives: the one of before", []Member{{"a", down, def(rate(10))}, {"b", down, def(rate(20))}}, def(rate(20)), 20, []int{0}},
		{"who has no such column has no say", []Member{{"a", up, def()}, {"b", up, def()}, {"c", up, def(rate(20))}}, def(), 20, nil},
	} {
		s, verdicts := Merge(c.members, c.last)
		if len(s.Columns) != 1 || s.Columns[0].Period != c.want {
			t.Errorf("%s: got %v, want a period of %d", c.why, s, c.want)
		}
		out := map[int]bool{}
		for _, i := range c.out {
			out[i] = true
		}
		for i, v := range verdicts {
			if (v.Columns[stick.ConnRate] != "") != out[i] || v.Aside != "" {
				t.Errorf("%s: %s: %+v, want its column out: %v", c.why, c.members[i].Label, v, out[i])
			}
		}
	}
}

// TestMergeNothing: without members there is no definition, without columns an empty one.
func TestMergeNothing(t *testing.T) {
	if s, v := Merge(nil, def()); s != nil || v != nil {
		t.Errorf("nobody: got %v %v", s, v)
	}
	if s, v := Merge([]Member{{"a", true, def()}}, nil); s == nil || len(s.Columns) != 0 || len(v) != 1 {
		t.Errorf("no columns: got %v %v", s, v)
	}
}

// TestMergeChangesNobody: the definitions of members belong to their sessions.
func TestMergeChangesNobody(t *testing.T) {
	a, b := def(stick.Column{Type: stick.GPC, Len: 2}), def(stick.Column{Type: stick.GPC, Len: 5})
	s, _ := Merge([]Member{{"a", true, a}, {"b", true, b}}, nil)
	if s.Columns[0].Len != 5 || a.Columns[0].Len != 2 || s == a || s == b {
		t.Errorf("got %v from %v and %v", s, a, b)
	}
}

// TestMergeAside: a member whose keys differ gives nothing: neither columns, nor life.
func TestMergeAside(t *testing.T) {
	other := &stick.Schema{KeyType: stick.Integer, KeyLen: 4, Expire: 0, Columns: []stick.Column{rate(10)}}
	s, verdicts := Merge([]Member{{"a", true, def(rate(20))}, {"b", true, other}}, nil)
	if s.Expire != 1000 || s.KeyType != stick.String || s.Columns[0].Period != 20 {
		t.Errorf("the sum is lb1's: got %v", s)
	}
	want := "its keys differ, so its table does not count: it has 'type integer store conn_rate(10ms)', a has 'type string len 32 expire 1s store conn_rate(20ms)'"
	if verdicts[0].Aside != "" || verdicts[1].Aside != want || verdicts[1].Columns != nil {
		t.Errorf("one sentence says what both have:\n got %+v\nwant %s", verdicts, want)
	}
}

// TestFoldAndFalls: the rules over a whole share.
func TestFoldAndFalls(t *testing.T) {
	p := Compile(def(stick.Column{Type: stick.GPT0, Len: 1}, stick.Column{Type: stick.ConnCur, Len: 1}, rate(10),
		stick.Column{Type: stick.BytesInCnt, Len: 1}, stick.Column{Type: stick.GPC, Len: 2}))
	// tag, gauge, rate (3), bytes (2), gpc (2)
	none, old := make([]uint32, p.Cells), []uint32{1, 2, 8, 30, 40, 5, 1, 60, 70}
	sum := make([]uint64, p.Words)
	p.Fold(sum, none, old, 0)
	for i, want := range []uint64{0, 0, 2, 30, 40, 40 * 8, 1<<32 + 5, 0, 60, 70} {
		if sum[i] != want {
			t.Errorf("word %d is %d, want %d; a tag is not added", i, sum[i], want)
		}
	}
	for cell, falls := range []bool{false, false, false, false, false, true, true, true, true} {
		less, more := append([]uint32(nil), old...), append([]uint32(nil), old...)
		less[cell]--
		more[cell]++
		if p.Falls(old, less) != falls || p.Falls(old, more) || p.Falls(old, old) {
			t.Errorf("cell %d: less is a fall: %v, want %v; more is none", cell, p.Falls(old, less), falls)
		}
	}
	p.Fold(sum, old, none, 0)
	for i, w := range sum {
		if w != 0 {
			t.Errorf("word %d: taken out again, %d is left", i, w)
		}
	}
}
