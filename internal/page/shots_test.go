package page

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// views are the addresses that pictures are taken of, and something that stands there once all has come.
var views = []struct{ name, hash, ready string }{
	{"overview", "#/", `document.querySelectorAll('.drawing .card').length > 5`},
	{"tables", "#/tables", `document.querySelectorAll('.spark canvas').length === 5`},
	{"table", "#/tables/cluster/web.agg?by=http_req_rate", `document.querySelectorAll('.chart canvas').length === 2 && document.querySelector('.stack i')`},
	{"key", "#/tables/cluster/web.agg/key/192.0.2.77", `document.querySelector('.formula') && document.querySelector('.chart canvas')`},
	{"lint", "#/lint", `document.querySelectorAll('.finding').length === 6`},
	{"events", "#/events", `document.querySelectorAll('.event').length === 6`},
	{"adopt", "#/adopt", `document.querySelectorAll('.file').length === 2`},
	{"peer", "#/peers/cluster/lb4", `document.querySelector('.facts-list')`},
}

// TestEveryView looks at each view by day and by night, on a desk and on a phone: that nothing stands out of the screen at
// its side, and what the audit of testdata finds: names for whatever is pressed, labels, scopes, the contrast of every
// text that is shown. With TALLYSTICK_SCREENSHOTS it leaves pictures in build/screenshots, of the whole length if that is "full".
func TestEveryView(t *testing.T) {
	t.Parallel()
	audit, err := os.ReadFile("testdata/audit.js")
	must(t, err)
	for _, look := range []struct {
		name    string
		options []option
	}{{"light", nil}, {"dark", []option{dark}}, {"phone-light", []option{phone}}, {"phone-dark", []option{phone, dark}}} {
		t.Run(look.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b := open(t, s, "", look.options...)
			for _, v := range append(views, views[0]) { // the first one again: it can be returned to
				b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", v.hash)))
				b.sees(`document.querySelector('.link.l-live')`, "it is live")
				b.fill(v.name)
				b.sees(v.ready, v.name+" is all there")
				if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
					t.Errorf("%s is %d pixels wider than the screen", v.name, wide)
				}
				for _, fault := range eval[[]string](b, string(audit)) {
					t.Errorf("%s: %s", v.name, fault)
				}
				b.run(chromedp.Evaluate[chromedp.Void]("scrollTo(0, 0)"))
				b.shot(v.name + "-" + look.name)
			}
		})
	}
}

// fill brings what does not come by itself: log lines, and the answer of adopt.
func (b *tab) fill(view string) {
	b.t.Helper()
	switch view {
	case "events":
		b.log()
	case "adopt":
		b.run(chromedp.SendKeys(chromedp.CSS("#node-0"), "lb1"), chromedp.SendKeys(chromedp.CSS("#node-at-0"), "192.0.2.11:10000"), chromedp.Click(chromedp.CSS("button.main")))
	}
}

// shot takes a picture, if pictures are wanted: they are slow where no graphics card is.
func (b *tab) shot(name string) {
	b.t.Helper()
	wanted := os.Getenv("TALLYSTICK_SCREENSHOTS")
	if wanted == "" {
		return
	}
	dir := filepath.Join("..", "..", "build", "screenshots")
	must(b.t, os.MkdirAll(dir, 0o777))
	must(b.t, os.WriteFile(filepath.Join(dir, name+".png"), value(b, chromedp.CaptureScreenshot()), 0o666))
	if wanted == "full" {
		must(b.t, os.WriteFile(filepath.Join(dir, name+"-full.png"), value(b, chromedp.FullScreenshot(100)), 0o666))
	}
}
