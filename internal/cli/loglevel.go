package cli

import (
	"slices"
	"strings"

	"tallystick/internal/view"
)

// setLogLevel: "set log level L". If less is logged from now on, that is the last of what was: the log has who did it.
func setLogLevel(r *request) error {
	if len(r.args) == 0 {
		return refuse("Required arguments: one of %s", strings.Join(view.LogLevels[:], ", "))
	}
	if !slices.Contains(view.LogLevels[:], r.args[0]) {
		return refuse("Unknown log level '%s' (word %d); it is one of %s",
			oneWord(r.args[0]), r.position(0), strings.Join(view.LogLevels[:], ", "))
	}
	now := slices.Index(view.LogLevels[:], r.backend.Process().LogLevel)
	if r.noted = slices.Index(view.LogLevels[:], r.args[0]) < now; r.noted {
		r.client.note(r.command, append(strings.Fields(r.command.words), r.args...), nil)
	}
	return r.backend.SetLogLevel(r.args[0])
}
