package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
)

// act is an example of a command.
type act struct {
	words string // of the command
	says  string
	from  Level
	log   string // how the log has it; "" as it was said
}

// acts is an example of every command that changes anything, and from which level on it may be said.
var acts = []act{
	{"disable peer", "disable peer data/enterprise1", LevelOperator, ""},
	{"enable peer", "enable peer data/enterprise1", LevelOperator, ""},
	{"set log level", "set log level err", LevelOperator, ""},
	{"reload", "reload", LevelOperator, ""},
	{"set table", "set table agg_example in.aggr key 192.168.122.1 data.http_req_cnt 5", LevelAdmin, "set table agg_example in.aggr key ... data.http_req_cnt 5"},
	{"clear table", "clear table agg_example in.aggr key 192.168.122.1", LevelAdmin, "clear table agg_example in.aggr key ..."},
	{"ban", "ban agg_example in.aggr 192.168.122.1 http_req_cnt 5 for 1h", LevelAdmin, "ban agg_example in.aggr ... http_req_cnt 5 for 1h"},
	{"unban", "unban agg_example in.aggr 192.168.122.3 http_req_cnt", LevelAdmin, "unban agg_example in.aggr ... http_req_cnt"},
}

// TestEveryActIsAudited: no command that is not for everybody lacks an example.
func TestEveryActIsAudited(t *testing.T) {
	for _, c := range commands() {
		at := slices.IndexFunc(acts, func(a act) bool { return a.words == c.words })
		switch {
		case c.level == LevelUser && at >= 0, c.level != LevelUser && at < 0:
			t.Errorf("'%s' is for level %s: it has an example if that is not everybody's", c.words, c.level)
		case at >= 0 && acts[at].from != c.level:
			t.Errorf("'%s' may be said from level %s on, not %s", c.words, acts[at].from, c.level)
		}
	}
}

// TestActs: each act at each level, on a unix socket and on TCP: done or refused, and the log says what, and who it was.
func TestActs(t *testing.T) {
	for _, a := range acts {
		for level := range LevelAdmin + 1 {
			s := start(t, level)
			got := s.ask(t, a.says+"\n")
			denied := got == "Permission denied\n\n"
			if denied != (level < a.from) || (len(s.fake.done) == 0) != denied {
				t.Errorf("%s at level %s: got %q, done: %q", a.says, level, got, s.fake.done)
			}
			s.end()
			a.logged(t, s.log.String(), denied, fmt.Sprintf("unix uid=%d pid=%d", os.Getuid(), os.Getpid()))

			s = start(t, level)
			from := s.askTCP(t, level, a.says+"\n")
			s.end()
			a.logged(t, s.log.String(), denied, from)
		}
	}
}

// logged looks for the one line of the log.
func (a act) logged(t *testing.T, log string, denied bool, who string) {
	t.Helper()
	what := a.log
	if what == "" {
		what = a.says
	}
	want := []string{"level=INFO", `msg="runtime command" command=`, what, "by=", who}
	if denied {
		head, _, _ := strings.Cut(what, "...") // nothing is told from a key on
		want = []string{"level=WARN", `msg="runtime command refused"`, head, "by=", who, `why="Permission denied"`}
	}
	for _, w := range want {
		if !strings.Contains(log, w) {
			t.Errorf("%s: no %s in the log:\n%s", a.says, w, log)
		}
	}
	if strings.Count(log, "\n") != 1 || strings.Contains(log, "192.168") {
		t.Errorf("%s: want one line, without a key:\n%s", a.says, log)
	}
}

// askTCP serves the same on TCP, says a line there, and returns the address that it was said from.
func (s *served) askTCP(t *testing.T, level Level, line string) (from string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, level) }()
	defer func() { cancel(); <-ended }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 1024); err == nil; {
		_, err = c.Read(b)
	}
	return c.LocalAddr().String()
}
