package wire

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
)

// unhex decodes hex digits; blanks and bars are for the reader.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "|", "", "\n", "", "\t", "").Replace(s))
	if err != nil {
		t.Fatalf("bad hex in a test: %v", err)
	}
	return b
}

func TestVarint(t *testing.T) {
	for _, c := range []struct {
		v   uint64
		hex string
	}{
		{0, "00"}, {239, "ef"}, {240, "f000"}, {255, "ff00"}, {256, "f001"}, {2287, "ff7f"},
		{2288, "f08000"}, {10000, "f0e203"}, {0x1234, "f49401"}, {264431, "ffff7f"}, {264432, "f0808000"},
		{1161999626690365680, "f0808080808080808000"}, {600000, "f0eda301"}, {3600000, "f0d9dc0c"}, {1 << 31, "f0f1fefe3e"}, {math.MaxUint32, "fff0fefe7e"},
		{1 << 63, "f0f1fefefefefefefe06"}, {math.MaxUint64, "fff0fefefefefefefe0e"},
	} {
		want := unhex(t, c.hex)
		if got := AppendVarint(nil, c.v); string(got) != string(want) {
			t.Errorf("%d is encoded as %x, want %x", c.v, got, want)
		}
		v, rest, err := Varint(append(want, 0xaa))
		if v != c.v || len(rest) != 1 || err != nil {
			t.Errorf("%x is decoded as %d, %x, %v, want %d and the byte behind it", want, v, rest, err, c.v)
		}
		if n := varintLen(c.v); n != len(want) {
			t.Errorf("%d is said to take %d bytes, takes %d", c.v, n, len(want))
		}
		for i := range want {
			if _, _, err := Varint(want[:i]); !errors.Is(err, ErrShort) {
				t.Errorf("%x, cut after %d bytes: %v, want ErrShort", want, i, err)
			}
		}
	}
}

// Where the length changes: each further byte multiplies the limit by 128 (section 2).
func TestVarintLengths(t *testing.T) {
	for i, limit := range []uint64{240, 2288, 264432, 33818864, 4328786160} {
		if a, b := len(AppendVarint(nil, limit-1)), len(AppendVarint(nil, limit)); a != i+1 || b != i+2 {
			t.Errorf("%d and the one before it take %d and %d bytes, want %d and %d", limit, b, a, i+2, i+1)
		}
	}
	const ten = 1161999626690365680
	if a, b := len(AppendVarint(nil, ten-1)), len(AppendVarint(nil, ten)); a != 9 || b != 10 {
		t.Errorf("%d and the one before it take %d and %d bytes, want 10 and 9", uint64(ten), b, a)
	}
}

func TestVarintOverflow(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"2^64", "f0f1fefefefefefefe0e"},
		{"a tenth byte above 15", "f0f1fefefefefefefe10"},
		{"a tenth byte that goes on", "fff0fefefefefefefe8e"},
		{"bytes without end", "ffffffffffffffffffffff"},
	} {
		if v, rest, err := Varint(unhex(t, c.hex)); err != ErrOverflow {
			t.Errorf("%s: %d, %x, %v, want ErrOverflow: no more bytes would help", c.name, v, rest, err)
		}
	}
}
