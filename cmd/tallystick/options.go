package main

import (
	"fmt"
	"strconv"
	"strings"
)

// Options is what the command line says about the main job.
type Options struct {
	Files   []string // -f: configuration files and folders, in order; at least one
	Check   bool     // -c: check the configuration, then end
	Verbose bool     // -V: with Check, say that it is good
	Debug   bool     // -d: log everything; never with Daemon
	Daemon  bool     // -D: go to the background
	PidFile string   // -p; "" for none
	User    string   // -u: name or number to run as; "" stays
	Group   string   // -g
	Log     string   // -l: [A:|W:]FILE; "" for none
	Name    string   // -L: our name where no local line gives one; "" for the host's
	Show    Show     // -v, -vv, -h: show this and end; the rest was not read
}

// Show is something to print instead of the main job.
type Show uint8

// What can be shown.
const (
	ShowNothing Show = iota
	ShowVersion
	ShowBuild
	ShowHelp
)

const defaultFile = "/etc/tallystick/tallystick.cfg"

// option is one option: parse and help read the same table.
type option struct {
	name  string
	value string // what its value is called; "" if it takes none
	help  string
	set   func(o *Options, value string)
	many  bool // may be given more than once
}

// options are all options, in the order of the help.
func options() []option {
	return []option{
		{"-f", "FILE", "configuration, or a folder of *.cfg; may be repeated\n(default " + defaultFile + ")",
			func(o *Options, v string) { o.Files = append(o.Files, v) }, true},
		{"-c", "", "check the configuration and exit: 0 if it is good, else 1",
			func(o *Options, _ string) { o.Check = true }, true},
		{"-V", "", "with -c: say so if it is good",
			func(o *Options, _ string) { o.Verbose = true }, true},
		{"-d", "", "debug: stay in the foreground and log everything; cancels -D",
			func(o *Options, _ string) { o.Debug = true }, true},
		{"-D", "", "go to the background; exit when that process serves,\nor has failed, with its verdict",
			func(o *Options, _ string) { o.Daemon = true }, true},
		{"-p", "FILE", "write our process id there",
			func(o *Options, v string) { o.PidFile = v }, false},
		{"-u", "USER", "run as this user, name or number, once everything is bound",
			func(o *Options, v string) { o.User = v }, false},
		{"-g", "GROUP", "run as this group; -u alone does not change it",
			func(o *Options, v string) { o.Group = v }, false},
		{"-l", "[A:|W:]FILE", "log there: append (A:, the default) or start empty (W:)",
			func(o *Options, v string) { o.Log = v }, false},
		{"-L", "NAME", "our name as a peer where no local line gives one\n(default: the host's name)",
			func(o *Options, v string) { o.Name = v }, false},
		{"-v", "", "show the version",
			func(o *Options, _ string) { o.Show = ShowVersion }, true},
		{"-vv", "", "show the version and how this program was built",
			func(o *Options, _ string) { o.Show = ShowBuild }, true},
		{"-h", "", "show this help",
			func(o *Options, _ string) { o.Show = ShowHelp }, true},
	}
}

// parse reads the command line without the program's name. Its errors are mistakes of
// usage and name the word. As in HAProxy a value is a word of its own, options are not
// joined, and the first option that only shows something ends the reading.
func parse(args []string) (Options, error) {
	var o Options
	table := options()
	seen := map[string]bool{}
	for len(args) > 0 && o.Show == ShowNothing {
		word := args[0]
		args = args[1:]
		opt, ok := find(table, word)
		if !ok {
			return Options{}, unknownWord(table, word)
		}
		if seen[word] && !opt.many {
			return Options{}, fmt.Errorf("option %s is given twice", word)
		}
		seen[word] = true
		var value string
		if opt.value != "" {
			if err := checkValue(opt, args); err != nil {
				return Options{}, err
			}
			value, args = args[0], args[1:]
		}
		opt.set(&o, value)
	}
	if len(o.Files) == 0 {
		o.Files = []string{defaultFile}
	}
	o.Daemon = o.Daemon && !o.Debug
	return o, nil
}

func find(table []option, word string) (option, bool) {
	for _, opt := range table {
		if opt.name == word {
			return opt, true
		}
	}
	return option{}, false
}

// checkValue checks the word that opt takes from the front of args. HAProxy would take
// the -c of `-f -c` for a file and then complain of a file; we complain of the option.
func checkValue(opt option, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("option %s needs a value: %s", opt.name, opt.value)
	}
	value := args[0]
	switch {
	case value == "":
		return fmt.Errorf("option %s needs a value, not an empty word: %s", opt.name, opt.value)
	case strings.HasPrefix(value, "-"):
		return fmt.Errorf("option %s needs a value, not another option '%s': %s", opt.name, value, opt.value)
	case opt.name == "-l" && (value == "A:" || value == "W:"):
		return fmt.Errorf("option -l needs a file after '%s'", value)
	case opt.name == "-L" && strings.ContainsFunc(value, notInName):
		return fmt.Errorf("option -L: %q has a character that no peer's name can have", value)
	}
	return nil
}

// notInName finds what would break the lines of a hello.
func notInName(r rune) bool { return r == ' ' || !strconv.IsPrint(r) }
