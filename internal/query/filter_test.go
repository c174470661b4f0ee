package query

import (
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// TestDefinitionChangesWhileRead: a table may have other columns when a chunk is read than
// it had when the command was.
func TestDefinitionChangesWhileRead(t *testing.T) {
	gpc := stick.Column{Type: stick.GPC, Len: 2}
	cnt := stick.Column{Type: stick.HTTPReqCnt, Len: 1}
	read := &stick.Schema{Columns: []stick.Column{gpc}}
	second := Cells(read)[1]
	filters := []Filter{{second, Operator("eq"), Number{Size: 7}}}
	for _, c := range []struct {
		why    string
		now    *stick.Schema
		values []uint64
		want   bool
	}{
		{"the columns that were read", read, []uint64{0, 7}, true},
		{"another column in front", &stick.Schema{Columns: []stick.Column{cnt, gpc}}, []uint64{7, 0, 7}, true},
		{"the number is not where it was", &stick.Schema{Columns: []stick.Column{cnt, gpc}}, []uint64{0, 7, 0}, false},
		{"the column has gone", &stick.Schema{Columns: []stick.Column{cnt}}, []uint64{7}, false},
		{"the element has gone", &stick.Schema{Columns: []stick.Column{{Type: stick.GPC, Len: 1}}}, []uint64{7}, false},
	} {
		if got := Matches(filters, &view.Entry{Schema: c.now, Sum: view.Share{Values: c.values}}, read); got != c.want {
			t.Errorf("%s: got %v", c.why, got)
		}
	}
	if got := second.Number(nil); got != (Number{}) {
		t.Errorf("a row that is too short has a 0 there: got %v", got)
	}
}
