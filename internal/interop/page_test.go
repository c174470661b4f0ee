package interop

import (
	"context"
	"fmt"
	"github.com/chromedp/chromedp"
	"net"
	"slices"
	"strings"
	"testing"

	"tallystick/internal/fakepeer"
	"tallystick/internal/haproxytest"
	"tallystick/internal/stick"
)

// hostileKeys are what clients of clients may send where a string is counted.
var hostileKeys = []string{
	"", ".", "..", "...", "/", "//", "a/b", "../..", "%", "%2e", "%2F", "%00", "a?b=c", "a#b", "a&b", "a+b", "a;b", "\\", "\\x2e", `\x00\\`, `"`, "'",
	`"><svg onload=window.pwned=1>`, `' onmouseover='window.pwned=1`, "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>",
	"</title><script>window.pwned=1</script>", "<!--", "]]>", "&lt;b&gt;", "${window.pwned=1}", "{{constructor.constructor('window.pwned=1')()}}",
	"`window.pwned=1`", "javascript:window.pwned=1", "<base href=//x>", " ", " leading and trailing ", "tab\there", "line\nbreak", "\r\nSet-Cookie: a=b", "\x01",
	"\x1b[31mred\x1b[0m", "del\x7f", "\xff\xfe", "\xc3", "\u202egnp.exe", "\u2067rtl\u2069", "שלום", "العربية", "👩‍💻", "e" + strings.Repeat("\u0301", 20), "\ufeffbom",
	"__proto__", "constructor", "toString", "key", "NaN", "null", "0", strings.Repeat("A", 250),
}

// strange is a node whose clients send such keys: the i-th of them i+1000 times.
func strange(t testing.TB, addr string) *fakepeer.Node {
	words := &stick.Schema{Name: "/words", KeyType: stick.String, KeyLen: 256, Expire: 600_000, Columns: []stick.Column{{Type: stick.HTTPReqCnt, Len: 1}}}
	n := fakepeer.New(fakepeer.Config{Name: "strange", Peer: name, PID: 4711, Tables: []*stick.Schema{words},
		Dial: func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", addr) }})
	for i, k := range hostileKeys {
		n.Touch("/words", k, fakepeer.Set(stick.HTTPReqCnt, uint64(1000+i)))
	}
	n.Start()
	t.Cleanup(n.Stop)
	return n
}

// TestPageOfTheProgram looks at a cluster through the page, as an operator does: real nodes, of which one lacks a twin, and
// one whose clients mean harm.
func TestPageOfTheProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rates := haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_cnt,http_req_rate(10s)", Track: haproxytest.Key}
	a := w.aggregator(name, "global\n    http {http}\naggregations data\n    from any to .agg\n    peer "+name+" {"+name+"} local\n    peer lb1\n    peer lb2\n    peer strange\n")
	lb1 := w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, 2), Name: "lb1", Tables: withTwins(rates)}, name)
	w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, 0), Name: "lb2", Tables: []haproxytest.Table{rates}}, name)
	strange(t, w.addr(name))
	w.everybody().shares("client", 5)
	a.linked("lb1", "lb2", "strange")
	url := "http://" + w.addr("http") + "/"
	b := browse(t, url)
	b.sees(`document.querySelector('.link.l-live') && document.querySelectorAll('.card.s-up').length === 3`, "all three are up")

	b.sums(w.nodes)
	b.hostile()
	b.lint(w)
	b.live(lb1)
	b.adopt()
	for _, v := range []struct{ hash, ready string }{
		{"#/", `document.querySelectorAll('.card').length === 3`},
		{"#/tables", `document.querySelectorAll('.spark canvas').length === 2`},
		{"#/find/client", `document.querySelector('main').textContent.includes('in 1 of 2 tables')`},
		{"#/events", `document.querySelectorAll('.event').length > 2`},
	} {
		b.to(v.hash)
		b.sees(v.ready, v.hash)
	}

	b.allow("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "503")
	a.stop(a.process)
	a.down = true
	b.sees(`document.querySelector('main.old') && document.querySelector('.link').textContent === 'stale' && document.title.startsWith('(old)')`, "who has stopped has no news")
	a.start()
	b.sees(`document.querySelector('.link.l-live') && !document.querySelector('main.old')`, "whoever comes again is seen to be there")
	b.to("#/tables/data/%2Frates.agg")
	b.sums(w.nodes)
}

// sums holds what is shown against what the nodes' own tables have.
func (b *tab) sums(nodes []*haproxytest.HAProxy) {
	b.t.Helper()
	want := 0
	var parts []string
	for _, n := range nodes {
		row, err := n.Row("/rates", "client")
		if err != nil {
			b.t.Fatal(err)
		}
		want += int(row.Numbers["http_req_cnt"])
		parts = append(parts, fmt.Sprint(row.Numbers["http_req_cnt"]))
	}
	b.to("#/tables/data/%2Frates.agg?by=http_req_cnt")
	b.sees(fmt.Sprintf(`document.querySelector('.keys tbody .strong .num').title === '%d'`, want), "the sum is that of the nodes")
	b.sees(`document.querySelector('.keys .stack').children.length === 2`, "of which each has its part")
	eval[bool](b, `document.querySelector('.keys tbody a').click(), true`)
	b.sees(fmt.Sprintf(`[...document.querySelectorAll('.formula')].some((f) => f.dataset.copy === '%d = %s')`, want, strings.Join(parts, " + ")), "and that is explained")
	b.picture("key")
	b.sees(`document.querySelector('#minutes').closest('section').querySelector('.chart canvas, .empty')`, "with its line, or why there is none")
}

// hostile opens each key by a click, and goes back.
func (b *tab) hostile() {
	b.t.Helper()
	b.to("#/tables/data/%2Fwords.agg?by=http_req_cnt&n=100")
	b.sees(fmt.Sprintf(`document.querySelectorAll('.keys tbody tr').length === %d`, len(hostileKeys)), "a row for each key")
	wrong := eval[[]string](b, fmt.Sprintf(`(async () => {
		const n = %d, wrong = [], rows = () => document.querySelectorAll('.keys tbody tr');
		const until = async (f) => {
			for (const end = Date.now() + 15000; !f(); await new Promise((go) => setTimeout(go, 5))) if (Date.now() > end) return false;
			return true;
		};
		for (let i = 0; i < n; i++) {
			if (!(await until(() => rows().length === n))) return [...wrong, 'the table does not come back'];
			const row = rows()[i], name = row.querySelector('bdi, .esc').title || row.querySelector('th').textContent;
			const value = Number(row.querySelector('.strong .num').title);
			if (value !== 1000 + n - 1 - i) wrong.push('the largest first: ' + value + ' in row ' + i);
			row.querySelector('a').click();
			const there = await until(() => document.querySelector('.key-title') && document.querySelector('.formula, .view > .failed, .view > .empty'));
			const formula = document.querySelector('.formula');
			const h1 = document.querySelector('h1'), shown = h1.querySelector('bdi') ? h1.querySelector('bdi').title : h1.textContent;
			if (!there || !formula || formula.textContent !== value + ' = ' + value) wrong.push(name + ': ' + document.querySelector('main').innerText.slice(0, 300));
			if (shown !== name) wrong.push(name + ' is called ' + shown);
			if (document.querySelector('main script, main img, main iframe, main base, main [onerror], main [onload], main [onmouseover]') || 'pwned' in window) wrong.push(name + ' has come to life');
			history.back();
		}
		return wrong;
	})()`, len(hostileKeys)))
	for _, w := range wrong {
		b.t.Error(w)
	}
}

// lint looks for what is wrong at lb2, where it is wrong, with the line that mends it.
func (b *tab) lint(w *world) {
	b.t.Helper()
	const line = "table rates.agg type string len 16 size 100k expire 10m store http_req_cnt,http_req_rate(10s)"
	has := fmt.Sprintf(`[...document.querySelectorAll('.fix code')].some((c) => c.textContent === %q)`, line)
	for _, v := range []struct{ hash, ready, why string }{
		{"#/", `[...document.querySelectorAll('.card')].find((c) => c.textContent.includes('lb2')).querySelector('.mark.v-error')`, "red at its card"},
		{"#/peers/data/lb2", `document.querySelector('.brief .v-error') && ` + has, "and at the peer"},
		{"#/tables/data/%2Frates.agg", `document.querySelector('.brief .v-error') && ` + has, "and at the table"},
		{"#/lint", `document.querySelector('.finding.v-error') && document.querySelector('nav .badge') && ` + has, "and in the list"},
	} {
		b.to(v.hash)
		b.sees(v.ready, v.why)
	}
	b.picture("lint")
}

// live looks whether what a node counts is shown though nobody asks: as an event.
func (b *tab) live(n *haproxytest.HAProxy) {
	b.t.Helper()
	b.to("#/peers/data/lb1")
	const updates = `[...document.querySelectorAll('#flow')].map((h) => [...h.closest('section').querySelectorAll('dl div')].find((d) => d.textContent.startsWith('Updates from it')).querySelector('.num').title)[0]`
	b.sees(updates, "it has updates")
	before := eval[string](b, updates)
	if _, err := n.Request("client", 7); err != nil {
		b.t.Fatal(err)
	}
	b.sees(fmt.Sprintf("%s !== %q", updates, before), "news arrive")
	asked := eval[[]string](b, `performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname)`)
	if slices.Contains(asked, "/api/v1/topology") || slices.Contains(asked, "/api/v1/peers") {
		b.t.Error("the page asks for what is told to it")
	}
}

// adopt fills the form, and gets files.
func (b *tab) adopt() {
	b.t.Helper()
	b.to("#/adopt")
	b.sees(`document.querySelector('#node-0')`, "the form")
	b.do(chromedp.SendKeys(chromedp.CSS("#node-0"), "lb1"), chromedp.SendKeys(chromedp.CSS("#node-at-0"), "192.0.2.11:10000"), chromedp.SendKeys(chromedp.CSS("#agg-at"), "192.0.2.5:10000"), chromedp.Click(chromedp.CSS("button.main")))
	b.sees(`document.querySelectorAll('.file').length >= 2`, "files for the node and for us")

	b.sees(`document.querySelector("main").textContent.includes("aggregations")`, "ours is among them")
}
