package page

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestAuditFindsFaults: a check that cannot fail checks nothing.
func TestAuditFindsFaults(t *testing.T) {
	t.Parallel()
	audit, err := os.ReadFile("testdata/audit.js")
	must(t, err)
	b := open(t, newSite(t), "#/lint")
	b.run(chromedp.Evaluate[chromedp.Void](`(() => {
		const main = document.querySelector('main');
		const add = (tag, set) => main.appendChild(Object.assign(document.createElement(tag), set));
		add('button', {}); add('input', {}); add('h1', { textContent: 'second' });
		add('p', { id: 'main', textContent: 'pale' }).style.color = 'light-dark(#cccccc, #333333)';
	})()`))
	found := strings.Join(eval[[]string](b, string(audit)), "\n")
	for _, want := range []string{"no name: <button", "no label: <input", "2 headings", "two of id main", "contrast 1."} {
		if !strings.Contains(found, want) {
			t.Errorf("the audit does not find %q:\n%s", want, found)
		}
	}
}

func TestDarkAndLight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "", dark)
	ground := `getComputedStyle(document.documentElement).backgroundColor`
	b.sees(ground+` === 'rgb(14, 18, 22)'`, "dark, as the system has it")
	b.press("t") // auto to light
	b.sees(ground+` === 'rgb(238, 241, 244)'`, "light, as was chosen")
	b.run(chromedp.Reload())
	b.sees(`document.querySelector('.link.l-live')`, "it is live")
	b.sees(ground+` === 'rgb(238, 241, 244)'`, "what was chosen is kept")
	b.press("t")
	b.sees(ground+` === 'rgb(14, 18, 22)' && document.documentElement.dataset.theme === 'dark'`, "dark, as was chosen")
	b.press("t")
	b.sees(`!document.documentElement.dataset.theme`, "and back to the system's")
}

func TestPrint(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/tables/cluster/web.agg", dark)
	b.sees(`document.querySelectorAll('.keys tbody tr').length === 20`, "it is all there")
	say(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	b.sees(`getComputedStyle(document.documentElement).backgroundColor === 'rgb(255, 255, 255)'`, "white, whatever the screen is")
	b.sees(`['nav', '.search', '.filter', 'footer'].map((q) => getComputedStyle(document.querySelector(q)).display).join() === 'none,none,none,flex'`, "without what only a screen can do")
	b.sees(`getComputedStyle(document.querySelector('.only-print')).display !== 'none' && /agg1.example.net, as of \d/.test(document.querySelector('.only-print').textContent)`, "with where and when")
	if pdf := value(b, chromedp.PrintToPDF()); len(pdf) < 10000 || string(pdf[:4]) != "%PDF" {
		t.Errorf("the print has %d bytes", len(pdf))
	}
}

func TestMotionOnlyWhereItIsLiked(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "")
	b.sees(`document.querySelector('.flow') && getComputedStyle(document.querySelector('.flow')).animationName === 'none'`, "the browser asks for less motion: nothing moves")
	say(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "no-preference"}}})
	b.sees(`getComputedStyle(document.querySelector('.flow')).animationName === 'flow'`, "else what flows is seen to flow")
}
