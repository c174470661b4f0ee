package cli

import "time"

// setTimeout: "set timeout cli <delay>". hatop says it before anything else.
func setTimeout(r *request) error {
	if len(r.args) == 0 || r.args[0] != "cli" {
		return answer("'set timeout' only supports 'cli'.")
	}
	if len(r.args) < 2 {
		return r.usage()
	}
	d, ok := parseTime(r.args[1], time.Second, maxDelay)
	if !ok {
		return refuse("Invalid timeout value '%s' (word %d): a number, with one of the units us, ms, s, m, h, d, above 0 and up to 1d",
			oneLine(r.args[1]), r.position(1))
	}
	r.client.out.timeout = d
	return nil
}

// maxDelay bounds what a client may hold a place for.
const maxDelay = 24 * time.Hour
