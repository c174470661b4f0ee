package top

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew; look at them before they are committed")

// canned is a program that stands still: testdata/api.txtar has what its API answers.
type canned struct {
	answers map[string]string
	asked   []string
	fault   error
}

func still(t *testing.T) *canned {
	t.Helper()
	a, err := txtar.ParseFile("testdata/api.txtar")
	if err != nil {
		t.Fatal(err)
	}
	c := &canned{answers: map[string]string{}}
	for _, f := range a.Files {
		c.answers[f.Name] = string(f.Data)
	}
	return c
}

func (c *canned) Get(path string) ([]byte, error) {
	c.asked = append(c.asked, path)
	name, _, _ := strings.Cut(path, "?")
	text, ok := c.answers[name]
	switch {
	case c.fault != nil:
		return nil, c.fault
	case !ok:
		return []byte(`{"error":{"code":"no_such_table","message":"no table '` + name + `'"}}`), nil
	}
	return []byte(text), nil
}

// once runs the program for one picture.
func once(t *testing.T, from Source, o Options) string {
	t.Helper()
	var out bytes.Buffer
	o.Out, o.Times, o.Every = &out, 1, time.Hour
	if err := Run(t.Context(), from, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The pictures are in testdata, to be looked at.
func TestPictures(t *testing.T) {
	for _, c := range []struct {
		file          string
		width, height int
	}{
		{"wide.txt", 140, 40},
		{"narrow.txt", 80, 24}, // the terminal of old
		{"tiny.txt", 30, 6},    // nothing is of use here, but nothing breaks either
	} {
		got := once(t, still(t), Options{Width: c.width, Height: c.height})
		for line := range strings.Lines(got) {
			if n := len(strings.TrimSuffix(line, "\n")); n > c.width {
				t.Errorf("%s: a line is %d wide: %q", c.file, n, line)
			}
		}
		if n := strings.Count(got, "\n"); n > c.height {
			t.Errorf("%s: it is %d lines high", c.file, n)
		}
		path := filepath.Join("testdata", c.file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.file, diff)
		}
	}
}

// Colours are around the cells of the same picture: they move nothing.
func TestColoursMoveNothing(t *testing.T) {
	coloured := once(t, still(t), Options{Width: 140, Height: 40, Colour: true})
	for _, code := range []string{bold, dim, inverse, red, green, yellow} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+code+"m", "")
	}
	coloured = strings.ReplaceAll(coloured, "\x1b[0m", "")
	if diff := cmp.Diff(once(t, still(t), Options{Width: 140, Height: 40}), coloured); diff != "" {
		t.Errorf("-plain +coloured\n%s", diff)
	}
}

// T-20: nothing that a peer or a client has chosen reaches the terminal as it is.
func TestNothingReachesTheTerminal(t *testing.T) {
	for _, r := range once(t, still(t), Options{Width: 200, Height: 60}) {
		if r != '\n' && (r < ' ' || r > '~') {
			t.Errorf("%q is on the screen", r)
		}
	}
}

func TestKeysChooseWhatIsShown(t *testing.T) {
	from := still(t)
	v := &viewer{from: from, Options: Options{Out: new(bytes.Buffer)}}
	last := func() string { return from.asked[len(from.asked)-1] }
	for _, c := range []struct{ why, key, want string }{
		{"a rate tells most", "", "tables/data/%2Frates.agg/entries?by=http_req_rate&top=25"},
		{"the next column", "s", "tables/data/%2Frates.agg/entries?by=http_req_cnt&top=25"},
		{"and the next", "\x1b[C", "tables/data/%2Frates.agg/entries?by=gpc&top=25"},
		{"columns go round", "s", "tables/data/%2Frates.agg/entries?by=http_req_rate&top=25"},
		{"a table of texts has no largest key: none is asked for", "\x1b[B", "lint"},
		{"tables go round", "j", "tables/data/%2Frates.agg/entries?by=http_req_rate&top=25"},
		{"and back", "k", "lint"},
	} {
		if c.key != "" && !v.press(c.key) {
			t.Errorf("%s: key %q does not read again", c.why, c.key)
		}
		if err := v.refresh(); err != nil {
			t.Fatal(err)
		}
		if last() != c.want {
			t.Errorf("%s: after key %q the last that was asked for is %s, want %s", c.why, c.key, last(), c.want)
		}
	}
}

func TestOtherKeys(t *testing.T) {
	stopped := 0
	v := &viewer{stop: func() { stopped++ }}
	if v.press("p"); !v.paused {
		t.Error("p holds the picture")
	}
	if !v.press(" ") || v.paused {
		t.Error("space lets it go on, and reads at once")
	}
	if v.press("?"); !v.help {
		t.Error("? shows the help")
	}
	if v.press("q"); v.help || stopped > 0 {
		t.Error("any key leaves the help, and does nothing else")
	}
	if v.press("q"); stopped != 1 {
		t.Error("q leaves")
	}
	if v.press("\x03"); stopped != 2 {
		t.Error("Ctrl-C, which a raw terminal hands on, leaves")
	}
}

// Old numbers are never shown as new ones.
func TestOldNumbersAreCalledOld(t *testing.T) {
	from, out := still(t), new(bytes.Buffer)
	v := &viewer{from: from, Options: Options{Out: out, Width: 100}}
	if err := v.refresh(); err != nil {
		t.Fatal(err)
	}
	from.fault = errors.New("connection refused")
	if err := v.refresh(); err == nil {
		t.Error("an error is one")
	}
	v.draw()
	if got := out.String(); !strings.Contains(got, "these are old numbers: connection refused") || !strings.Contains(got, "data/lb1") {
		t.Errorf("the last picture is to stand under a line that says so:\n%s", got)
	}
	delete(from.answers, "lint")
	from.fault = nil
	if err := v.refresh(); err == nil || !strings.Contains(err.Error(), "lint: no table 'lint'") {
		t.Errorf("a refusal of the API is an error with its words, not %v", err)
	}
}

// Without a terminal an error ends the program: a script is to see it.
func TestRunFails(t *testing.T) {
	from := still(t)
	from.fault = errors.New("connection refused")
	if err := Run(t.Context(), from, Options{Out: new(bytes.Buffer)}); !errors.Is(err, from.fault) {
		t.Errorf("Run: %v, want %v", err, from.fault)
	}
}

func TestReadKey(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("q\x1b[A\x1b[Zj\x1b[200~x"))
	for _, want := range []string{"q", "\x1b[A", "\x1b[Z", "j", "\x1b[200~", "x"} {
		if got, err := readKey(in); got != want || err != nil {
			t.Errorf("readKey = %q, %v; want %q", got, err, want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{short(0), "0"}, {short(7.5), "7.5"}, {short(842), "842"}, {short(999.6), "1000"}, {short(1000), "1.00k"}, {short(12345), "12.3k"}, {short(999499), "999k"}, {short(1234567), "1.23M"}, {short(-1), "-"},
		{size(0), "0 B"}, {size(1023), "1023 B"}, {size(1536), "1.50 KiB"}, {size(327155712), "312 MiB"},
		{age(0), "0s"}, {age(59 * time.Second), "59s"}, {age(61 * time.Second), "1m01s"}, {age(3700 * time.Second), "1h01m"}, {age(90000 * time.Second), "1d01h"}, {age(-time.Second), "-"},
		{millis(0.44), "0.4ms"}, {millis(54), "54ms"}, {millis(1500), "1.5s"},
		{plain("a\x1b[2Jé\u202e"), `a\x1b[2J\xe9\u{202e}`},
		{fit("2001:db8::dead:beef:1234:5678", 16), "2001:db..34:5678"}, {fit("ab", 4), "ab  "}, {fit("abcdef", 3), "abc"}, {right("7", 3), "  7"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
