package session

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tallystick/internal/wire"
)

var rewrite = flag.Bool("rewrite", false, "write what the sessions do into testdata, to be read in the diff")

// TestTranscripts plays the scripts in testdata. A script is a list of steps; below each
// step stands what the session does about it, and above it a sentence that says why that
// is right:
//
//	session WORDS       another connection of the same peer: pid=N, minor=0, calling, patient,
//	                    restore, silence=TIME
//	< WORDS | WORDS     the peer says that, in one read (words_test.go has the words)
//	advance TIME        time passes; Advance is called at every Deadline in between
//	sleep TIME          time passes, and nobody calls anything before the next step
//	lost TIME           the connection is gone, and time passes
//	busy, free          the writer is busy: Append is not called; it is free again
//	nudge, relearn      the calls of those names
//	source refuse NAME, source hold N, sink define|push|lesson|restores|finished|partial
//	                    what Source and Sink answer from now on
//
//	> WORDS | WORDS     one Append has given that
//	source: …, sink: …  a call of the session's
//	over: …             the session has ended, and why
//
// In an advance, what happens stands behind the time since the session began.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := newStage(t).play(string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// stage is where a script is played.
type stage struct {
	t       *testing.T
	out     strings.Builder
	now     time.Time
	began   time.Time // of the session
	memory  Memory
	source  *fakeSource
	sink    *fakeSink
	session *Session
	peer    *voice // of the peer
	ours    *voice // to put rows into the sink
	ear     *ear
	busy    bool
	over    bool
	slept   bool   // the session has not been told the time
	timed   bool   // prefix lines with the time
	unread  []byte // what the session could not use
	lines   int    // what has come of this step
}

func newStage(t *testing.T) *stage {
	g := &stage{t: t, now: time.Unix(1_000_000, 0), ours: newVoice(t)}
	g.source = &fakeSource{say: g.say}
	g.sink = &fakeSink{say: g.say, ids: map[uint32]uint32{}, finished: true}
	return g
}

func (g *stage) say(format string, args ...any) {
	if g.timed {
		fmt.Fprintf(&g.out, "@%v ", g.now.Sub(g.began))
	}
	fmt.Fprintf(&g.out, format+"\n", args...)
	g.lines++
}

// play returns the script with what really comes of it. Lines that are not steps,
// sentences or empty were the answers of the last time.
func (g *stage) play(script string) string {
	explained := false
	for n, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		word, _, _ := strings.Cut(line, " ")
		switch {
		case line == "" || word == "#":
			explained = word == "#" // for the whole paragraph
			fmt.Fprintln(&g.out, line)
			continue
		case word == ">" || strings.HasSuffix(word, ":") || strings.HasPrefix(word, "@"):
			continue
		}
		fmt.Fprintln(&g.out, line)
		g.lines = 0
		g.step(line)
		if g.lines > 0 && !explained {
			g.t.Errorf("line %d: %q: something comes of this step and no sentence above says why", n+1, line)
		}
	}
	return g.out.String()
}

func (g *stage) step(line string) {
	w := strings.Fields(line)
	switch w[0] {
	case "session":
		g.begin(w[1:])
	case "<":
		g.receive(g.peer.say(nil, line[1:]))
	case "advance":
		g.advance(g.duration(w[1]))
		return
	case "lost":
		g.session, g.now = nil, g.now.Add(g.duration(w[1]))
	case "sleep":
		g.now, g.slept = g.now.Add(g.duration(w[1])), true
		return
	case "busy", "free":
		g.busy = w[0] == "busy"
	case "nudge":
		g.session.Nudge(g.now)
	case "relearn":
		g.session.Relearn(g.now)
	case "redefine":
		g.session.Redefine(g.now)
	case "source":
		g.setSource(w[1:])
	case "sink":
		g.setSink(w[1:])
	default:
		g.t.Fatalf("no such step: %q", line)
	}
	g.append()
}

func (g *stage) begin(w []string) {
	c := Config{Hello: wire.Hello{Minor: 1, Called: "agg", Caller: "lb1"}, Silence: 10 * time.Second,
		Memory: &g.memory, Source: g.source, Sink: g.sink}
	for _, word := range w {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "pid":
			c.Hello.PID = value
		case "minor":
			c.Hello.Minor = int(g.ours.number(value))
		case "calling":
			c.Calling = true
			c.Hello.Called, c.Hello.Caller, c.Hello.PID = "lb1", "agg", "99"
		case "patient":
			c.Patient = true
		case "restore":
			c.Restore = true
		case "silence":
			c.Silence = g.duration(value)
		default:
			g.t.Fatalf("no such option: %q", word)
		}
	}
	g.began, g.over, g.unread = g.now, false, nil
	g.peer, g.ear = newVoice(g.t), &ear{greeting: true, calling: c.Calling}
	clear(g.sink.ids)
	g.session = New(g.now, c)
	g.checkDeadline()
}

func (g *stage) receive(b []byte) {
	g.unread = append(g.unread, b...)
	n, _ := g.session.Receive(g.now, g.unread)
	g.unread = bytes.Clone(g.unread[n:])
}

// advance lets time pass as a drive loop would.
func (g *stage) advance(d time.Duration) {
	g.timed = true
	for end := g.now.Add(d); g.now.Before(end); {
		g.now = end
		if next := g.session.Deadline(); next.Before(end) {
			g.now = next
		}
		g.session.Advance(g.now)
		g.append()
	}
	g.timed = false
}

// append lets the session say all that it has to say.
func (g *stage) append() {
	if !g.slept {
		g.checkDeadline()
	}
	g.slept = false
	for g.session != nil && !g.busy {
		b := g.session.Append(g.now, nil)
		g.checkDeadline()
		if len(b) == 0 {
			break
		}
		words, err := g.ear.words(b)
		if err != nil {
			g.t.Error(err)
		}
		g.say("> %s", words)
	}
	if g.session != nil && g.session.Err() != nil && !g.over {
		g.over = true
		g.say("over: %v", g.session.Err())
	}
}

func (g *stage) checkDeadline() {
	if g.session != nil && !g.session.Deadline().After(g.now) {
		g.t.Errorf("Deadline is %v and it is %v: the drive loop would spin", g.session.Deadline(), g.now)
	}
}

func (g *stage) setSource(w []string) {
	switch w[0] {
	case "refuse":
		g.source.refused = append(g.source.refused, w[1])
	case "want":
		g.source.refused = slices.DeleteFunc(g.source.refused, func(s string) bool { return s == w[1] })
	case "hold":
		g.source.hold = int(g.ours.number(w[1]))
	default:
		g.t.Fatalf("source cannot %q", w[0])
	}
}

func (g *stage) setSink(w []string) {
	switch w[0] {
	case "finished", "partial":
		g.sink.finished = w[0] == "finished"
		return
	case "define":
		g.ours.schemas[g.ours.id(w[1])] = g.ours.schema(w[2:])
		return
	}
	table := g.ours.id(w[1])
	schema := g.ours.schemas[table]
	if w[0] == "announce" {
		g.sink.changes = append(g.sink.changes, message{table: table, schema: schema})
		return
	}
	m := message{table, schema, g.ours.row(schema, w[2:])}
	switch w[0] {
	case "push":
		g.sink.changes = append(g.sink.changes, m)
	case "lesson":
		g.sink.lesson = append(g.sink.lesson, m)
	case "restores":
		g.sink.restores = append(g.sink.restores, m)
	default:
		g.t.Fatalf("sink cannot %q", w[0])
	}
}

func (g *stage) duration(word string) time.Duration {
	d, err := time.ParseDuration(word)
	if err != nil {
		g.t.Fatal(err)
	}
	return d
}
