package config

import (
	"strings"
	"testing"
)

// environment is what the tests' files find in theirs.
func environment(name string) (string, bool) {
	v, ok := map[string]string{"BAR": "bar", "LIST": " 1  2 ", "EMPTY": ""}[name]
	return v, ok
}

// TestWords holds the lexer to what HAProxy 2.6 and 3.2 make of the same lines, but for
// the continuation of lines, which is hapee-stktagg's, and the defaults of variables.
func TestWords(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"blanks of all kinds separate words", "a\tb\v c \r\n", "a|b|c"},
		{"# begins a comment, in the middle of a word too", "a b#c d", "a|b"},
		{"a line of nothing is no statement", "  # only this\n\n", ""},
		{"backslash takes away the meaning", `a\ b \# \" \' \\ \$`, `a b|#|"|'|\|$`},
		{"and gives one to a few letters", `\n\r\t\x41\x0a`, "\n\r\tA\n"},
		{"bytes may have any value", `\x23\xe2\x80\x8B\xfF`, "#\u200b\xff"},
		{"before anything else it stays", `\q\1`, `\q\1`},
		{"at the very end it stays", `a\`, `a\`},
		{"weak quotes keep blanks and comments", `"a b#c"d`, "a b#cd"},
		{"escapes work inside of them", `"\q\'\"\$\ \\\#\x42"`, `\q'"$ \#B`},
		{"an empty pair is an empty word", `a "" b`, "a||b"},
		{"strong quotes keep everything", `'\q\"$BAR\ \\\x42#'`, `\q\"$BAR\ \\\x42#`},
		{"variables need weak quotes", `$BAR ${BAR} '$BAR'`, "$BAR|${BAR}|$BAR"},
		{"with and without braces", `"$BAR-${BAR}x"`, "bar-barx"},
		{"a name ends where it cannot go on", `"$BAR.x"`, "bar.x"},
		{"what is not set is empty", `"a${NO}$NO2"`, "a"},
		{"or what stands behind the -", `"${NO-a b}" "${NO-}"`, "a b|"},
		{"which does not count if it is set", `"${BAR-x}" "${EMPTY-x}"`, "bar|"},
		{"[*] makes words of a value", `a"${LIST[*]}b"`, "a1|2b"},
		{"and one of one", `"${BAR[*]}"`, "bar"},
		{"a line goes on behind a backslash", "a\\\n  b \\\r\n c", "a|b|c"},
		{"even within a word", "a\\\nb", "ab"},
		{"but not in a comment", "a # b \\\nc", "a;c"},
		{"lines are statements", "a\nb c\n", "a;b|c"},
	} {
		all, errs := lex("f", c.in, environment)
		var lines []string
		for _, st := range all {
			lines = append(lines, strings.Join(texts(st.words), "|"))
		}
		got := strings.Join(lines, ";")
		for _, e := range errs {
			if e.Severity == Alert {
				t.Errorf("%s: %q: %v", c.why, c.in, e)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q\n got %q\nwant %q", c.why, c.in, got, c.want)
		}
	}
}

func TestWordPositions(t *testing.T) {
	all, _ := lex("f", "one  \"t w o\"\\\n\t x,y\n  three\n", environment)
	for _, c := range []struct {
		why          string
		w            word
		line, column int
	}{
		{"the first byte is column 1", all[0].words[0], 1, 1},
		{"a quoted word begins with its quote", all[0].words[1], 1, 6},
		{"a continued line has lines of its own", all[0].words[2], 2, 3},
		{"an element of a list has its own column", all[0].words[2].list()[1], 2, 5},
		{"lines are counted on", all[1].words[0], 3, 3},
	} {
		if p := c.w.pos; p.Line != c.line || p.Column != c.column {
			t.Errorf("%s: %s is at %d:%d, want %d:%d", c.why, c.w, p.Line, p.Column, c.line, c.column)
		}
	}
	quoted, _ := lex("f", `"a,b"`, environment)
	if p := quoted[0].words[0].list()[1].pos; p.Column != 1 {
		t.Errorf("bytes within quotes have no sure column, so the word's is given: got %d", p.Column)
	}
}

func TestLexErrors(t *testing.T) {
	for _, c := range []struct {
		why, in, want string
		column        int
	}{
		{"points at the quote that opened", "a \"b\nc", "unmatched quote", 3},
		{"strong ones too", "a 'b\\\n'", "unmatched quote", 3},
		{"a name may end with the file", `a "$BAR`, "unmatched quote", 3},
		{"half a byte", `a \x4 b`, "truncated or invalid hexadecimal sequence", 3},
		{"no hexadecimal digit", `\x4g`, "truncated or invalid hexadecimal sequence", 1},
		{"braces end on their line", "\"${BAR\n}\"", "unmatched brace in environment variable name", 2},
		{"only a default may follow the name", `"${BAR+x}"`, "unmatched brace in environment variable name", 2},
		{"names begin with a letter", `"x$1"`, "forbidden first char in environment variable name", 3},
		{"a NUL ends no string here", "a\x00b", "stray NUL character", 2},
		{"an escaped one neither", `a \x00`, "stray NUL character", 3},
		{"a copy that stopped half way", "peer a 10.0.0.1:100", "missing LF on last line, file might have been truncated", 19},
	} {
		_, errs := lex("f", c.in, environment)
		if len(errs) == 0 || errs[0].Msg != c.want || errs[0].Pos.Column != c.column {
			t.Errorf("%s: %q: got %v, want %s (column %d)", c.why, c.in, errs, c.want, c.column)
		}
	}
}

func TestLexGoesOnAfterAnError(t *testing.T) {
	all, errs := lex("f", "a \"b\\\nc\nd \\xzz\r\ne\n", environment)
	if len(errs) != 2 || errs[1].Pos.Line != 3 {
		t.Errorf("each broken line is reported once, a continued one as one line: got %v", errs)
	}
	if last := all[len(all)-1]; last.broken || last.words[0].text != "e" {
		t.Errorf("the line after a broken one is read: got %v", last)
	}
	if !all[0].broken || all[0].words[0].text != "a" {
		t.Errorf("what a broken line was about is known: got %v", all[0])
	}
}
