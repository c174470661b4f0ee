package interop

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"tallystick/internal/haproxytest"
)

// kind is how a column is united over nodes.
type kind int

const (
	counter kind = iota // added, clamped at 2^32-1
	bytes               // added, clamped at 2^64-1
	gauge               // added; HAProxy 2.5 to 3.1 does not learn it, 3.2 with recv-only only
	rate                // added, read at an instant
	tag                 // the one most recently changed
)

func kindOf(column string) kind {
	switch {
	case column == "conn_cur":
		return gauge
	case column == "server_id", strings.HasPrefix(column, "gpt"):
		return tag
	case strings.Contains(column, "_rate("):
		return rate
	case strings.HasPrefix(column, "bytes_"):
		return bytes
	}
	return counter
}

// total is what the nodes have together in a row.
type total struct {
	numbers map[string]uint64
	tags    map[string][]uint64 // the values that nodes hold, but for zero
	texts   map[string]map[string]bool
}

// sum unites the tables of all nodes as the aggregate must: columns of any node, row by row.
func sum(nodes []rows) map[string]*total {
	want := map[string]*total{}
	for _, node := range nodes {
		for key, row := range node {
			t := want[key]
			if t == nil {
				t = &total{map[string]uint64{}, map[string][]uint64{}, map[string]map[string]bool{}}
				want[key] = t
			}
			for column, value := range row.Numbers {
				t.add(column, value)
			}
			for column, text := range row.Texts {
				if text != "" {
					if t.texts[column] == nil {
						t.texts[column] = map[string]bool{}
					}
					t.texts[column][text] = true
				}
			}
		}
	}
	return want
}

func (t *total) add(column string, value uint64) {
	switch kindOf(column) {
	case tag:
		if value != 0 {
			t.tags[column] = append(t.tags[column], value)
		}
	case bytes:
		sum, carry := bits.Add64(t.numbers[column], value, 0)
		if carry > 0 {
			sum = math.MaxUint64
		}
		t.numbers[column] = sum
	default:
		t.numbers[column] = min(t.numbers[column]+value, math.MaxUint32)
	}
}

// differs compares a twin with the sums. Columns are those of the twin.
func differs(twin rows, want map[string]*total, v haproxytest.Version, members int) error {
	for key, t := range want {
		row, ok := twin[key]
		if !ok {
			return fmt.Errorf("key %s is missing; it has %d of %d rows", key, len(twin), len(want))
		}
		for column, got := range row.Numbers {
			if err := t.check(column, got, v, members); err != nil {
				return fmt.Errorf("key %s: %w", key, err)
			}
		}
		for column, got := range row.Texts {
			if texts := t.texts[column]; len(texts) > 0 && !texts[got] {
				return fmt.Errorf("key %s: %s is %q, nodes have %v", key, column, got, texts)
			}
		}
	}
	for key := range twin {
		if want[key] == nil {
			return fmt.Errorf("key %s is in no node's table", key)
		}
	}
	return nil
}

// check compares one cell. Of a tag any value that a node holds is right: which one was the last is what scenarios of
// their own look at.
func (t *total) check(column string, got uint64, v haproxytest.Version, members int) error {
	want := t.numbers[column]
	switch kindOf(column) {
	case tag:
		if held := t.tags[column]; len(held) > 0 && !slices.Contains(held, got) {
			return fmt.Errorf("%s is %d, nodes have %v", column, got, held)
		}
	case rate:
		// Each node rounds down, and so does the twin; tables of these scenarios have long periods.
		if diff := int64(got) - int64(want); diff < -int64(members) || diff > int64(members) {
			return fmt.Errorf("%s is %d, the sum is %d", column, got, want)
		}
	case gauge:
		if v.AtLeast(2, 5) && !v.AtLeast(3, 2) {
			return nil // it keeps its own, whatever it is told
		}
		fallthrough
	default:
		if got != want {
			return fmt.Errorf("%s is %d, the sum is %d", column, got, want)
		}
	}
	return nil
}

// TestComparison breaks each kind of cell, so that the scenarios are known to notice.
func TestComparison(t *testing.T) {
	row := func(column string, value uint64) rows {
		return rows{"k": {Numbers: map[string]uint64{column: value}, Texts: map[string]string{}}}
	}
	v22, v30 := haproxytest.Version{Major: 2, Minor: 2}, haproxytest.Version{Major: 3}
	for _, c := range []struct {
		column string
		nodes  []uint64
		good   []uint64
		bad    []uint64
		v      haproxytest.Version
	}{
		{"gpc0", []uint64{3, 4}, []uint64{7}, []uint64{6, 8, 3, 4, 0}, v30},
		{"gpc0", []uint64{math.MaxUint32, 4}, []uint64{math.MaxUint32}, []uint64{3, math.MaxUint32 - 1}, v30},
		{"bytes_in_cnt", []uint64{math.MaxUint32, 4}, []uint64{math.MaxUint32 + 4}, []uint64{math.MaxUint32}, v30},
		{"bytes_in_cnt", []uint64{math.MaxUint64, 4}, []uint64{math.MaxUint64}, []uint64{3}, v30},
		{"http_req_rate(10000)", []uint64{10, 20}, []uint64{28, 30, 32}, []uint64{27, 33}, v30},
		{"gpt0", []uint64{5, 0, 6}, []uint64{5, 6}, []uint64{0, 11}, v30},
		{"conn_cur", []uint64{5, 6}, []uint64{11}, []uint64{5}, v22},
		{"conn_cur", []uint64{5, 6}, []uint64{11, 0}, nil, v30},
	} {
		var nodes []rows
		for _, value := range c.nodes {
			nodes = append(nodes, row(c.column, value))
		}
		for _, got := range c.good {
			if err := differs(row(c.column, got), sum(nodes), c.v, 2); err != nil {
				t.Errorf("%s of %v, as %d: %v", c.column, c.nodes, got, err)
			}
		}
		for _, got := range c.bad {
			if differs(row(c.column, got), sum(nodes), c.v, 2) == nil {
				t.Errorf("%s of %v, as %d, passes", c.column, c.nodes, got)
			}
		}
	}
	if differs(rows{}, sum([]rows{row("gpc0", 1)}), v30, 2) == nil {
		t.Error("a missing row passes")
	}
	if differs(row("gpc0", 1), sum(nil), v30, 2) == nil {
		t.Error("a row that no node has passes")
	}
}
