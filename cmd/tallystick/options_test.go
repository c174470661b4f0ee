package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	def := []string{defaultFile}
	tests := []struct {
		args string
		want Options
		why  string
	}{
		{"", Options{Files: def}, "there is a default file"},
		{"-f a.cfg", Options{Files: []string{"a.cfg"}}, "a file replaces the default"},
		{"-f b -f a", Options{Files: []string{"b", "a"}}, "the order of files is the operator's"},
		{"-c", Options{Files: def, Check: true}, "check"},
		{"-c -V", Options{Files: def, Check: true, Verbose: true}, "check, and say so"},
		{"-c -c -V -V", Options{Files: def, Check: true, Verbose: true}, "to say it twice changes nothing"},
		{"-d", Options{Files: def, Debug: true}, "debug"},
		{"-D", Options{Files: def, Daemon: true}, "daemon"},
		{"-D -d", Options{Files: def, Debug: true}, "debug cancels daemon"},
		{"-d -D", Options{Files: def, Debug: true}, "in any order"},
		{"-p /run/t.pid", Options{Files: def, PidFile: "/run/t.pid"}, "pid file"},
		{"-u nobody -g 99", Options{Files: def, User: "nobody", Group: "99"}, "words; looked up later"},
		{"-l /var/log/t", Options{Files: def, Log: "/var/log/t"}, "log"},
		{"-l W:t", Options{Files: def, Log: "W:t"}, "the mode stays with the file"},
		{"-L agg1", Options{Files: def, Name: "agg1"}, "name"},
		{"-v", Options{Files: def, Show: ShowVersion}, "version"},
		{"-vv", Options{Files: def, Show: ShowBuild}, "not -v -v"},
		{"-h", Options{Files: def, Show: ShowHelp}, "help"},
		{"-f x -h --nonsense", Options{Files: []string{"x"}, Show: ShowHelp}, "who asks for help gets it"},
	}
	for _, tt := range tests {
		got, err := parse(strings.Fields(tt.args))
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%q: %s: %v\n%s", tt.args, tt.why, err, diff)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-x"}, "unknown option '-x'"},
		{[]string{"-F"}, "unknown option '-F'; did you mean '-f' maybe ?"},
		{[]string{"--help"}, "unknown option '--help'; did you mean '-h' maybe ?"},
		{[]string{"--config=x.cfg"}, "unknown option '--config=x.cfg'; did you mean '-f x.cfg' maybe ?"},
		{[]string{"-fx.cfg"}, "unknown option '-fx.cfg'; did you mean '-f x.cfg' maybe ?"},
		{[]string{"-f=x.cfg"}, "unknown option '-f=x.cfg'; did you mean '-f x.cfg' maybe ?"},
		{[]string{"-Vc"}, "unknown option '-Vc'; did you mean '-V -c' maybe ?"},
		{[]string{"-vvv"}, "unknown option '-vvv'"},
		{[]string{"-Ws"}, "unknown option '-Ws': there is no master process; with Type=notify systemd hears from us without it"},
		{[]string{"-db"}, "unknown option '-db': the foreground is the default; leave it out"},
		{[]string{"-c", "--", "x"}, "unknown option '--': each file needs its own -f"},
		{[]string{"-"}, "unknown option '-'"},
		{[]string{"-f"}, "option -f needs a value: FILE"},
		{[]string{"-f", ""}, "option -f needs a value, not an empty word: FILE"},
		{[]string{"-f", "-c"}, "option -f needs a value, not another option '-c': FILE"},
		{[]string{"-l", "W:"}, "option -l needs a file after 'W:'"},
		{[]string{"-L", "a b"}, `option -L: "a b" has a character that no peer's name can have`},
		{[]string{"-L", "a\n"}, `option -L: "a\n" has a character that no peer's name can have`},
		{[]string{"-p", "a", "-p", "b"}, "option -p is given twice"},
		{[]string{"-c", "x"}, "unexpected argument 'x'"},
		{[]string{"-c", "x.cfg"}, "unexpected argument 'x.cfg'; did you mean '-f x.cfg' maybe ?"},
		{[]string{"x.cfg"}, "unknown command 'x.cfg'; did you mean '-f x.cfg' maybe ?"},
		{[]string{"dmeo"}, "unknown command 'dmeo'; did you mean 'demo' maybe ?"},
		{[]string{"frobnicate"}, "unknown command 'frobnicate'"},
		{[]string{""}, "unknown command ''"},
	}
	p := program{
		serve:    func(Options, io.Writer, io.Writer) int { t.Error("nothing is served"); return 0 },
		commands: []command{{name: "demo"}, {name: "bench"}},
	}
	for _, tt := range tests {
		var stdout, stderr bytes.Buffer
		code := p.run(tt.args, &stdout, &stderr)
		want := "tallystick: " + tt.want + "\nThe options are shown by: tallystick -h\n"
		if code != exitUsage || stderr.String() != want || stdout.Len() != 0 {
			t.Errorf("%q: status %d, want 2\n got %swant %s", tt.args, code, stderr.String(), want)
		}
	}
}

func TestRun(t *testing.T) {
	var served Options
	var arguments []string
	p := program{
		serve: func(o Options, _, _ io.Writer) int { served = o; return 7 },
		commands: []command{{name: "demo", help: "show how it works", run: func(args []string, _, _ io.Writer) int {
			arguments = args
			return 8
		}}},
	}
	if code := p.run([]string{"-d"}, io.Discard, io.Discard); code != 7 || !served.Debug {
		t.Errorf("options go to serve, its status comes back: %d %+v", code, served)
	}
	if code := p.run([]string{"demo", "-d", "x"}, io.Discard, io.Discard); code != 8 || !cmp.Equal(arguments, []string{"-d", "x"}) {
		t.Errorf("a command's words are its own: %d %q", code, arguments)
	}
	shows := map[string]string{"-v": "tallystick", "-vv": "peers protocol: 2.0, 2.1", "-h": "\nCommands:\n  demo             show how it works\n"}
	for arg, want := range shows {
		var stdout, stderr bytes.Buffer
		code := p.run([]string{arg}, &stdout, &stderr)
		if code != exitGood || !strings.Contains(stdout.String(), want) || stderr.Len() != 0 {
			t.Errorf("%s: status %d, %q %q", arg, code, &stdout, &stderr)
		}
	}
}

// The help fits a terminal, and names every option.
func TestHelp(t *testing.T) {
	var b bytes.Buffer
	program{}.printHelp(&b)
	for line := range strings.Lines(b.String()) {
		if len(line) > 80+1 {
			t.Errorf("wider than a terminal: %s", line)
		}
	}
	for _, opt := range options() {
		if !strings.Contains(b.String(), "\n  "+strings.TrimSpace(opt.name+" "+opt.value)+" ") {
			t.Errorf("no line for %s", opt.name)
		}
	}
	if strings.Contains(b.String(), "Commands") {
		t.Error("without commands there is nothing to say about them")
	}
}

// The manual has a paragraph for every option, in the order of the help, and no others.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../doc/tallystick.8")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), ".SH OPTIONS\n")
	section, _, _ = strings.Cut(section, ".SH ")
	var got, want []string
	for _, m := range regexp.MustCompile(`(?m)^\.TP\n\.BI?R? \\(-\w+)`).FindAllStringSubmatch(section, -1) {
		got = append(got, m[1])
	}
	for _, opt := range options() {
		want = append(want, opt.name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
