package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a Chromium that shows the web page of an aggregator. Whatever goes wrong in it fails the test: an error in the
// console, a breach of the policy, an answer that is an error.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu      sync.Mutex
	wrong   []string
	allowed []string // parts of what may go wrong
}

// browse opens a browser, and in it an address. It ends with the test.
func browse(t testing.TB, url string) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here: nothing is known of how page and program go together (scripts/setup.sh tools)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("no-proxy-server", true), chromedp.Flag("disable-component-update", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // as root Chromium has no sandbox
	}
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(alloc)
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		end()
		endAlloc()
		for _, w := range b.wrong {
			if !b.may(w) {
				t.Errorf("in the browser: %s", w)
			}
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	command(b, runtime.Enable, cdp.Empty{})
	command(b, log.Enable, cdp.Empty{})
	command(b, network.Enable, network.EnableParams{})
	b.screen(1440, 900, "light")
	b.do(chromedp.Navigate(url))
	return b
}

// screen sets the size of the screen, in its pixels, and what the system likes: "light" or "dark".
func (b *tab) screen(width, height int64, scheme string) {
	b.t.Helper()
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500})
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// hear collects what goes wrong. It runs in chromedp's own goroutine.
func (b *tab) hear(ev any) {
	wrong := ""
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		wrong = fmt.Sprint("exception: ", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			wrong = fmt.Sprint("console: ", e.Type)
			for _, a := range e.Args {
				wrong += " " + string(a.Value) + a.Description
			}
		}
	case *log.EventEntryAdded: // the policy's breaches, too
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			wrong = fmt.Sprintf("log: %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
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

// allow says that something with this part may go wrong.
func (b *tab) allow(parts ...string) { b.allowed = append(b.allowed, parts...) }

func (b *tab) may(what string) bool {
	for _, part := range b.allowed {
		if strings.Contains(what, part) {
			return true
		}
	}
	return false
}

// command gives the browser a command of its protocol.
func command[P, R any](b *tab, c cdp.Command[P, R], params P) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, c, params); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates JavaScript; of a promise what it becomes.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 3*patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%v\n%s", err, js)
	}
	return v
}

// to goes to another view.
func (b *tab) to(hash string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf("location.hash = %q, true", hash))
}

// sees waits in the browser until JavaScript is true.
func (b *tab) sees(js, why string) {
	b.t.Helper()
	seen := eval[string](b, fmt.Sprintf(`(async () => {
		for (const end = Date.now() + %d; Date.now() < end; await new Promise((go) => setTimeout(go, 30))) {
			try { if (%s) return ''; } catch { /* what it looks at is not there yet */ }
		}
		return location.hash + '\n' + document.body.innerText.slice(0, 2500);
	})()`, patience/time.Millisecond, js))
	if seen != "" {
		b.t.Fatalf("%s: not so: %s\nshown: %s", why, js, seen)
	}
}

// picture leaves what is seen in build/screenshots, if TALLYSTICK_SCREENSHOTS wants pictures.
func (b *tab) picture(name string) {
	b.t.Helper()
	if os.Getenv("TALLYSTICK_SCREENSHOTS") == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	dir := filepath.Join("..", "..", "build", "screenshots")
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "real-"+name+".png"), png, 0o666)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
