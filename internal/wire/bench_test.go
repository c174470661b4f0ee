package wire

import (
	"testing"

	"tallystick/internal/stick"
)

// webSchema is what nodes usually share: an address with a few counters and a rate.
func webSchema() *stick.Schema {
	return &stick.Schema{Name: "web", KeyType: stick.IPv4, KeyLen: 4, Expire: 600000, Columns: []stick.Column{
		{Type: stick.GPC0, Len: 1}, {Type: stick.ConnCur, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1},
		{Type: stick.HTTPReqRate, Len: 1, Period: 10000}, {Type: stick.BytesOutCnt, Len: 1},
	}}
}

func webRow() *stick.Row {
	return &stick.Row{Key: []byte{192, 0, 2, 1}, Life: 540000, Values: []uint64{0, 3, 123456, 4321, 250, 240, 5000000000}}
}

func BenchmarkParseUpdate(b *testing.B) {
	s := webSchema()
	m, _, err := Next(AppendUpdate(nil, 7, true, s, webRow(), nil))
	if err != nil {
		b.Fatal(err)
	}
	var d InDictionary
	vals := make([]uint64, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := ParseUpdate(m, s, 0, &d, vals); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendUpdate(b *testing.B) {
	s, row := webSchema(), webRow()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendUpdate(buf[:0], 7, true, s, row, nil)
	}
}

func BenchmarkNext(b *testing.B) {
	msg := AppendUpdate(nil, 7, true, webSchema(), webRow(), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Next(msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVarint(b *testing.B) {
	five := AppendVarint(nil, 1<<32-1)
	for b.Loop() {
		if _, _, err := Varint(five); err != nil {
			b.Fatal(err)
		}
	}
}
