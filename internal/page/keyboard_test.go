package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestShortcuts(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "")
	b.press("/")
	b.sees(`document.activeElement.id === 'search'`, "/ goes to the search")
	b.press("2?192")
	b.sees(`document.activeElement.value === '2?192' && location.hash === ''`, "in a field keys are text")
	b.press(kb.Escape)
	b.sees(`document.activeElement === document.body`, "Esc leaves it")
	for key, words := range map[string]string{"2": "Tables", "3": "Lint", "4": "Events", "5": "Adopt", "1": "Overview"} {
		b.press(key)
		b.sees(`document.querySelector('h1').textContent === '`+words+`'`, key+" goes to "+words)
	}
	b.press("?")
	b.sees(`document.querySelector('dialog').open && document.querySelector('dialog').textContent.includes('search a key')`, "? lists them")
	b.press("2")
	b.sees(`document.querySelector('dialog').open && document.querySelector('h1').textContent !== 'Tables'`, "what lies below does not move")
	b.press(kb.Escape)
	b.sees(`!document.querySelector('dialog').open`, "Esc closes the list")
	b.write("#search", "192.0.2.77\r")
	b.sees(`location.hash === '#/find/192.0.2.77' && document.querySelector('h1').textContent === '192.0.2.77'`, "Enter looks for the key")
}

// TestTabReachesEverything walks with Tab, and sees each time where it is.
func TestTabReachesEverything(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{"", "#/tables/cluster/web.agg", "#/lint", "#/adopt"} {
		b := open(t, newSite(t), hash)
		b.sees(`document.querySelector('main h1')`, "it is there")
		if hash == "" {
			b.sees(`document.querySelectorAll('.drawing .card').length === 13 && document.querySelectorAll('.banner a').length === 3 && document.querySelector('.mark')`, "all of it")
		}
		b.run(chromedp.Evaluate[chromedp.Void](`(() => {
			window.reached = new Set(); window.unseen = [];
			document.addEventListener('focusin', (e) => {
				reached.add(e.target);
				const box = e.target.querySelector('.box');
				const s = getComputedStyle(e.target);
				const seen = box ? parseFloat(getComputedStyle(box).strokeWidth) > 3 : s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
				if (!seen && e.target.tagName !== 'H1') unseen.push(e.target.outerHTML.slice(0, 120));
			});
		})()`))
		want := eval[int](b, `window.wanted = [...document.querySelectorAll('a[href], button:not(:disabled), input, select, textarea, summary')].filter((el) => el.tabIndex >= 0 && el.checkVisibility()), wanted.length`)
		for range want + 12 {
			b.press(kb.Tab)
		}
		if lost := eval[[]string](b, `wanted.filter((el) => el.isConnected && !reached.has(el)).map((el) => el.outerHTML.slice(0, 120))`); len(lost) > 0 || want < 10 {
			t.Errorf("%s: of %d Tab does not reach %q", hash, want, lost)
		}
		if unseen := eval[[]string](b, `unseen`); len(unseen) > 0 {
			t.Errorf("%s: has the focus, and does not look it: %q", hash, unseen)
		}
	}
}
