package page

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
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
	for _, v := range [][2]string{{"2", "Tables"}, {"3", "Lint"}, {"4", "Events"}, {"5", "Adopt"}, {"1", "Overview"}} {
		b.press(v[0])
		b.sees(`document.querySelector('h1').textContent === '`+v[1]+`'`, v[0]+" goes to "+v[1])
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
	b := open(t, newSite(t), "")
	for _, v := range []struct{ hash, ready string }{
		{"#/", `document.querySelectorAll('.drawing .card').length === 13 && document.querySelectorAll('.banner a').length === 3 && document.querySelector('.mark')`},
		{"#/tables/cluster/web.agg", `document.querySelectorAll('.keys tbody tr').length === 20 && document.querySelectorAll('.chart canvas').length === 2`},
		{"#/lint", `document.querySelectorAll('.finding').length === 6`},
		{"#/adopt", `document.querySelector('#node-0')`},
	} {
		hash := v.hash
		b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", hash)))
		b.sees(v.ready, hash+" is there, all of it")
		b.run(chromedp.Evaluate[chromedp.Void](`(() => {
			document.activeElement.blur();
			window.reached = new Set(); window.unseen = [];
			if (window.look) document.removeEventListener('focusin', look);
			document.addEventListener('focusin', window.look = (e) => {
				reached.add(e.target);
				const box = e.target.querySelector('.box');
				const s = getComputedStyle(e.target);
				const seen = box ? parseFloat(getComputedStyle(box).strokeWidth) > 3 : s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
				if (!seen && e.target.tagName !== 'H1') unseen.push(e.target.outerHTML.slice(0, 120));
			});
		})()`))
		want := eval[int](b, `window.wanted = [...document.querySelectorAll('a[href], button:not(:disabled), input, select, textarea, summary')].filter((el) => el.tabIndex >= 0 && el.checkVisibility()), wanted.length`)
		for range want + 12 {
			say(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "Tab", Code: "Tab", WindowsVirtualKeyCode: 9})
		}
		if lost := eval[[]string](b, `wanted.filter((el) => el.isConnected && !reached.has(el)).map((el) => el.outerHTML.slice(0, 120))`); len(lost) > 0 || want < 10 {
			t.Errorf("%s: of %d Tab does not reach %q", hash, want, lost)
		}
		if unseen := eval[[]string](b, `unseen`); len(unseen) > 0 {
			t.Errorf("%s: has the focus, and does not look it: %q", hash, unseen)
		}
	}
}
