package cli

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tallystick/internal/stick"
)

func TestSplitLine(t *testing.T) {
	for _, c := range []struct {
		why, line string
		want      [][]string
	}{
		{"nothing is one command of no words", "", [][]string{nil}},
		{"words are cut at blanks, however many", " show \t table ", [][]string{{"show", "table"}}},
		{"commands are cut at semicolons, blanks or not", "a;b ; c", [][]string{{"a"}, {"b"}, {"c"}}},
		{"a semicolon at the end begins another, of no words", "a;", [][]string{{"a"}, nil}},
		{"a backslash takes the meaning from a blank", `a\ b`, [][]string{{"a b"}}},
		{"from a semicolon", `a\;b`, [][]string{{"a;b"}}},
		{"and from itself", `a\\b`, [][]string{{`a\b`}}},
		{"before another letter it goes, as in HAProxy", `\a\q`, [][]string{{"aq"}}},
		{"but two hex digits behind an x are a byte, as we print it", `\x0a\x41\x3B`, [][]string{{"\nA;"}}},
		{"one digit is none", `\x4`, [][]string{{"x4"}}},
		{"a letter is none", `\xg0`, [][]string{{"xg0"}}},
		{"at the end it is itself", `a\`, [][]string{{`a\`}}},
		{"HAProxy has no quotes here: they are letters", `'a b'`, [][]string{{"'a", "b'"}}},
		{"nor comments", `a # b`, [][]string{{"a", "#", "b"}}},
	} {
		if got := splitLine([]byte(c.line)); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: %q: got %q, want %q", c.why, c.line, got, c.want)
		}
	}
}

// FuzzSplitLine: whatever a line is, its words, escaped as we print them, are a line of
// the same words. So what is printed can be given back, and means itself.
func FuzzSplitLine(f *testing.F) {
	f.Add([]byte(`show table data rates.agg key \x00\;;` + "\xff\\"))
	f.Fuzz(func(t *testing.T, line []byte) {
		commands := splitLine(line)
		var printed []string
		for _, words := range commands {
			var escaped []string
			for _, w := range words {
				escaped = append(escaped, oneWord(w))
			}
			printed = append(printed, strings.Join(escaped, " "))
		}
		again := splitLine([]byte(strings.Join(printed, ";")))
		if !slices.EqualFunc(again, commands, slices.Equal) {
			t.Errorf("%q is %q, printed %q, read again %q", line, commands, printed, again)
		}
	})
}

// sink is the connection of a client whose answers are looked at.
type sink struct {
	net.Conn
	got []byte
}

func (s *sink) Write(b []byte) (int, error)      { s.got = append(s.got, b...); return len(b), nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) RemoteAddr() net.Addr             { return &net.UnixAddr{Name: "sink"} }

// FuzzCommands: any line gets answers that are clean lines, each with an empty line behind
// it and none within, and nothing of the line reaches the terminal as it was.
func FuzzCommands(f *testing.F) {
	for _, cmd := range commands() {
		f.Add([]byte(cmd.words + " mixed all.sum key a\\x1b data.gpc[1] ge 1 top 3 by gpc0_rate json"))
		f.Add([]byte(cmd.words))
	}
	f.Add([]byte("show table mixed all.sum;show stat mixed -1 3;set timeout cli 5m;explain mixed bin.sum ab"))
	server := New(Config{Backend: newFake(), Now: func() time.Time { return noon }})
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, words := range splitLine(line) {
			out := &sink{}
			c := newClient(server, out, LevelAdmin, nil)
			c.execute(words)
			c.out.flush()
			answer := string(out.got)
			if c.leaving && answer == "" {
				continue
			}
			if answer != "\n" && !strings.HasSuffix(answer, "\n\n") || strings.Contains(strings.TrimSuffix(answer, "\n"), "\n\n") {
				t.Errorf("%q: an answer ends where an empty line is: %q", words, answer)
			}
			if i := strings.IndexFunc(answer, func(r rune) bool { return r != '\n' && (r < ' ' || r >= 0x7f) }); i >= 0 {
				t.Errorf("%q: byte %d is not to be printed: %q", words, i, answer)
			}
		}
	})
}

// TestKeysComeBack: a key, printed and given to "key", is the key.
func TestKeysComeBack(t *testing.T) {
	schemas := []*stick.Schema{
		{KeyType: stick.Integer, KeyLen: 4}, {KeyType: stick.IPv4, KeyLen: 4}, {KeyType: stick.IPv6, KeyLen: 16},
		{KeyType: stick.String, KeyLen: 33}, {KeyType: stick.Binary, KeyLen: 20},
	}
	rapid.Check(t, func(t *rapid.T) {
		schema := rapid.SampledFrom(schemas).Draw(t, "schema")
		least, most := 1, 32 // an empty string has no word that means it
		if n := schema.KeyType.Width(schema.KeyLen); n >= 0 {
			least, most = n, n
		}
		key := rapid.SliceOfN(rapid.Byte(), least, most).Draw(t, "key")
		if schema.KeyType == stick.String {
			key = bytes.ReplaceAll(key, []byte{0}, []byte{1}) // no string has one
		}
		printed := stick.AppendKey(nil, schema.KeyType, key)
		words := splitLine(printed)
		if len(words) != 1 || len(words[0]) != 1 {
			t.Fatalf("%x is printed as one word, got %q", key, printed)
		}
		if back, err := parseKey(words[0][0], schema, 1); err != nil || !bytes.Equal(back, key) {
			t.Errorf("%s %x: printed %q, read %x, %v", schema, key, printed, back, err)
		}
	})
}
