package cli

import "time"

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
