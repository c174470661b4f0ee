package logs

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"
)

// Event is one log event, flat: groups have become prefixes ("peer.name"), values plain
// ones (string, number, bool, time, duration), and nothing in it changes any more.
type Event struct {
	Time    time.Time
	Level   slog.Level
	Message string
	Fields  []Field
	Seq     uint64 // of events that are kept: their number since the start, from 1
}

// Field is one detail of an event.
type Field struct {
	Key   string
	Value slog.Value
}

// maxText bounds every string of an event, in bytes. A table key may have 64 KiB, and
// a datagram, the ring and the reader's patience have ends.
const maxText = 1024

// handler is the slog.Handler of Logs, or one derived by With and WithGroup. It is not
// changed once made.
type handler struct {
	logs   *Logs
	prefix string  // groups, each with its dot
	fields []Field // of With
}

// Enabled says whether anybody wants events of that level.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	if h.logs.ring.wants(level) {
		return true
	}
	for _, o := range *h.logs.outs.Load() {
		if o.wants(level) {
			return true
		}
	}
	return false
}

// Handle hands a record to all who want it. It never waits and never fails.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	e := Event{Time: r.Time, Level: r.Level, Message: shorten(r.Message), Fields: slices.Clip(h.fields)}
	r.Attrs(func(a slog.Attr) bool {
		e.Fields = appendAttr(e.Fields, h.prefix, a)
		return true
	})
	if h.logs.ring.wants(r.Level) {
		h.logs.ring.take(e)
	}
	for _, o := range *h.logs.outs.Load() {
		if o.wants(r.Level) {
			o.take(&e)
		}
	}
	return nil
}

// WithAttrs is part of slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.fields = slices.Clone(h.fields)
	for _, a := range attrs {
		with.fields = appendAttr(with.fields, h.prefix, a)
	}
	return &with
}

// WithGroup is part of slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.prefix += name + "."
	return &with
}

// appendAttr flattens a. By slog's rules empty attributes and groups vanish, and a
// group without a name is spread.
func appendAttr(fields []Field, prefix string, a slog.Attr) []Field {
	v := a.Value.Resolve()
	if a.Key == "" && v.Equal(slog.Value{}) {
		return fields
	}
	if v.Kind() != slog.KindGroup {
		return append(fields, Field{shorten(prefix + a.Key), plain(v)})
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	for _, member := range v.Group() {
		fields = appendAttr(fields, prefix, member)
	}
	return fields
}

// plain turns whatever could change, or is long, into text now. Package fmt survives
// the panics of String and Error methods.
func plain(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(shorten(v.String()))
	case slog.KindAny:
		if b, ok := v.Any().([]byte); ok {
			return slog.StringValue(shorten(string(b)))
		}
		return slog.StringValue(shorten(fmt.Sprint(v.Any())))
	}
	return v
}

// shorten cuts s at a character, and says that it did.
func shorten(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:end], len(s))
}
