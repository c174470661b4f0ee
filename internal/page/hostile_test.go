package page

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// hostile are texts that a client of a client may choose: keys, and with dynamic-peers names.
func hostile() []string {
	keys := []string{
		`<script>window.pwned=1</script>`, `<img src=x onerror=window.pwned=1>`, `"><svg onload=window.pwned=1>`, `' onmouseover='window.pwned=1`,
		`javascript:window.pwned=1`, `</title><script>window.pwned=1</script>`, `<!--`, `-->`, `]]>`, `<style>*{display:none}</style>`,
		`&lt;b&gt;`, `&#x3c;script&#x3e;`, `${window.pwned=1}`, `{{constructor.constructor('window.pwned=1')()}}`, "`window.pwned=1`",
		`<iframe srcdoc="<script>parent.pwned=1</script>">`, `<a href=javascript:pwned=1>x</a>`, `<base href=//x>`, `<meta http-equiv=refresh content=0>`,
		"\x00", "a\x00b", "\x1b[31mred\x1b[0m", "line\nbreak", "tab\there", "\r\nSet-Cookie: a=b", "bell\a", "del\x7f", "\u0085next",
		"\u202egnp.exe", "abc\u202e\u2066def", "\u2067rtl\u2069", "\u200fmark", "\u061cletter", "שלום עולם", "العربية 123", "mixed אבג abc",
		"zero\u200bwidth", "soft\u00adhyphen", "\ufeffbom", "line\u2028separator", "tag\U000e0041", "private\ue000", "nbsp\u00a0here",
		"👩‍💻 🏳️‍🌈 🇩🇪", "e" + strings.Repeat("\u0301", 60), "Z" + strings.Repeat("\u0335\u0360\u034f", 40), "ﷺ﷽", "𒐫𒈙⸻",
		strings.Repeat("A", 16384), strings.Repeat("x\u202e", 3000), " leading and trailing ", "", ".", "..", "a/b?c#d%2f%00", "__proto__", "constructor",
		"toString", `\x00\\`, "%", "key", "NaN",
	}
	return keys
}

// TestHostileKeysAreText shows each of them as a key, as the name of a peer, in a log line and in a finding.
func TestHostileKeysAreText(t *testing.T) {
	t.Parallel()
	keys := hostile()
	if len(keys) < 50 {
		t.Fatalf("%d keys only", len(keys))
	}
	s := newSite(t)
	entries := stored(t, "entries")
	model := entries["entries"].([]any)[0].(map[string]any)
	var list, findings []any
	for i, k := range keys {
		e := map[string]any{"key": map[string]any{"text": k, "hex": nil}, "sum": model["sum"], "shares": model["shares"], "expires_ms": i}
		list = append(list, e)
		findings = append(findings, map[string]any{"rule": "r", "severity": "error", "section": "cluster", "peer": k, "table": k, "text": k, "fix": k, "since": nil, "doc": k})
	}
	entries["entries"] = list
	s.answer("GET tables/cluster/web.agg/entries", 200, entries)
	s.answer("GET lint", 200, map[string]any{"findings": findings})
	history := stored(t, "history_keys")
	for i, k := range history["keys"].([]any) {
		k.(map[string]any)["key"] = map[string]any{"text": keys[i*3], "hex": nil}
	}
	s.answer("GET history/keys", 200, history)
	s.answer("GET topology", 200, named(t, keys))
	want, _ := json.Marshal(keys)

	b := open(t, s, "#/tables/cluster/web.agg")
	b.sees(fmt.Sprintf(`document.querySelectorAll('.keys tbody tr').length === %d`, len(keys)), "a row for each key")
	b.sees(`document.querySelectorAll('.chart canvas').length === 2`, "and lines")
	b.harmless("table")
	// Each row leads to its own key, and tells it whole: nothing that hides is left in what is shown.
	wrong := value(b, chromedp.Evaluate[[]string](fmt.Sprintf(`(async () => {
		const { parse } = await import('/lib/route.js');
		const { full } = await import('/lib/text.js');
		const keys = %s, wrong = [];
		document.querySelectorAll('.keys tbody tr').forEach((row, i) => {
			const link = row.querySelector('th a').getAttribute('href');
			if (parse(link).key !== keys[i].toWellFormed()) wrong.push('leads elsewhere: ' + i);
			const shown = row.querySelector('th').textContent;
			if (/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/.test(shown)) wrong.push('hides something: ' + i);
			if (keys[i] && row.querySelector('bdi').title !== full(keys[i])) wrong.push('title: ' + i);
			if (row.getBoundingClientRect().height > 40) wrong.push('higher than a row: ' + i + ' ' + row.getBoundingClientRect().height);
			if (shown.length > 400) wrong.push('not cut: ' + i);
		});
		return wrong;
	})()`, want), chromedp.EvalAwaitPromise))
	for _, w := range wrong {
		t.Error(w)
	}
	b.shot("hostile")

	for _, v := range []struct{ hash, ready string }{
		{"#/", `document.querySelectorAll('.drawing a').length > 10`},
		{"#/lint", `document.querySelectorAll('.finding').length > 50`},
		{"#/events", `document.querySelector('h1').textContent === 'Events'`},
		{"#/find/" + strings.ReplaceAll("%3Cscript%3Ewindow.pwned%3D1%3C%2Fscript%3E", " ", ""), `document.querySelector('h1').textContent.startsWith('<script>')`},
		{"#/tables/cluster/web.agg/key/%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E", `document.querySelector('h1').textContent.startsWith('<img')`},
		{"#/peers/cluster/%3Cscript%3Ewindow.pwned%3D1%3C%2Fscript%3E", `document.querySelector('h1').textContent.includes('<script>')`},
	} {
		b.allow("404")
		b.run(chromedp.Navigate(s.URL + "/" + v.hash))
		b.sees(v.ready, v.hash)
		if v.hash == "#/events" {
			for _, k := range keys {
				s.push("log", map[string]any{"at": "2026-03-02T02:14:09.000Z", "level": "info", "text": k, "section": "cluster", "peer": k})
			}
			b.sees(fmt.Sprintf(`document.querySelectorAll('.event').length === %d`, len(keys)), "a line for each")
		}
		b.harmless(v.hash)
	}
}

// named is the topology with nodes of these names.
func named(t *testing.T, names []string) map[string]any {
	topology := crowd(t, len(names))
	section := topology["sections"].([]any)[0].(map[string]any)
	for i, p := range section["peers"].([]any) {
		p.(map[string]any)["name"] = names[i]
	}
	section["levels"].([]any)[1].(map[string]any)["groups"].([]any)[0].(map[string]any)["peers"] = names
	return topology
}

// harmless looks whether anything has become more than text.
func (b *tab) harmless(where string) {
	b.t.Helper()
	if eval[bool](b, `'pwned' in window`) {
		b.t.Errorf("%s: a key has run", where)
	}
	if got := eval[[]string](b, `[...document.querySelectorAll('main script, main img, main iframe, main style, main base, main meta, main [onerror], main [onload], main [onmouseover], a[href^="javascript:"]')].map((e) => e.outerHTML.slice(0, 100))`); len(got) > 0 {
		b.t.Errorf("%s: a key has become %q", where, got)
	}
	if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		b.t.Errorf("%s: a key makes the page %d pixels wider than the screen", where, wide)
	}
}
