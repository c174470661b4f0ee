package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/spell"
)

// maybe is HAProxy's way to suggest something.
func maybe(words string) string { return fmt.Sprintf("; did you mean '%s' maybe ?", words) }

// unknownWord complains of a word that is no option, with the best guess at what was
// meant.
func unknownWord(table []option, word string) error {
	if !strings.HasPrefix(word, "-") {
		complaint := fmt.Sprintf("unexpected argument '%s'", word)
		if isConfigFile(word) {
			complaint += maybe("-f " + word)
		}
		return errors.New(complaint)
	}
	complaint := fmt.Sprintf("unknown option '%s'", word)
	if why, ok := haproxyOptions[word]; ok {
		return errors.New(complaint + ": " + why)
	}
	if guess := guessOption(table, word); guess != "" {
		complaint += maybe(guess)
	}
	return errors.New(complaint)
}

// haproxyOptions are options of HAProxy that stand in people's scripts, and what to
// write instead.
var haproxyOptions = map[string]string{
	"-db": "the foreground is the default; leave it out",
	"-W":  "there is no master process; leave it out",
	"-Ws": "there is no master process; with Type=notify systemd hears from us without it",
	"-q":  "we are quiet; leave it out",
	"-sf": "send SIGUSR1 to the old process",
	"-st": "send SIGTERM to the old process",
	"-C":  "paths are relative to the working directory; write 'cd DIR && tallystick ...'",
	"-n":  "the number of peers is limited by the configuration",
	"-m":  "memory is limited by 'max-entries' in the configuration",
	"--":  "each file needs its own -f",
}

// longOptions are what people try who do not know HAProxy.
var longOptions = map[string]string{
	"--help": "-h", "-help": "-h", "-?": "-h", "--version": "-v", "-version": "-v",
	"--config": "-f", "--file": "-f", "--check": "-c", "-t": "-c", "--debug": "-d", "--verbose": "-V",
	"--daemon": "-D", "--pidfile": "-p", "--user": "-u", "--group": "-g", "--log": "-l", "--name": "-L",
}

func guessOption(table []option, word string) string {
	name, value, joined := strings.Cut(word, "=")
	if short, ok := longOptions[name]; ok {
		if joined {
			short += " " + value
		}
		return short
	}
	if guess := splitJoined(table, word); guess != "" {
		return guess
	}
	for _, opt := range table {
		if strings.EqualFold(opt.name, word) {
			return opt.name
		}
	}
	return ""
}

// splitJoined takes -f/etc/x and -f=/etc/x and -Vc apart.
func splitJoined(table []option, word string) string {
	if len(word) < 3 {
		return ""
	}
	if opt, ok := find(table, word[:2]); ok && opt.value != "" {
		return opt.name + " " + strings.TrimPrefix(word[2:], "=")
	}
	var parts []string
	for _, letter := range word[1:] {
		opt, ok := find(table, "-"+string(letter))
		if !ok || opt.value != "" || slices.Contains(parts, opt.name) {
			return ""
		}
		parts = append(parts, opt.name)
	}
	return strings.Join(parts, " ")
}

func isConfigFile(word string) bool {
	return strings.HasSuffix(word, ".cfg") || strings.Contains(word, "/")
}

// nearest returns the name that is the fewest edits from word, "" if none is near.
func nearest(word string, names []string) string {
	best, bestCost := "", 3 // more than two edits are a guess, not a help
	for _, name := range names {
		if cost := spell.Distance(word[:min(len(word), 64)], name); cost < bestCost && cost < len(name) {
			best, bestCost = name, cost
		}
	}
	return best
}
