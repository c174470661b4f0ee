package page

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one Chromium for all tests: starting it takes a second. closeBrowser ends it.
var (
	browser = sync.OnceValues(startBrowser)
	closing = func() {}
)

func startBrowser() (context.Context, error) {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		return nil, nil
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("lang", "en-US"),
		// A test's browser looks at our own page only, on loopback.
		chromedp.Flag("no-proxy-server", true), chromedp.Flag("disable-component-update", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // as root Chromium has no sandbox
	}
	alloc, endAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(alloc)
	closing = func() { end(); endAlloc() }
	return ctx, chromedp.Do(ctx)
}

// TestMain lets more tests than there are processors run at once: they mostly wait for the browser.
func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set("3"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	closing()
	for _, w := range idle.windows {
		w.server.CloseClientConnections()
		w.server.Close()
	}
	os.Exit(code)
}

// window is a window of the browser, with an address of its own at which it sees the site of whichever test has it. A new
// window takes seconds, since it begins with a process, and with nothing in its cache; so the next test gets it.
type window struct {
	ctx    context.Context
	server *httptest.Server
	tab    atomic.Pointer[tab] // of the test that has it; nil: none
}

// idle are the windows that no test has.
var idle struct {
	sync.Mutex
	windows []*window
}

// take gives a test a window of its own.
func take(t *testing.T) *window {
	t.Helper()
	idle.Lock()
	defer idle.Unlock()
	if n := len(idle.windows); n > 0 {
		w := idle.windows[n-1]
		idle.windows = idle.windows[:n-1]
		return w
	}
	parent, err := browser()
	if err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	if parent == nil {
		t.Skip("no chromium here: nothing is known of how the page looks and works (scripts/setup.sh tools)")
	}
	w := &window{}
	w.server = httptest.NewServer(w)
	// Its own context: what lies behind another window counts as hidden, and pauses; and nothing of others is kept in it.
	w.ctx, _ = chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	must(t, chromedp.Do(w.ctx))
	must(t, chromedp.Listen(w.ctx, func(ev any) {
		if b := w.tab.Load(); b != nil {
			b.hear(ev)
		}
	}))
	b := &tab{Context: w.ctx, t: t}
	say(b, runtime.Enable, cdp.Empty{})
	say(b, log.Enable, cdp.Empty{})
	say(b, network.Enable, network.EnableParams{})
	say(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return w
}

// ServeHTTP is the site of the test that has the window.
func (w *window) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	if b := w.tab.Load(); b != nil {
		b.s.mux.ServeHTTP(to, r)
	}
}

// giveBack leaves nothing behind: no page that runs, nothing that it has stored. A window that does not let that happen is
// not used again.
func (w *window) giveBack(t *testing.T) {
	w.tab.Store(nil)
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("localStorage.clear()"), chromedp.Navigate("about:blank")); err != nil {
		t.Logf("a window is left behind: %v", err)
		return
	}
	idle.Lock()
	defer idle.Unlock()
	idle.windows = append(idle.windows, w)
}
