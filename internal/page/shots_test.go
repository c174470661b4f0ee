package page

import (
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

// TestScreenshots takes a picture of each view into build/screenshots, by day and by night, on a desk and on a phone. It also
// holds that nothing stands out of the screen at its side.
func TestScreenshots(t *testing.T) {
	dir := filepath.Join("..", "..", "build", "screenshots")
	must(t, os.MkdirAll(dir, 0o777))
	for _, look := range []struct {
		name    string
		options []option
	}{{"light", nil}, {"dark", []option{dark}}, {"phone-light", []option{phone}}, {"phone-dark", []option{phone, dark}}} {
		t.Run(look.name, func(t *testing.T) {
			for _, v := range views {
				b := open(t, newSite(t), v.hash, look.options...)
				b.fill(v.name)
				b.sees(v.ready, v.name+" is all there")
				if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
					t.Errorf("%s is %d pixels wider than the screen", v.name, wide)
				}
				must(t, os.WriteFile(filepath.Join(dir, v.name+"-"+look.name+".png"), value(b, chromedp.CaptureScreenshot()), 0o666))
				if os.Getenv("TALLYSTICK_FULL_SCREENSHOTS") != "" { // the whole length: slow where no graphics card is
					must(t, os.WriteFile(filepath.Join(dir, v.name+"-"+look.name+"-full.png"), value(b, chromedp.FullScreenshot(100)), 0o666))
				}
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

// shot takes a picture of something that only this test shows.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := filepath.Join("..", "..", "build", "screenshots")
	must(b.t, os.MkdirAll(dir, 0o777))
	must(b.t, os.WriteFile(filepath.Join(dir, name+".png"), value(b, chromedp.CaptureScreenshot()), 0o666))
}
