package logs

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/slogtest"
	"time"
	"unicode/utf8"
)

var night = time.Date(2026, 11, 21, 3, 6, 12, 123_000_000, time.FixedZone("", 3600))

func sample() *Event {
	return &Event{Time: night, Level: LevelWarning, Message: "lb1 is gone: silent for 10s", Fields: []Field{
		{"section", slog.StringValue("web")},
		{"addr", plain(slog.AnyValue(netip.MustParseAddrPort("192.0.2.1:4711")))},
		{"rows", slog.Uint64Value(1 << 63)},
		{"took", slog.DurationValue(1500 * time.Millisecond)},
		{"since", slog.TimeValue(night)},
		{"load", slog.Float64Value(math.Inf(1))},
		{"share", slog.Float64Value(0.25)},
		{"up", slog.BoolValue(false)},
		{"left", slog.Int64Value(-1)},
		{"err", plain(slog.AnyValue(errors.New("end of file")))},
		{"empty", slog.StringValue("")},
	}}
}

func TestFormats(t *testing.T) {
	const at = "2026-11-21T03:06:12.123+01:00"
	const fields = ` section=web addr=192.0.2.1:4711 rows=9223372036854775808 took=1.5s since=` + at +
		` load=+Inf share=0.25 up=false left=-1 err="end of file" empty=""`
	tests := []struct {
		format   Format
		withTime bool
		want     string
	}{
		{Text, true, at + ` WARNING lb1 is gone: silent for 10s ` + fields},
		{Text, false, `WARNING lb1 is gone: silent for 10s ` + fields},
		{Logfmt, true, `time=` + at + ` level=warning msg="lb1 is gone: silent for 10s"` + fields},
		{JSON, true, `{"time":"` + at + `","level":"warning","msg":"lb1 is gone: silent for 10s","section":"web",` +
			`"addr":"192.0.2.1:4711","rows":9223372036854775808,"took":"1.5s","since":"` + at +
			`","load":"+Inf","share":0.25,"up":false,"left":-1,"err":"end of file","empty":""}`},
	}
	for _, tt := range tests {
		if got := string(tt.format.append(nil, sample(), tt.withTime)); got != tt.want {
			t.Errorf("%v\n got %s\nwant %s", tt.format, got, tt.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, word := range strings.Fields("emerg alert crit err warning notice info debug") {
		if level, err := ParseLevel(word); err != nil || LevelWord(level) != word {
			t.Errorf("level %s: %v %v", word, level, err)
		}
	}
	if got := LevelWord(slog.LevelDebug - 4); got != "debug" {
		t.Errorf("below debug is %s", got)
	}
	if got := LevelWord(LevelNotice + 1); got != "notice" {
		t.Errorf("between two counts as the lower, not %s", got)
	}
	_, err := ParseLevel("loud")
	if want := "unknown log level 'loud'; the levels are emerg alert crit err warning notice info debug"; err.Error() != want {
		t.Error(err)
	}
	for f := Text; f <= Logfmt; f++ {
		if got, err := ParseFormat(f.String()); got != f || err != nil {
			t.Errorf("format %s: %v %v", f, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil {
		t.Error("xml is no format")
	}
}

// T-20: names and keys are chosen by strangers.
func TestHostileValues(t *testing.T) {
	tests := []struct{ in, text, word, json, why string }{
		{"a\nb", `a\nb`, `"a\nb"`, `"a\nb"`, "a second line could be forged"},
		{"\x1b[2J", `\x1b[2J`, `"\x1b[2J"`, `"\u001b[2J"`, "ESC speaks to the terminal"},
		{"\u009b2J", `\u009b2J`, `"\u009b2J"`, `"\u009b2J"`, "and so does its 8-bit twin"},
		{"\x9b", `\x9b`, `"\x9b"`, `"` + "\ufffd" + `"`, "not UTF-8"},
		{"\u202eevil", `\u202eevil`, `"\u202eevil"`, `"\u202eevil"`, "text that runs backwards"},
		{"\u2028", `\u2028`, `"\u2028"`, `"\u2028"`, "a line separator for some readers"},
		{"\U000e0001", `\U000e0001`, `"\U000e0001"`, `"\udb40\udc01"`, "an invisible tag"},
		{`up=1 level=err`, `up=1 level=err`, `"up=1 level=err"`, `"up=1 level=err"`, "no field can be forged in values"},
		{`"`, `"`, `"\""`, `"\""`, "quotes"},
		{`\n`, `\\n`, `"\\n"`, `"\\n"`, "an escape that was written as such"},
		{`\"`, `\\"`, `"\\\""`, `"\\\""`, "both"},
		{"\x00\r\t\x7f", `\x00\r\t\x7f`, `"\x00\r\t\x7f"`, `"\u0000\u000d\u0009\u007f"`, "control bytes"},
		{"größe€", "größe€", "größe€", `"größe€"`, "letters are letters"},
	}
	for _, tt := range tests {
		if got := string(appendPrintable(nil, tt.in)); got != tt.text {
			t.Errorf("text %q: %s, want %s: %s", tt.in, got, tt.text, tt.why)
		}
		if got := string(appendWord(nil, tt.in)); got != tt.word {
			t.Errorf("word %q: %s, want %s: %s", tt.in, got, tt.word, tt.why)
		}
		if got := string(appendJSONString(nil, tt.in)); got != tt.json {
			t.Errorf("json %q: %s, want %s: %s", tt.in, got, tt.json, tt.why)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a b", "\x1b\n\\\"", "\xff\u2028\U0001f600", `\\"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, format := range []Format{Text, JSON, Logfmt} {
			e := &Event{Time: night, Message: s, Fields: []Field{{s, slog.StringValue(s)}}}
			line := string(format.append(nil, e, true))
			for _, r := range line {
				if !strconv.IsPrint(r) {
					t.Fatalf("%v: %q is not printable in %q", format, r, line)
				}
			}
			if !utf8.ValidString(line) {
				t.Fatalf("%v: %q", format, line)
			}
		}
		var back string
		err := json.Unmarshal(appendJSONString(nil, s), &back)
		if want := strings.ToValidUTF8(s, "\ufffd"); err != nil || utf8.ValidString(s) && back != want {
			t.Errorf("json reads %q, want %q (%v)", back, want, err)
		}
		if word := string(appendWord(nil, s)); word != s {
			if back, err := strconv.Unquote(word); back != s || err != nil {
				t.Errorf("word %s reads as %q (%v)", word, back, err)
			}
		}
	})
}

// The rules of slog about groups, empty attributes and With, held by slog's own test.
func TestSlogRules(t *testing.T) {
	var stderr *sink
	var logs *Logs
	newHandler := func(t *testing.T) slog.Handler {
		stderr = new(sink)
		logs, _, _ = start(t, Env{Stderr: stderr}, Line{Kind: Stderr, Format: JSON, Level: LevelDebug})
		return logs.Handler()
	}
	slogtest.Run(t, newHandler, func(t *testing.T) map[string]any {
		logs.Close()
		flat := map[string]any{}
		if err := json.Unmarshal([]byte(stderr.String()), &flat); err != nil {
			t.Fatal(err)
		}
		return nest(flat)
	})
}

// nest makes groups of dotted keys, as slogtest wants to see them.
func nest(flat map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range flat {
		m := out
		parts := strings.Split(key, ".")
		for _, group := range parts[:len(parts)-1] {
			if m[group] == nil {
				m[group] = map[string]any{}
			}
			m = m[group].(map[string]any)
		}
		m[parts[len(parts)-1]] = value
	}
	return out
}

type panicking struct{}

func (panicking) String() string { panic("no") }

func TestPlainValues(t *testing.T) {
	if got := plain(slog.AnyValue(panicking{})).String(); !strings.Contains(got, "PANIC") {
		t.Errorf("a String method that panics is no reason to die: %s", got)
	}
	if got := plain(slog.AnyValue([]byte("a\n"))).String(); got != "a\n" {
		t.Errorf("bytes are text: %q", got)
	}
	if got := shorten(strings.Repeat("é", 600) + "x"); !strings.HasSuffix(got, "é… (1201 bytes)") || len(got) > 1100 {
		t.Errorf("long values are cut at a character: %q", got)
	}
	if got := shorten(strings.Repeat("\x80", 2000)); len(got) > 1100 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestRing(t *testing.T) {
	l := New(Env{})
	log := slog.New(l.Handler())
	for i := range ringSize + 7 {
		log.Info("x", "i", i)
	}
	events := l.Events()
	if len(events) != ringSize {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		if got := e.Fields[0].Value.Int64(); got != int64(i+7) {
			t.Fatalf("event %d is number %d: the oldest seven are gone, the rest in order", i, got)
		}
	}
}
