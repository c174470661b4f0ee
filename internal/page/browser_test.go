package page

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a tab of the browser on a site. Whatever goes wrong in it, fails the test: an error in the console, a
// breach of the policy, a request that fails or is refused.
type tab struct {
	context.Context
	t *testing.T
	s *site

	mu      sync.Mutex
	wrong   []string
	allowed []string // parts of what may go wrong in this test
}

type option func(*openOptions)

type openOptions struct {
	width, height int64
	scale         float64
	dark          bool
}

// phone is a small screen.
func phone(o *openOptions) { o.width, o.height, o.scale = 390, 844, 2 }

// dark is a system that likes it dark.
func dark(o *openOptions) { o.dark = true }

// open shows an address of the page, "#/tables", in a tab of its own, and waits until it is live.
func open(t *testing.T, s *site, hash string, options ...option) *tab {
	t.Helper()
	b := blank(t, s, options...)
	b.run(chromedp.Navigate(s.URL + "/" + hash))
	b.sees(`document.querySelector('.link.l-live')`, "the page is live")
	return b
}

// blank is a tab in which nothing is shown yet.
func blank(t *testing.T, s *site, options ...option) *tab {
	t.Helper()
	o := openOptions{width: 1440, height: 900, scale: 1}
	for _, set := range options {
		set(&o)
	}
	w := take(t)
	b := &tab{Context: w.ctx, t: t, s: s}
	s.URL = w.server.URL
	w.tab.Store(b)
	scheme := "light"
	if o.dark {
		scheme = "dark"
	}
	say(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: o.width, Height: o.height, DeviceScaleFactor: o.scale, Mobile: o.width < 500,
	})
	say(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	t.Cleanup(func() {
		b.mu.Lock()
		for _, w := range b.wrong {
			if !b.may(w) {
				t.Errorf("in the browser: %s", w)
			}
		}
		b.mu.Unlock()
		w.giveBack(t)
	})
	return b
}

func (b *tab) may(what string) bool {
	for _, part := range b.allowed {
		if strings.Contains(what, part) {
			return true
		}
	}
	return false
}

// hear collects what goes wrong. It runs in chromedp's own goroutine.
func (b *tab) hear(ev any) {
	wrong := ""
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		wrong = "exception: " + fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			wrong = "console: " + string(e.Type)
			for _, a := range e.Args {
				wrong += " " + string(a.Value) + a.Description
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			wrong = fmt.Sprintf("log: %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" {
			wrong = "request failed: " + e.ErrorText
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			wrong = fmt.Sprintf("answer %d: %s", e.Response.Status, e.Response.URL)
		}
	}
	if wrong != "" {
		b.mu.Lock()
		b.wrong = append(b.wrong, wrong)
		b.mu.Unlock()
	}
}

// allow says that something of which this is a part may go wrong in this test.
func (b *tab) allow(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, parts...)
}

// say gives the browser a command of its protocol.
func say[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, command, params)
	must(b.t, err)
	return r
}

// patience is how long one step may take, on a machine that does much else.
const patience = 60 * time.Second

func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b, patience)
	defer cancel()
	must(b.t, chromedp.Do(ctx, steps...))
}

// value runs what gives a value.
func value[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	must(b.t, err)
	return v
}

// eval evaluates JavaScript.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	return value(b, chromedp.Evaluate[T](js))
}

// sees waits until a piece of JavaScript is true.
func (b *tab) sees(js, why string) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		if eval[bool](b, "Boolean("+js+")") {
			return
		}
	}
	shown := eval[string](b, "document.body.innerText.slice(0, 1500)")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.t.Fatalf("%s: not so within 30 s: %s\n--- shown:\n%s\n--- wrong: %q", why, js, shown, b.wrong)
}

// text waits for words to be shown somewhere.
func (b *tab) text(words ...string) {
	b.t.Helper()
	for _, w := range words {
		q, _ := json.Marshal(w)
		b.sees("document.body.textContent.includes("+string(q)+")", "shows "+w)
	}
}

// press sends keys to whatever has the focus. A character goes as one event, as a keyboard sends it: if the page takes
// the key for itself, nothing is written.
func (b *tab) press(keys string) {
	b.t.Helper()
	for _, k := range keys {
		if k == '\r' || !unicode.IsPrint(k) {
			b.run(chromedp.KeyEvent(string(k)))
			continue
		}
		say(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(k), Text: string(k)})
		say(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: string(k)})
	}
}

// write replaces what stands in a field.
func (b *tab) write(field, text string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("` + field + `").focus(); document.querySelector("` + field + `").select()`))
	b.press("\b" + text)
}
