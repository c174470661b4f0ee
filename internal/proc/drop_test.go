package proc

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// roleDrop has many threads, drops to args (user, group) and prints what each thread is.
func roleDrop(args []string) int {
	manyThreads(8)
	id, err := Lookup(args[0], args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	advice := id.Advice()
	if err := id.Drop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := NoNewPrivs(); err != nil && (!errors.Is(err, errors.ErrUnsupported) || !cgoEnabled()) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	manyThreads(2) // threads to come are dropped, too
	fmt.Println("advice:", advice)
	for _, line := range threads("Uid", "Gid", "Groups", "CapPrm", "CapEff", "NoNewPrivs") {
		fmt.Println(line)
	}
	return 0
}

func cgoEnabled() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "CGO_ENABLED" {
			return s.Value == "1"
		}
	}
	return false
}

// T-27: the privilege drop reaches every thread and does not come back.
func TestDropAllThreads(t *testing.T) {
	needRoot(t)
	noNew := "1"
	if cgoEnabled() {
		noNew = "0" // NoNewPrivs has said that it cannot
	}
	const none = "CapPrm=0000000000000000 CapEff=0000000000000000"
	tests := []struct {
		name, user, group string
		want, advice      string
	}{
		{"numbers", "4711", "4712", "Uid=4711,4711,4711,4711 Gid=4712,4712,4712,4712 Groups= " + none, ""},
		{"names", "nobody", "daemon", "Uid=65534,65534,65534,65534 Gid=1,1,1,1 Groups= " + none, ""},
		{"user alone", "4711", "", "Uid=4711,4711,4711,4711 Gid=0,0,0,0 Groups= " + none,
			"user '4711' is given without a group: the process stays in group root"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := command("drop", tt.user, tt.group)
			// Supplementary groups to lose.
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Groups: []uint32{4, 27}}}
			r := play(t, cmd)
			lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
			if r.code != 0 || len(lines) < 1+10 {
				t.Fatalf("want a line for each of more than ten threads: %+v", r)
			}
			if got := strings.TrimSpace(strings.TrimPrefix(lines[0], "advice:")); got != tt.advice {
				t.Errorf("advice %q, want %q", got, tt.advice)
			}
			for _, line := range lines[1:] {
				if want := tt.want + " NoNewPrivs=" + noNew; line != want {
					t.Errorf("thread is  %s\nwant       %s", line, want)
				}
			}
		})
	}
}

func TestDropWithoutRoot(t *testing.T) {
	needRoot(t) // to become a user who is not
	as4711 := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4711, Gid: 4712, NoSetGroups: true}}

	other := command("drop", "4713", "4712")
	other.SysProcAttr = as4711
	if r := play(t, other); r.code != 1 || !strings.Contains(r.stderr, "only root can; we are uid 4711") {
		t.Errorf("another user is out of reach, and the message says why: %+v", r)
	}
	same := command("drop", "4711", "4712")
	same.SysProcAttr = as4711
	if r := play(t, same); r.code != 0 {
		t.Errorf("systemd has made us that user already: nothing to drop: %+v", r)
	}
}

func TestLookup(t *testing.T) {
	tests := []struct{ user, group, want, why string }{
		{"", "", "<nil>", "nothing is asked for"},
		{"root", "root", "<nil>", "names"},
		{"0", "0", "<nil>", "numbers"},
		{"4294967294", "", "<nil>", "the largest id"},
		{"4294967295", "", "no user '4294967295' on this system", "-1 would change nothing, silently"},
		{"no-such-user", "", "no user 'no-such-user' on this system", "the word is named"},
		{"-1", "", "no user '-1' on this system", "ids have no sign"},
		{"", "no such", "no group 'no such' on this system", "the word is named"},
		{"x y", "z", "no user 'x y' on this system\nno group 'z' on this system", "both mistakes at once"},
	}
	for _, tt := range tests {
		id, err := Lookup(tt.user, tt.group)
		if fmt.Sprint(err) != tt.want {
			t.Errorf("Lookup(%q, %q): %v, want %s: %s", tt.user, tt.group, err, tt.want, tt.why)
		}
		if err != nil && !id.IsZero() {
			t.Errorf("Lookup(%q, %q) fails with an identity", tt.user, tt.group)
		}
	}
}

func TestZeroIdentityChangesNothing(t *testing.T) {
	if err := (Identity{}).Drop(); err != nil {
		t.Error(err)
	}
	if uid, gid := (Identity{}).owner(); uid != -1 || gid != -1 {
		t.Errorf("chown to %d:%d", uid, gid)
	}
}
