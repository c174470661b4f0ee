package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write what is complained about into testdata/bad.txt: then read the diff")

const badFile = "testdata/bad.txt"

// badConfig is one entry of testdata/bad.txt.
type badConfig struct {
	why  string // the line that begins with ==
	file string
	want []string // the lines that begin with [
}

func badConfigs(t testing.TB) []badConfig {
	var all []badConfig
	for _, c := range strings.Split(string(readFile(t, badFile).Data), "== ")[1:] {
		why, text, _ := strings.Cut(strings.TrimRight(c, "\n"), "\n")
		b := badConfig{why: why}
		for _, l := range strings.Split(text, "\n") {
			if strings.HasPrefix(l, "[") {
				b.want = append(b.want, l)
			} else {
				b.file += l + "\n"
			}
		}
		all = append(all, b)
	}
	return all
}

// TestBad holds every complaint to its exact text. testdata/bad.txt has one bad
// configuration after the other, each below a line that says why it is bad, and below
// each what we say about it.
func TestBad(t *testing.T) {
	var now []string
	for _, c := range badConfigs(t) {
		got := complaints(c.file)
		if diff := cmp.Diff(c.want, got); diff != "" && !*rewrite {
			t.Errorf("%s:\n%s%s", c.why, c.file, diff)
		}
		now = append(now, "== "+c.why+"\n"+c.file+strings.Join(got, "\n")+"\n")
	}
	if *rewrite {
		if err := os.WriteFile(badFile, []byte(strings.Join(now, "\n")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// complaints are the lines that an operator would see.
func complaints(text string) []string {
	_, errs := Parse([]File{{Name: "t.cfg", Data: []byte(text)}}, Options{})
	var lines []string
	for _, e := range errs {
		lines = append(lines, e.Format(4711))
	}
	return lines
}

func TestErrorFormat(t *testing.T) {
	e := Error{
		Pos: Pos{File: "tallystick.cfg", Line: 12, Column: 15}, Word: "no-assend",
		Msg: "unknown keyword 'no-assend' in 'aggregations' section", Hint: "did you mean 'no-ascend' maybe ?",
	}
	for _, c := range []struct {
		severity Severity
		want     string
	}{
		{Alert, "[ALERT]    (4711) : config : parsing [tallystick.cfg:12] : unknown keyword 'no-assend' in 'aggregations' section; did you mean 'no-ascend' maybe ? (column 15)"},
		{Warning, "[WARNING]  (4711) : config : parsing [tallystick.cfg:12] : unknown keyword 'no-assend' in 'aggregations' section; did you mean 'no-ascend' maybe ? (column 15)"},
		{Notice, "[NOTICE]   (4711) : config : parsing [tallystick.cfg:12] : unknown keyword 'no-assend' in 'aggregations' section; did you mean 'no-ascend' maybe ? (column 15)"},
	} {
		e.Severity = c.severity
		if got := e.Format(4711); got != c.want {
			t.Errorf("severities line up as HAProxy's do:\n got %s\nwant %s", got, c.want)
		}
	}
}

func TestKinds(t *testing.T) {
	text := "global\n daemon\n demon 1\n http 127.0.0.1:8080\naggregations a\n from any to .agg\n peer us *:1 local\n peer lb1\n"
	_, errs := Parse([]File{{Name: "t.cfg", Data: []byte(text)}}, Options{})
	var got []string
	for _, e := range errs {
		got = append(got, fmt.Sprint(e.Pos.Line, e.Kind, e.Word))
	}
	want := []string{fmt.Sprint(2, Foreign, "daemon"), fmt.Sprint(3, Mistake, "demon")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("HAProxy's words and mistakes are told apart:\n%s", diff)
	}
}

func TestErrorsComeInOrder(t *testing.T) {
	files := []File{
		{"b.cfg", []byte("aggregations b\n from any to agg\n peer x *:1 local\n peer lb1\n up\n")},
		{"a.cfg", []byte("oops\naggregations b\n from any to .agg\n peer x *:2 local\n peer lb1\n")},
	}
	c, errs := Parse(files, Options{})
	var got []string
	for _, e := range errs {
		got = append(got, fmt.Sprint(e.Pos, e.Pos.Column))
	}
	want := []string{"[b.cfg:2] 14", "[b.cfg:5] 2", "[a.cfg:1] 1", "[a.cfg:2] 14"}
	if diff := cmp.Diff(want, got); diff != "" || c != nil {
		t.Errorf("all files are reported on, in the order of -f and of lines, and nothing is returned:\n%s%v", diff, c)
	}
	if !strings.Contains(errs[3].Msg, "[b.cfg:1]") {
		t.Errorf("the other line of a conflict is named with its file: %s", errs[3].Msg)
	}
}

func TestNoFiles(t *testing.T) {
	_, errs := Parse(nil, Options{})
	if len(errs) != 1 || errs[0].Format(1) != "[ALERT]    (1) : config : no 'aggregations' section; write one, with a 'from' line and a 'peer' line for every node" {
		t.Errorf("without a file there is no place to point at: %v", errs)
	}
}
