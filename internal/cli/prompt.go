package cli

import (
	"fmt"
	"strconv"
	"time"
)

// mode is how a session goes on after a line has been answered.
type mode uint8

const (
	single      mode = iota // it is closed
	interactive             // the next line is read
	prompting               // so it is, and a prompt asks for it
)

const promptHelp = `Usage: prompt [help | n | i | p | timed]*
Changes the default prompt and interactive mode. Available options:
  help    display this help
  n       set to single-command mode (no prompt, single command)
  i       set to interactive mode only (no prompt, multi-command)
  p       set to prompt+interactive mode (prompt + multi-command)
  timed   toggle displaying the uptime in the prompt
Without any argument, toggles between n/i->p, p->n.
`

// prompt changes the mode, as HAProxy 3.2 does; older ones only toggle.
func prompt(r *request) error {
	c := r.client
	next := prompting
	if c.mode == prompting {
		next = single
	}
	for i, arg := range r.args {
		switch arg {
		case "n":
			next = single
		case "i":
			next = interactive
		case "p":
			next = prompting
		case "timed":
			c.timed = !c.timed
			if i == 0 { // it says nothing about the mode, but a prompt is wanted
				next = prompting
			}
		case "help":
			return answer(promptHelp)
		default:
			return refuse("Unknown option '%s' (word %d)\n%s", oneLine(arg), r.position(i), promptHelp)
		}
	}
	c.mode = next
	return nil
}

// prompt asks for the next line, if that is wanted.
func (c *client) prompt() {
	if c.mode != prompting || c.leaving || c.ended {
		return
	}
	if c.timed {
		p := c.server.config.Backend.Process()
		up := c.server.config.Now().Sub(p.Started)
		c.out.printf("[%d:%02d:%02d:%02d]", up/(24*time.Hour), up/time.Hour%24, up/time.Minute%60, up/time.Second%60)
	}
	c.out.printf("> ")
}

func quit(r *request) error {
	r.client.leaving = true
	return nil
}

// setTimeout: "set timeout cli <delay>". hatop says it before anything else.
func setTimeout(r *request) error {
	if len(r.args) == 0 || r.args[0] != "cli" {
		return answer("'set timeout' only supports 'cli'.")
	}
	if len(r.args) < 2 {
		return r.usage()
	}
	d, ok := parseDelay(r.args[1])
	if !ok {
		return refuse("Invalid timeout value '%s' (word %d): a number, with one of the units us, ms, s, m, h, d, above 0 and up to 1d",
			oneLine(r.args[1]), r.position(1))
	}
	r.client.out.timeout = d
	return nil
}

// maxDelay bounds what a client may hold a place for.
const maxDelay = 24 * time.Hour

// parseDelay reads a time as HAProxy writes it, in seconds unless a unit stands behind it.
func parseDelay(s string) (time.Duration, bool) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.ParseUint(s[:digits], 10, 32)
	unit, ok := map[string]time.Duration{
		"": time.Second, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}[s[digits:]]
	if err != nil || !ok || n == 0 || n > uint64(maxDelay/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// uptime prints a time as HAProxy's show info does.
func uptime(d time.Duration) string {
	return fmt.Sprintf("%dd %dh%02dm%02ds", d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60, d/time.Second%60)
}
