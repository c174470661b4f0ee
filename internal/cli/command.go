package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/view"
)

// command is one thing that can be asked.
type command struct {
	words string // what a client types, "show table"
	args  string // and behind it, as help has it
	help  string
	level Level
	most  int                  // arguments; -1: run has a look itself
	run   func(*request) error // writes the answer; an error is the answer
}

// commands lists them all, sorted: help and suggestions keep the order. It is a function
// because help, which is one of them, reads it.
func commands() []command {
	return []command{
		{"ban", "<id> <name> <key> <data> <v> for <time>", "add a value to a key's sum for a time, or set its tag", LevelAdmin, 7, ban},
		{"clear table", "<id> <name> [<filter>]*", "forget the shares of a table, or of some keys (filter: data/key)", LevelAdmin, -1, clearTable},
		{"disable peer", "<id>/<peer>", "close the session of a peer and keep it away", LevelOperator, 1, disablePeer},
		{"enable peer", "<id>/<peer>", "let a disabled peer come again", LevelOperator, 1, enablePeer},
		{"explain", "<id> <name> <key>", "tell where the sum of a key comes from", LevelUser, 3, explainKey},
		{"help", "[<command>]", "list matching or all commands", LevelUser, -1, help},
		{"operator", "", "lower the level of the current CLI session to operator", LevelUser, 0, lowerTo(LevelOperator)},
		{"prompt", "[help | n | i | p | timed]*", "toggle interactive mode with prompt", LevelUser, -1, prompt},
		{"quit", "", "disconnect", LevelUser, 0, quit},
		{"reload", "", "read the configuration again", LevelOperator, 0, reload},
		{"set log level", "<level>", "leave out log lines below that level", LevelOperator, 1, setLogLevel},
		{"set table", "<id> <name> key <k> [data.* <v>]*", "set an operator's contribution to a key", LevelAdmin, -1, setTable},
		{"set timeout", "cli <delay>", "change how long this session may be idle", LevelUser, 2, setTimeout},
		{"show aggrs", "", "list aggregations, their peers, and how far each has heard", LevelUser, 0, showAggrs},
		{"show api", "<path>", "answer as the HTTP API does below /api/v1/", LevelUser, 1, showAPI},
		{"show bans", "[<id>]", "list bans and how long they last", LevelUser, 1, showBans},
		{"show cli level", "", "display the level of the current CLI session", LevelUser, 0, showLevel},
		{"show errors", "", "report the last protocol error of each peer", LevelUser, 0, showErrors},
		{"show events", "", "list what happened lately", LevelUser, 0, showEvents},
		{"show info", "", "report information about the running process", LevelUser, 0, showInfo},
		{"show lint", "[json]", "tell what is wrong in the cluster, and the line that sets it right", LevelUser, 1, showLint},
		{"show peers", "[<id>]", "dump some information about all the peers or those of a section", LevelUser, 1, showPeers},
		{"show stat", "[{<iid>|<id>} <type> <sid>]", "report counters of each aggregation and peer as CSV", LevelUser, 3, showStat},
		{"show table", "[<id> <name> [<filter>]* [top <n> by <data>] [json]]", "list tables or dump this table's sums and shares (filter: data/key)", LevelUser, -1, showTable},
		{"show topology", "", "show who is above, below and beside us", LevelUser, 0, showTopology},
		{"show version", "", "show version of the current process", LevelUser, 0, showVersion},
		{"unban", "<id> <name> <key> [<data>]", "end the bans of a key, or one of them", LevelAdmin, 4, unban},
		{"user", "", "lower the level of the current CLI session to user", LevelUser, 0, lowerTo(LevelUser)},
	}
}

// usage is how help shows the command.
func (c *command) usage() string {
	return strings.TrimSuffix(c.words+" "+c.args, " ")
}

// find returns the command that the words begin with, and the words behind it.
func find(words []string) (*command, []string) {
	all := commands()
	for i := range all {
		own := strings.Fields(all[i].words)
		if len(words) >= len(own) && slices.Equal(words[:len(own)], own) {
			return &all[i], words[len(own):]
		}
	}
	return nil, nil
}

// request is one command that a client gave.
type request struct {
	*output
	client  *client
	backend view.Backend
	command *command
	args    []string // the words behind the command's own
	noted   bool     // the log has been told
}

// answer is the reply to a command that cannot be done. Where HAProxy has a sentence for
// the case it begins with that one, for the scripts that look for it.
type answer string

// Error makes an answer an error, so that a command can end with it.
func (a answer) Error() string { return string(a) }

func refuse(format string, args ...any) error { return answer(fmt.Sprintf(format, args...)) }

const errDenied = answer("Permission denied")

// execute does one command, whatever its words are, and writes its whole answer, the empty
// line at its end included.
func (c *client) execute(words []string) {
	c.server.stats.commands.Add(1)
	c.run(words)
	if !c.leaving {
		c.out.buf = append(c.out.buf, '\n')
	}
	c.out.spill()
}

func (c *client) run(words []string) {
	if len(words) == 0 {
		return
	}
	cmd, args := find(words)
	if cmd == nil {
		c.unknown(words)
		return
	}
	r := &request{output: &c.out, client: c, backend: c.server.config.Backend, command: cmd, args: args}
	var err error = errDenied
	if c.level >= cmd.level {
		err = r.noMore()
	}
	if err == nil {
		err = cmd.run(r)
	}
	if !r.noted {
		c.note(cmd, words, err)
	}
	if err != nil {
		r.printf("%s\n", strings.TrimSuffix(answerOf(err), "\n"))
	}
}

// answerOf is what a client reads of an error: an answer is ours, and already escaped;
// what the backend says may hold names of others.
func answerOf(err error) string {
	var a answer
	if errors.As(err, &a) {
		return string(a)
	}
	return oneLine(err.Error())
}

// noMore refuses words behind the last argument: what is not understood is not ignored, as
// it may have mattered to whoever wrote it.
func (r *request) noMore() error {
	n := r.command.most
	if n < 0 || len(r.args) <= n {
		return nil
	}
	return refuse("'%s' expects no '%s' (word %d); usage: %s",
		r.command.words, oneLine(r.args[n]), r.position(n), r.command.usage())
}

// position is which word of its command an argument is, from 1.
func (r *request) position(arg int) int { return len(strings.Fields(r.command.words)) + arg + 1 }

// usage refuses a command that lacks arguments, in HAProxy's words.
func (r *request) usage() error {
	return refuse("Required arguments: %s", r.command.args)
}
