package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestEventsChangeWhatIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "")
	b.text("7.19k/s in")
	topology := stored(t, "topology")
	lb1 := topology["sections"].([]any)[0].(map[string]any)["peers"].([]any)[2].(map[string]any)
	lb1["updates_in_rate"], lb1["state"] = 12345, "down"
	s.push("state", map[string]any{"topology": topology})
	b.text("2 peers of section cluster are down: lb1, lb4")
	s.push("lint", map[string]any{"findings": []any{}})
	b.sees(`!document.querySelector('nav .badge')`, "what lint no longer finds is gone at once")
}

func TestTopKeysComeWithTheEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "#/tables/cluster/web.agg")
	eventually(t, "the top keys of the table are subscribed to", func() bool {
		return slices.Contains(s.calls(), "GET events?section=cluster&table=web.agg&top=20&by=http_req_rate")
	})
	b.sees(`document.querySelectorAll('.keys tbody tr').length === 20`, "the first answer")
	eventually(t, "one connection is left", func() bool { return s.listeners() == 1 })
	top := stored(t, "entries")
	top["entries"] = top["entries"].([]any)[:3]
	b.sees(`document.querySelector('.link.l-live')`, "it is live again")
	s.push("top", top)
	b.sees(`document.querySelectorAll('.keys tbody tr').length === 3`, "what is pushed is shown")
	b.run(chromedp.Navigate(s.URL + "/#/lint"))
	eventually(t, "elsewhere they are not wanted", func() bool { return slices.Contains(s.calls()[1:], "GET events") })
}

func TestEventsArePausedAndFiltered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "#/events")
	b.text("Nothing has happened since")
	b.log()
	b.sees(`document.querySelectorAll('.event').length === 6 && document.querySelector('.event').textContent.includes('session established')`, "the newest first")
	b.run(chromedp.SetValue(chromedp.CSS("#level"), "warning"), chromedp.Evaluate[chromedp.Void](`document.querySelector('#level').dispatchEvent(new Event('change'))`))
	b.sees(`document.querySelectorAll('.event').length === 2`, "warnings and worse")
	b.run(chromedp.SendKeys(chromedp.CSS("#words"), "OFFSET"))
	b.sees(`document.querySelectorAll('.event').length === 1`, "with the word, in whatever case")
	b.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	b.press("p")
	b.text("Go on")
	s.push("log", map[string]any{"at": "2026-03-02T02:14:09.000Z", "level": "err", "text": "another offset", "section": nil, "peer": nil})
	s.push("dropped", map[string]any{"count": 7})
	b.text("paused: 1 more since", "7 came too fast")
	b.sees(`document.querySelectorAll('.event').length === 1`, "what is read does not move")
	b.press("p")
	b.text("another offset")
}

// TestStale: an operator must never read old numbers as new ones.
func TestStale(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "")
	b.allow("503", "ERR_INCOMPLETE_CHUNKED_ENCODING", "network:")
	b.text("7.19k/s in")
	s.cut(503)
	b.text("Stale since ", "Everything below is old", "tallystick is stopping", "Next try in")
	b.sees(`document.querySelector('main.old') && document.title.startsWith('(old)') && document.querySelector('.link').textContent === 'stale'`, "all says that it is old")
	b.sees(`document.querySelector('.stale-banner').getAttribute('role') === 'alert'`, "a screen reader says it at once")
	b.text("7.19k/s in")
	b.shot("stale")
	s.cut(0)
	b.sees(`document.querySelector('.link.l-live') && !document.querySelector('main.old') && !document.querySelector('.stale-banner')`, "once it answers again, all is live")
}

func TestNothingIsSentToATabThatNobodySees(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "")
	look := func(state string) {
		b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`Object.defineProperty(document, 'visibilityState', { value: %q, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`, state)))
	}
	look("hidden")
	eventually(t, "the connection is given up", func() bool { return s.listeners() == 0 })
	b.sees(`document.querySelector('main.old') && document.querySelector('.link').textContent === 'paused'`, "what is left is marked as old")
	look("visible")
	b.sees(`document.querySelector('.link.l-live')`, "and live again once somebody looks")
}

// TestSilenceIsNotLife: a connection on which nothing comes, not even a keep-alive, is dead, whatever TCP thinks.
func TestSilenceIsNotLife(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "")
	got := value(b, chromedp.Evaluate[string](`(async () => {
		const { createLive } = await import('/lib/live.js');
		const live = createLive(() => true, 300);
		const said = new Promise((done) => live.subscribe((s) => s.link === 'stale' && done(s.error.message)));
		live.seen();
		return said;
	})()`, chromedp.EvalAwaitPromise))
	if !strings.Contains(got, "nothing was heard for 0.3 s") {
		t.Errorf("it says %q", got)
	}
}

func TestErrorsOfTheAPIAreOfUse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.answer("GET tables/cluster/web.agg/entries", 400, map[string]any{"error": map[string]any{"code": "no_such_column", "message": "no column http_req_rat", "did_you_mean": "http_req_rate"}})
	s.answer("GET history", 503, map[string]any{"error": map[string]any{"code": "not_now", "message": "the history is not there yet", "did_you_mean": nil}})
	b := open(t, s, "#/tables/cluster/web.agg")
	b.allow("answer 400", "answer 503", "status of 400", "status of 503")
	b.text("no column http_req_rat", "Did you mean http_req_rate?", "Try again")
	b.run(chromedp.Navigate(s.URL + "/#/tables"))
	b.text("the history is not there yet", "tallystick is starting or stopping")
	b.run(chromedp.Navigate(s.URL + "/#/tables/cluster/web.agg/key/nix"))
	b.allow("answer 404", "status of 404")
	b.text("nothing is known of this", "It may have gone with a reload")
	s.answer("POST adopt", 403, map[string]any{})
	b.allow("answer 403", "status of 403")
	b.run(chromedp.Navigate(s.URL+"/#/adopt"), chromedp.SendKeys(chromedp.CSS("#node-0"), "lb1"), chromedp.Click(chromedp.CSS("button.main")))
	b.text("the API answers 403", "the http line of the configuration says who may do this")
}
