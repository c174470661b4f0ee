package daemon

import (
	"fmt"
	"os"
	"strings"

	"tallystick/internal/config"
)

// Load reads and checks the configuration. Everything that there is to say of it goes to
// Options.Stderr, in HAProxy's form; if any of it is an alert the error is ErrConfig.
func Load(o Options) (*config.Config, error) {
	files, err := config.Disk{ReadFile: os.ReadFile, ReadDir: os.ReadDir}.Read(o.Files)
	if err != nil {
		for line := range strings.Lines(err.Error()) { // one for each file
			fmt.Fprintf(o.Stderr, "[ALERT]    (%d) : config : %s\n", os.Getpid(), strings.TrimSuffix(line, "\n"))
		}
		return nil, ErrConfig
	}
	c, complaints := config.Load(files, config.Options{Lookup: os.LookupEnv, Name: o.Name})
	for _, e := range complaints {
		fmt.Fprintln(o.Stderr, e.Format(os.Getpid()))
	}
	if c == nil {
		fmt.Fprintf(o.Stderr, "[ALERT]    (%d) : config : Fatal errors found in configuration.\n", os.Getpid())
		return nil, ErrConfig
	}
	return c, nil
}
