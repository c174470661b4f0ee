package cli

import (
	"slices"
	"strings"

	"tallystick/internal/view"
)

// setLogLevel: "set log level L".
func setLogLevel(r *request) error {
	if len(r.args) == 0 {
		return refuse("Required arguments: one of %s", strings.Join(view.LogLevels[:], ", "))
	}
	if !slices.Contains(view.LogLevels[:], r.args[0]) {
		return refuse("Unknown log level '%s' (word %d); it is one of %s",
			oneWord(r.args[0]), r.position(0), strings.Join(view.LogLevels[:], ", "))
	}
	return r.backend.SetLogLevel(r.args[0])
}
