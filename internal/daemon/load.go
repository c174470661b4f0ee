package daemon

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/secure"
)

// Load reads and checks the configuration. Everything that there is to say of it goes to
// Options.Stderr, in HAProxy's form; if any of it is an alert the error is ErrConfig.
func Load(o Options) (*config.Config, error) {
	c, err := examine(o)
	if err != nil && err != errUnread {
		fmt.Fprintf(o.Stderr, "[ALERT]    (%d) : config : Fatal errors found in configuration.\n", os.Getpid())
	}
	return c, err
}

// errUnread is ErrConfig of files that could not be read: HAProxy says nothing more then.
var errUnread = fmt.Errorf("%w: it cannot be read", ErrConfig)

// examine is Load without the line that ends the complaints: a reload goes on.
func examine(o Options) (*config.Config, error) {
	files, err := config.Disk{ReadFile: os.ReadFile, ReadDir: os.ReadDir}.Read(o.Files)
	if err != nil {
		for line := range strings.Lines(err.Error()) { // one for each file
			fmt.Fprintf(o.Stderr, "[ALERT]    (%d) : config : %s\n", os.Getpid(), strings.TrimSuffix(line, "\n"))
		}
		return nil, errUnread
	}
	c, complaints := config.Parse(files, config.Options{Lookup: os.LookupEnv, Name: o.Name})
	if c != nil {
		faults := append(unreadable(c), badPasswords(c)...)
		if complaints = append(complaints, faults...); len(faults) > 0 {
			c = nil
		}
	}
	for _, e := range complaints {
		fmt.Fprintln(o.Stderr, e.Format(os.Getpid()))
	}
	if c == nil {
		return nil, ErrConfig
	}
	return c, nil
}

// unreadable finds certificates and authorities that lines name and that cannot be used. What
// several lines name is told of once.
func unreadable(c *config.Config) (faults []config.Error) {
	var told []string
	for _, s := range secrets(c) {
		err := secure.New(slog.New(slog.DiscardHandler)).Load([]secure.Line{s.Line})
		if err == nil || slices.Contains(told, err.Error()) {
			continue
		}
		told = append(told, err.Error())
		for text := range strings.Lines(err.Error()) { // one for each file
			faults = append(faults, config.Error{Pos: s.pos, Msg: strings.TrimSuffix(text, "\n")})
		}
	}
	return faults
}
