package logs

import (
	"fmt"
	"log/slog"
)

// Levels between and above those of slog: syslog's, as in HAProxy's log line.
const (
	LevelDebug   = slog.LevelDebug
	LevelInfo    = slog.LevelInfo
	LevelNotice  = slog.Level(2)
	LevelWarning = slog.LevelWarn
	LevelError   = slog.LevelError
	LevelCrit    = slog.Level(12)
	LevelAlert   = slog.Level(16)
	LevelEmerg   = slog.Level(20)
)

// levels are in the order of syslog's severities: emerg is 0.
var levels = [...]struct {
	level slog.Level
	word  string // HAProxy's
	wide  string // of text lines, all of one width
}{
	{LevelEmerg, "emerg", "EMERG  "},
	{LevelAlert, "alert", "ALERT  "},
	{LevelCrit, "crit", "CRIT   "},
	{LevelError, "err", "ERROR  "},
	{LevelWarning, "warning", "WARNING"},
	{LevelNotice, "notice", "NOTICE "},
	{LevelInfo, "info", "INFO   "},
	{LevelDebug, "debug", "DEBUG  "},
}

// severity is the syslog number of a level. One that stands between two counts as the
// lower.
func severity(l slog.Level) int {
	for i := range levels {
		if l >= levels[i].level {
			return i
		}
	}
	return len(levels) - 1
}

// LevelWord is HAProxy's word for a level.
func LevelWord(l slog.Level) string { return levels[severity(l)].word }

// ParseLevel reads a level by HAProxy's word for it.
func ParseLevel(word string) (slog.Level, error) {
	words := ""
	for _, l := range levels {
		if l.word == word {
			return l.level, nil
		}
		words += " " + l.word
	}
	return 0, fmt.Errorf("unknown log level '%s'; the levels are%s", word, words)
}
