package cli

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The clients that operators have. Each is a program that must be there.

// program runs a shell command against the server, whose socket is $S in it.
func program(t *testing.T, s *served, needs, command string) string {
	t.Helper()
	for _, p := range strings.Fields(needs) {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s is not installed: run \"make setup\"", p)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "S="+s.path, "TERM=xterm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

func TestSocat(t *testing.T) {
	s := start(t, LevelUser)
	for _, c := range []struct{ why, command, want string }{
		{"as the vendor's page has it", `echo "show version" | socat stdio "$S"`, "1.0.0\n\n"},
		{"and HAProxy's", `echo "show version;show cli level" | socat stdio unix-connect:"$S"`, "1.0.0\n\nuser\n\n"},
		{"a line without its end", `printf "show version" | socat stdio unix-connect:"$S"`, "1.0.0\n\n"},
		{"a session at the prompt", `printf "prompt\nshow version\nquit\n" | socat stdio unix-connect:"$S"`, "\n> 1.0.0\n\n> "},
	} {
		if got := program(t, s, "socat", c.command); got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.why, c.command, got, c.want)
		}
	}
}

func TestNetcat(t *testing.T) {
	s := start(t, LevelUser)
	want := s.ask(t, "show aggrs\n")
	for _, c := range []struct{ why, command string }{
		{"as the vendor's page has it: it waits for us to close", `echo "show aggrs" | nc -U "$S"`},
		{"closing its side first", `echo "show aggrs" | nc -N -U "$S"`},
	} {
		if got := program(t, s, "nc", c.command); got != want || len(got) < 100 {
			t.Errorf("%s: %s: got %q, want %q", c.why, c.command, got, want)
		}
	}
}

// hatop refuses to start unless show info and show stat have all that it looks for.
func TestHatop(t *testing.T) {
	s := start(t, LevelOperator, func(c *Config) {
		f := c.Backend.(*fake)
		f.sections = append(f.sections, middle(f), pair(f), crowdOf(2000, 1))
	})
	got := program(t, s, "hatop script stty",
		`(sleep 2; printf q) | script -qec "stty rows 50 cols 120; hatop -s '$S' -i 1" /dev/null`)
	for _, c := range []struct{ why, want string }{
		{"the version that we gave", "Version: 1.0.0"},
		{"the name of the machine", "agg1"},
		{"how long we have been up", "1d 2h01m01s"},
		{"sections are proxies", ">>> agg_example"},
		{"peers are servers", "enterprise1"},
		{"members of groups are, too", "agg2"},
		{"and so are strangers, of whom thousands follow", `..20\x27z\x27`},
		{"what the operator disabled is in maintenance", "MAINT"},
		{"a session that lives", "UP"},
	} {
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is not on the screen:\n%s", c.why, c.want, strings.ReplaceAll(got, "\x1b", "\n\\e"))
		}
	}
	if n := s.stats.commands.Load(); n < 4 {
		t.Errorf("it asks for show info and show stat: got %d commands", n)
	}
}
