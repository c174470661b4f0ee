package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew; then read the difference")

// A transcript is a list of cases: a sentence behind "-- ", the lines that a client sends
// behind "> ", and below them, byte for byte, everything that it gets. "level L" behind
// the sentence is the listener's; an answer that ends within a line is marked. What acting commands did is shown as "did: ...".
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { transcript(t, file) })
	}
}

// programs are the programs that transcripts look at, by the name of the file. All others
// look at newFake.
var programs = map[string]func(*fake){"levels": levels, "crowd": crowded}

func transcript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	change := func(c *Config) {
		if f := programs[strings.TrimSuffix(filepath.Base(file), ".txt")]; f != nil {
			f(c.Backend.(*fake))
		}
	}
	var now strings.Builder
	for _, c := range strings.Split("\n"+strings.TrimSuffix(string(text), "\n"), "\n-- ")[1:] {
		why, rest, _ := strings.Cut(c, "\n")
		level := LevelOperator
		for l := range LevelAdmin + 1 {
			if strings.HasSuffix(why, "(level "+l.String()+")") {
				level = l
			}
		}
		var input strings.Builder
		for strings.HasPrefix(rest, "> ") || strings.HasPrefix(rest, ">\n") {
			var line string
			line, rest, _ = strings.Cut(rest, "\n")
			input.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, ">"), " ") + "\n")
		}
		s := start(t, level, change)
		got := s.ask(t, input.String())
		if !strings.HasSuffix(got, "\n") {
			got += "<no newline>\n"
		}
		for _, d := range s.fake.done {
			got += "did: " + d + "\n"
		}
		if got != rest+"\n" && !*rewrite {
			t.Errorf("%s\n%sgot:\n%s\nwant:\n%s", why, input.String(), got, rest)
		}
		now.WriteString("-- " + why + "\n")
		for line := range strings.Lines(input.String()) {
			now.WriteString("> " + line)
		}
		now.WriteString(got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(now.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
