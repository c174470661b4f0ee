package logs

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"
)

// Format is how a line looks.
type Format uint8

// The formats. Text is for people: time, level and message stand at the same place in
// every line, details follow after two blanks; where syslog or the journal keeps the
// time it is left out. Logfmt and JSON are for machines, and complete everywhere.
//
//	2026-11-21T03:06:12.123+01:00 WARNING lb1 is gone: silent for 10s  section=web addr=192.0.2.1:4711
//	time=2026-11-21T03:06:12.123+01:00 level=warning msg="lb1 is gone: silent for 10s" section=web addr=192.0.2.1:4711
//	{"time":"2026-11-21T03:06:12.123+01:00","level":"warning","msg":"lb1 is gone: silent for 10s","section":"web","addr":"192.0.2.1:4711"}
const (
	Text Format = iota
	JSON
	Logfmt
)

var formatWords = [...]string{Text: "text", JSON: "json", Logfmt: "logfmt"}

// String is the word of the configuration.
func (f Format) String() string { return formatWords[f] }

// ParseFormat reads a format by its word.
func ParseFormat(word string) (Format, error) {
	for f, w := range formatWords {
		if w == word {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("unknown log format '%s'; the formats are text, json, logfmt", word)
}

// timeLayout has the zone: lines of several machines are read side by side.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// append appends e to b, without a newline.
func (f Format) append(b []byte, e *Event, withTime bool) []byte {
	switch f {
	case JSON:
		return appendJSON(b, e)
	case Logfmt:
		return appendLogfmt(b, e)
	}
	return appendText(b, e, withTime)
}

func appendText(b []byte, e *Event, withTime bool) []byte {
	if withTime && !e.Time.IsZero() {
		b = append(e.Time.AppendFormat(b, timeLayout), ' ')
	}
	b = append(b, levels[severity(e.Level)].wide...)
	b = append(b, ' ')
	b = appendPrintable(b, e.Message)
	for i, f := range e.Fields {
		if i == 0 {
			b = append(b, ' ')
		}
		b = appendPair(b, f)
	}
	return b
}

func appendLogfmt(b []byte, e *Event) []byte {
	if !e.Time.IsZero() {
		b = append(b, "time="...)
		b = append(e.Time.AppendFormat(b, timeLayout), ' ')
	}
	b = append(b, "level="...)
	b = append(b, LevelWord(e.Level)...)
	b = append(b, " msg="...)
	b = appendWord(b, e.Message)
	for _, f := range e.Fields {
		b = appendPair(b, f)
	}
	return b
}

// appendPair appends a blank and key=value.
func appendPair(b []byte, f Field) []byte {
	b = append(b, ' ')
	b = appendWord(b, f.Key)
	b = append(b, '=')
	if f.Value.Kind() == slog.KindTime {
		return f.Value.Time().AppendFormat(b, timeLayout)
	}
	return appendWord(b, f.Value.String())
}

func appendJSON(b []byte, e *Event) []byte {
	b = append(b, '{')
	if !e.Time.IsZero() {
		b = append(b, `"time":`...)
		b = append(appendJSONTime(b, e.Time), ',')
	}
	b = append(b, `"level":"`...)
	b = append(b, LevelWord(e.Level)...)
	b = append(b, `","msg":`...)
	b = appendJSONString(b, e.Message)
	for _, f := range e.Fields {
		b = append(b, ',')
		b = appendJSONString(b, f.Key)
		b = append(b, ':')
		b = appendJSONValue(b, f.Value)
	}
	return append(b, '}')
}

// appendJSONValue appends numbers and truths bare, all else as a string; so do the
// numbers that JSON has no words for.
func appendJSONValue(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10)
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case slog.KindTime:
		return appendJSONTime(b, v.Time())
	case slog.KindFloat64:
		if f := v.Float64(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.AppendFloat(b, f, 'g', -1, 64)
		}
	}
	return appendJSONString(b, v.String())
}

func appendJSONTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.AppendFormat(b, timeLayout)
	return append(b, '"')
}
