package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tallystick/internal/stick"
)

// TestManyShares: rows whose shares come and go by the hundred, through all classes of blocks, over
// the number from which their sum is kept: sums and order hold. Audit recomputes them.
func TestManyShares(t *testing.T) {
	for name, columns := range map[string][]stick.Column{
		"counters and rates": {{Type: stick.ConnCur}, {Type: stick.HTTPReqCnt}, {Type: stick.HTTPReqRate, Period: 10_000}, {Type: stick.BytesOutCnt}},
		"with history":       {{Type: stick.GPT0}, {Type: stick.HTTPReqCnt}},
		"nothing stored":     {},
	} {
		f := newFixture(t)
		r := rand.New(rand.NewPCG(5, 6))
		var lanes []*Lane
		for range 300 {
			lanes = append(lanes, f.lane(schema(60_000, columns...)))
		}
		words := f.table.Schema().Words()
		total := map[string]map[*Lane]uint64{"a": {}, "b": {}, "longer than a row has room for": {}}
		counter := f.table.Schema().Column(stick.HTTPReqCnt)
		reader := f.table.NewReader()
		for step := range 3000 {
			l := lanes[r.IntN(1+step/10)]
			for key, shares := range total {
				if step >= 1500 && r.IntN(2) == 0 {
					f.table.DropForever(l)
					for _, s := range total {
						delete(s, l)
					}
					continue
				}
				values := make([]uint64, words)
				for i := range values {
					values[i] = r.Uint64N(9)
				}
				f.apply(l, 0, reported(key, stick.Forever, values...))
				if counter >= 0 {
					shares[l] = values[f.table.plan.First[counter]] // one word each before it
				}
			}
			if step%50 == 0 {
				f.now += 700
				f.table.Advance(f.now)
				f.drain(reader, 60_000)
				if why := audit(f.table); why != "" {
					t.Fatalf("%s, step %d: %s", name, step, why)
				}
			}
		}
		for key, shares := range total {
			want := uint64(0)
			for _, v := range shares {
				want += v
			}
			e := f.entry(key)
			if e == nil {
				if len(shares) > 0 {
					t.Errorf("%s: %s is gone", name, key)
				}
				continue
			}
			if counter >= 0 && e.Values[counter] != want {
				t.Errorf("%s: the sum of %s is %d, want %d", name, key, e.Values[counter], want)
			}
		}
	}
}

// TestMemoryIsGivenBack: blocks that rows have outgrown and rows that expire leave nothing.
func TestMemoryIsGivenBack(t *testing.T) {
	for _, kind := range []stick.KeyType{stick.IPv4, stick.IPv6, stick.String} {
		f := newFixture(t)
		s := schema(60_000, stick.Column{Type: stick.HTTPReqCnt}, stick.Column{Type: stick.HTTPReqRate, Period: 10_000})
		s.KeyType, s.KeyLen = kind, map[stick.KeyType]uint32{stick.IPv4: 4, stick.IPv6: 16, stick.String: 64}[kind]
		const n = 50_000
		var before int
		for lane := range 4 {
			l := f.lane(s)
			for i := range n {
				f.apply(l, 0, stick.Row{Key: keyOf(kind, i), Values: []uint64{1, 0, 1, 1}, Life: 10_000})
			}
			st := f.table.Stats()
			perRow := (st.Bytes - before) / n
			if before = st.Bytes; lane > 0 && perRow > 8+16+8 { // head, cells, and what classes and chunks leave empty
				t.Errorf("%v: share %d of each row costs %d bytes a row", kind, lane+1, perRow)
			}
		}
		f.pass(30_000)
		if st := f.table.Stats(); st.Rows != 0 || st.Bytes > before/20 {
			t.Errorf("%v: %d rows in %d bytes when all have expired, %d before", kind, st.Rows, st.Bytes, before)
		}
	}
}

// keyOf is the n-th key of a type.
func keyOf(kind stick.KeyType, n int) []byte {
	switch kind {
	case stick.IPv4:
		return []byte{10, byte(n >> 16), byte(n >> 8), byte(n)}
	case stick.IPv6:
		return []byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}
	}
	return fmt.Appendf(nil, "session-%08d-of-somebody", n)
}

// TestKeyTypes: keys are found whatever their type and length, and read as they came.
func TestKeyTypes(t *testing.T) {
	for _, kind := range []stick.KeyType{stick.Integer, stick.IPv4, stick.IPv6, stick.String, stick.Binary} {
		f := newFixture(t)
		s := schema(60_000, stick.Column{Type: stick.HTTPReqCnt})
		s.KeyType, s.KeyLen = kind, 40_001
		l := f.lane(s)
		keys := [][]byte{{1, 2, 3, 4}, {0, 0, 0, 0}, {255, 255, 255, 255}}
		switch kind {
		case stick.IPv6:
			keys = [][]byte{make([]byte, 16), keyOf(kind, 1), keyOf(kind, 2)}
		case stick.String, stick.Binary:
			keys = append(keys, []byte(""), []byte("x"), make([]byte, 7), make([]byte, 15), make([]byte, 16), make([]byte, 300), make([]byte, 40_000))
		}
		var rows []stick.Row
		for i, k := range keys {
			rows = append(rows, stick.Row{Key: k, Values: []uint64{uint64(i + 1)}, Life: 60_000})
		}
		f.apply(l, 0, rows...)
		f.apply(l, 0, rows...) // all are found ahead this time
		if n := f.table.Stats().Rows; n != len(keys) {
			t.Errorf("%v: %d rows of %d keys", kind, n, len(keys))
		}
		for i, k := range keys {
			if got := f.sum(string(k)); got != fmt.Sprintf("[%d]", i+1) {
				t.Errorf("%v: key %d of %d bytes has %q", kind, i, len(k), got)
			}
			if e := f.entry(string(k)); e != nil && string(e.Key) != string(k) {
				t.Errorf("%v: key %d reads otherwise", kind, i)
			}
		}
		if why := audit(f.table); why != "" {
			t.Error(why)
		}
	}
}
