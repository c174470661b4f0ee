package daemon

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"

	"tallystick/internal/config"
	"tallystick/internal/logs"
)

// levelWord is the log level that `show info` names.
type levelWord struct{ atomic.Pointer[string] }

// stopFlag is set once the program is about to end.
type stopFlag struct{ atomic.Bool }

// makeLogs makes the log, which keeps what it is told until its targets are opened.
func (d *daemon) makeLogs() {
	d.logs = logs.New(logs.Env{Stdout: d.Stdout, Stderr: d.Stderr, Name: "tallystick", PID: os.Getpid(), Host: d.host,
		JournalStream: os.Getenv("JOURNAL_STREAM")})
	d.log = slog.New(d.logs.Handler())
}

// openLogs opens the targets: what -l says, else what the configuration says, else stderr.
func (d *daemon) openLogs(c *config.Config) error {
	lines, err := d.logLines(c)
	if err != nil {
		return err
	}
	if err := d.logs.Set(lines); err != nil {
		return err
	}
	standard := func(l logs.Line) bool { return l.Kind == logs.Stderr || l.Kind == logs.Stdout }
	if d.Verdict != nil && !slices.ContainsFunc(lines, func(l logs.Line) bool { return !standard(l) }) {
		// Not through the log: what waits there is lost when the terminal is cut off.
		fmt.Fprintf(d.Stderr, "[WARNING]  (%d) : nobody will see the log of this process, since it goes to the background; name a file, with option -l or a 'log' line\n", os.Getpid())
	}
	return nil
}

func (d *daemon) logLines(c *config.Config) ([]logs.Line, error) {
	level := logs.LevelInfo
	if d.Debug {
		level = logs.LevelDebug
	}
	d.noteLevel(logs.LevelWord(level))
	switch {
	case d.Log != "":
		line, err := logs.ParseFile(d.Log)
		line.Level = level
		return []logs.Line{line}, err
	case d.Debug || len(c.Global.Logs) == 0:
		return []logs.Line{{Kind: logs.Stderr, Level: level}}, nil
	}
	var lines []logs.Line
	for _, l := range c.Global.Logs {
		lines = append(lines, logLine(l))
	}
	d.noteLevel(logs.LevelWord(lines[0].Level))
	return lines, nil
}

func (d *daemon) noteLevel(word string) { d.level.Store(&word) }

// logLine translates one line of the configuration. The words of both rooms are the same.
func logLine(c config.Log) logs.Line {
	l := logs.Line{Path: c.Path}
	l.Kind = map[config.LogTarget]logs.Kind{config.LogStderr: logs.Stderr, config.LogStdout: logs.Stdout, config.LogFile: logs.File, config.LogSyslog: logs.Syslog}[c.Target]
	l.Format, _ = logs.ParseFormat(c.Format.String())
	l.Level, _ = logs.ParseLevel(c.Level.String())
	return l
}
