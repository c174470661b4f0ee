package words

import (
	"strings"
	"testing"
)

// The tests of what bytes mean are in config, which knows HAProxy's answers (TestWords). Here is what
// config does not see.

func all(src string, join bool) (lines []string, l *Lexer) {
	l = New("f", src, func(string) (string, bool) { return "", false })
	l.Join = join
	for st, ok := l.Next(); ok; st, ok = l.Next() {
		var words []string
		for _, w := range st.Words {
			words = append(words, w.Text)
		}
		lines = append(lines, strings.Join(words, "|"))
	}
	return lines, l
}

func TestJoin(t *testing.T) {
	const src = "a \\\nb\nc\\\nd\n"
	if got, _ := all(src, false); strings.Join(got, ";") != `a|\;b;c\;d` {
		t.Errorf("to HAProxy a backslash at the end of a line is a byte, and the line ends: %q", got)
	}
	if got, _ := all(src, true); strings.Join(got, ";") != "a|b;cd" {
		t.Errorf("with Join the line goes on: %q", got)
	}
	if got, l := all("a \"b\\\nc\nd\n", false); strings.Join(got, ";") != `a|b\;c;d` || len(l.Faults()) != 1 {
		t.Errorf("a broken line ends with itself: %q %v", got, l.Faults())
	}
}

func TestLen(t *testing.T) {
	const src = `  bind "a b"c x\ y ${N}` + "\n"
	l := New("f", src, nil)
	st, _ := l.Next()
	for i, want := range []string{"bind", `"a b"c`, `x\ y`, "${N}"} {
		w := st.Words[i]
		from := w.Pos.Column - 1
		if got := src[from : from+w.Len]; got != want {
			t.Errorf("word %d stands in the file as %q, got %q", i, want, got)
		}
	}
}

func TestLastLine(t *testing.T) {
	_, l := all("a\nb", true)
	if f := l.Faults(); len(f) != 1 || !f[0].Warning || f[0].Pos.Line != 2 {
		t.Errorf("a file that does not end with its line may have been cut off: %v", f)
	}
	l.Next()
	if len(l.Faults()) != 1 {
		t.Error("that is said once, however often the end is asked for")
	}
	if _, l := all("# a", true); len(l.Faults()) != 0 {
		t.Error("half a comment is no loss")
	}
}

// TestEnvironmentChanges: a lexer asks for a variable when it reads it, since HAProxy's setenv
// changes what later lines mean.
func TestEnvironmentChanges(t *testing.T) {
	value := "one"
	l := New("f", "\"$A\"\n\"$A\"\n", func(string) (string, bool) { return value, true })
	first, _ := l.Next()
	value = "two"
	second, _ := l.Next()
	if first.Words[0].Text != "one" || second.Words[0].Text != "two" {
		t.Errorf("got %q, then %q", first.Words[0].Text, second.Words[0].Text)
	}
}
