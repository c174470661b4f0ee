// Package words cuts configuration files into statements and words, by the rules of HAProxy's
// language: comments, escapes, quotes and variables of the environment. Every word knows where it
// stands.
//
// It is for the rooms that read such files: config, which reads ours, and haproxycfg, which reads
// those of HAProxy. It is pure: bytes and the environment are handed in. It must never know what any
// word means.
package words

import "fmt"

// Pos is a place in a configuration file.
type Pos struct {
	File   string // as it was given
	Line   int    // from 1
	Column int    // in bytes, from 1
}

// String prints the place as HAProxy does, for use inside a sentence: [file:12].
func (p Pos) String() string { return fmt.Sprintf("[%s:%d]", p.File, p.Line) }

// Lookup finds a variable of the environment, as os.LookupEnv does.
type Lookup func(name string) (value string, ok bool)

// Word is one word of a line, with quotes and escapes resolved.
type Word struct {
	Text  string
	Pos   Pos    // of its first byte in the file, which may be a quote
	Len   int    // bytes that it takes in the file, with quotes and escapes; of a word in several lines those of all
	Plain bool   // it stands in the file exactly so: offsets in Text are columns too
	Unset string // an environment variable without value that was used in it; "" for none
}

// Statement is one line, or several joined by '\' at their ends.
type Statement struct {
	Words  []Word // at least one
	Broken bool   // a mistake in its quoting was reported: what follows Words is not known
}

// Fault is what is wrong with the writing of a line.
type Fault struct {
	Pos     Pos
	Warning bool // it can be read all the same
	Msg     string
}
