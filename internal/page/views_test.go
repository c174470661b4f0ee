package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestOverviewDrawsTheTopology(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "")
	b.sees(`document.querySelectorAll('.drawing .card').length === 13`, "a card for each of the thirteen peers")
	b.text("Section cluster", "Section api", "agg1.example.net", "group eu · eu1 leads", "replicas · top1 leads", "shard 1/2")
	b.sees(`document.querySelectorAll('.drawing .frame').length === 2`, "frames for the group eu and for the replicas above")
	// A state is colour, shape and word; and what lint has found stands at the peer.
	b.sees(`document.querySelector('.card.s-down .g-down') && /down/.test(document.querySelector('.card.s-down .word').textContent)`, "a cross and the word")
	b.sees(`[...document.querySelectorAll('.card')].find((c) => c.textContent.includes('lb3')).querySelector('.mark.v-error')`, "lint's error at lb3")
	b.text("lesson: 48\u202f210 rows", "warming up 2/3", "7.19k/s in")
	// Up above, us between, nodes and aggregators below.
	y := func(name string) string {
		return fmt.Sprintf(`[...document.querySelectorAll('.drawing .name')].find((n) => n.textContent === %q).getBoundingClientRect().y`, name)
	}
	for _, pair := range [][2]string{{"top1", "agg1"}, {"agg1", "lb1"}, {"lb1", "eu1"}} {
		b.sees(y(pair[0])+" < "+y(pair[1]), pair[0]+" stands above "+pair[1])
	}
}

func TestOverviewSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	info, topology := stored(t, "info"), stored(t, "topology")
	info["reload"] = map[string]any{"at": "2026-03-02T02:00:00.000Z", "good": false, "message": "tallystick.cfg:12: unknown keyword 'no-asend'"}
	topology["sections"].([]any)[0].(map[string]any)["observe"] = true
	s.answer("GET info", 200, info)
	s.answer("GET topology", 200, topology)
	b := open(t, s, "")
	b.text("The last reload was refused: tallystick.cfg:12", "The configuration from before it still serves",
		"Section cluster only observes: nothing is pushed", "Section api is warming up: 2 of 3 members have given their lesson",
		"1 peer of section cluster is down: lb4", "Lint has found 2 errors")
	b.sees(`document.querySelector('.banner progress').value === 2`, "the warm-up is a bar")
	b.sees(`[...document.querySelectorAll('.banner')].map((x) => x.className.includes('error')).join().startsWith('true,true,true,false')`, "the worst first")
}

// TestOverviewOfManyPeers: with more peers the cards shrink, and then become a grid.
func TestOverviewOfManyPeers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "")
	for _, c := range []struct {
		peers, big, small, tiles int
	}{{2, 2, 0, 0}, {16, 0, 16, 0}, {64, 0, 4, 64}, {1000, 0, 12, 1000}} {
		t.Run(fmt.Sprint(c.peers), func(t *testing.T) {
			s.push("state", map[string]any{"topology": crowd(t, c.peers)})
			b.sees(fmt.Sprintf(`document.querySelectorAll('.tile').length === %d && document.querySelectorAll('.card').length === %d`, c.tiles, c.big+c.small), "tiles and cards")
			b.sees(fmt.Sprintf(`document.querySelectorAll('.card .more').length === %d`, c.big), "big cards tell where the peer comes from")
			if c.peers == 1000 {
				b.text("40 down", "more in trouble than shown above", "Show all 1000")
				if h := eval[float64](b, `document.querySelector('.drawing').getBoundingClientRect().height`); h > 1100 {
					t.Errorf("the drawing of 1000 peers is %v pixels high: nobody sees it at once", h)
				}
				b.shot("crowd-1000")
			}
		})
	}
}

// crowd is a section with n nodes, one in 25 of them down.
func crowd(t *testing.T, n int) map[string]any {
	topology := stored(t, "topology")
	section := topology["sections"].([]any)[0].(map[string]any)
	model := section["peers"].([]any)[2].(map[string]any)
	var peers []any
	var names []string
	for i := range n {
		p := map[string]any{}
		for k, v := range model {
			p[k] = v
		}
		p["name"] = fmt.Sprintf("pod-%04d", i)
		if i%25 == 3 && n > 16 {
			p["state"] = "down"
		}
		if i%25 == 3 && n == 64 && i > 50 {
			p["state"] = "learning"
		}
		if n == 64 && i == 60 {
			p["state"] = "never"
		}
		peers, names = append(peers, p), append(names, p["name"].(string))
	}
	section["peers"] = peers
	section["levels"] = []any{map[string]any{"role": "us", "groups": []any{}}, map[string]any{"role": "node", "groups": []any{map[string]any{"group": "", "leader": nil, "peers": names}}}}
	topology["sections"] = []any{section}
	return topology
}

func TestTables(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/tables")
	b.text("web.agg", "relayed from above", "lb3: it has not declared the table", "lb2: 48211 behind", "1 note", "eu1 leads")
	b.sees(`document.querySelectorAll('.spark canvas').length === 5`, "a line for each table")
	b.sees(`document.querySelector('a[href="#/tables/cluster/%2Flogin.agg"]')`, "the slash of /login.agg is encoded")
	// Short to read, exact on hover.
	b.sees(`[...document.querySelectorAll('.num')].some((n) => n.textContent === '413k' && n.title === '412806')`, "413k, and 412806 on hover")
}

func TestTable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "#/tables/cluster/web.agg")
	b.sees(`document.querySelectorAll('.keys tbody tr').length === 20`, "the top keys")
	b.sees(`document.querySelector('.keys .sorted').textContent.startsWith('http_req_rate')`, "a rate of requests is what one looks at first")
	// A bar has the share of each node that counts, in the node's colour, and the widest fills its cell.
	b.sees(`document.querySelectorAll('.keys tr .stack')[0].children.length === 5`, "five nodes count")
	b.sees(`(() => { const [bar] = document.querySelectorAll('.keys .stack'); const w = [...bar.children].reduce((n, i) => n + i.getBoundingClientRect().width, 0); return Math.abs(w - bar.clientWidth) < 12; })()`, "the largest sum fills the width")
	b.sees(`document.querySelector('.stack .n0').title.startsWith('lb1: ')`, "lb1 has the first colour, also here")
	b.run(chromedp.Click(chromedp.CSS(`.keys thead th:nth-child(4) button`)))
	b.sees(`location.hash.includes('by=conn_cur') && document.querySelector('#by').value === 'conn_cur'`, "another column is another address")
	b.run(chromedp.NavigateBack())
	b.sees(`document.querySelector('#by').value === 'http_req_rate'`, "back is back")
	// The filter is HAProxy's, and wrong words are told before they are sent.
	b.write("#filter", "data.http_req_rat gt 100")
	b.text("no column “http_req_rat”; it has http_req_cnt, http_req_rate")
	b.write("#filter", "data.http_req_rate gt 100 data.conn_cur ge 1\r")
	eventually(t, "the filters are asked for", func() bool {
		return slices.ContainsFunc(s.calls(), func(c string) bool {
			return strings.Contains(c, "entries?top=20&by=http_req_rate&filter=data.http_req_rate%20gt%20100&filter=data.conn_cur%20ge%201")
		})
	})
	b.text("only data.http_req_rate gt 100 and data.conn_cur ge 1")
}

func TestKeyIsExplained(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/tables/cluster/web.agg/key/192.0.2.77")
	b.text("75040 = 51107 + 0 + 0 + 23933", "has no such column", "stands by: eu1 leads", "expired", "12\u202fmin", "ago", "Have not reported it: lb9",
		"sent, not acked yet", "it has not declared the table", "reads http_req_rate", "75\u202f040")
	b.sees(`document.querySelectorAll('.chart canvas').length === 1`, "the line of its last minutes")
	b.sees(`[...document.querySelectorAll('.column')][0].querySelectorAll('tr.out').length === 3`, "three that do not count look it")
}

func TestFindLooksInAllTables(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "#/find/192.0.2.77")
	b.text("in 1 of 5 tables", "web.agg")
	eventually(t, "each table is asked", func() bool {
		return slices.ContainsFunc(s.calls(), func(c string) bool {
			return strings.HasPrefix(c, "GET tables/cluster/%2Flogin.agg/entries?key=192.0.2.77")
		})
	})
}

func TestLint(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/lint")
	b.sees(`[...document.querySelectorAll('.finding .severity')].map((x) => x.textContent).join() === 'error,error,warning,warning,warning,notice'`, "the worst first")
	// What is copied is the line, as it is.
	b.run(chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }`))
	b.run(chromedp.Click(chromedp.CSS(".finding .copy")))
	b.sees(`window.copied === 'table web.agg type ip size 1m expire 10m store http_req_cnt,http_req_rate(60s),conn_cur,bytes_out_rate(60s)'`, "the line to write is copied")
	b.sees(`document.querySelector('.finding .copy').textContent.includes('copied')`, "and that is said")
	b.run(chromedp.Click(chromedp.CSS(".bar button:nth-child(2)")))
	b.sees(`document.querySelectorAll('.finding').length === 2`, "only errors")
}

func TestPeer(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/peers/cluster/lb4")
	b.text("update of table 7 which was never defined (offset 48213)", "it had a session and has none now", "lb4 has had no session for 12 minutes", "/login.agg")
}

func TestAdoptPostsWhatIsAgreed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "#/adopt")
	b.sees(`document.querySelector('button.main').disabled`, "without a node there is nothing to write")
	b.run(chromedp.SendKeys(chromedp.CSS("#node-0"), "lb1"), chromedp.SendKeys(chromedp.CSS("#node-at-0"), "192.0.2.11:10000"),
		chromedp.SendKeys(chromedp.CSS("#agg-at"), "192.0.2.5:10000"), chromedp.Click(chromedp.CSS("button.main")))
	b.text("haproxy.cfg", "tallystick.cfg", "Start tallystick first", "table web.agg type ip size 2m")
	want := `{"nodes":[{"name":"lb1","address":"192.0.2.11:10000"}],"tables":[{"name":"web","type":"ip","length":null,"expire":"10m","store":"http_req_rate(10s)",` +
		`"limits":[{"column":"http_req_rate","period":"10s","value":100}]}],"aggregator":{"name":"agg1","address":"192.0.2.5:10000"}}`
	if got := string(s.posted); got != want {
		t.Errorf("posted\n%s\nwant\n%s", got, want)
	}
	b.run(chromedp.Click(chromedp.CSS(".adopt .bar button:nth-child(2)")), chromedp.SendKeys(chromedp.CSS("#cfg"), "peers p"), chromedp.Click(chromedp.CSS("button.main")))
	eventually(t, "the file is posted", func() bool {
		return json.Valid(s.posted) && string(s.posted) == `{"haproxy_cfg":"peers p","aggregator":{"name":"agg1","address":"192.0.2.5:10000"}}`
	})
}

func TestBackAndUnknownAddresses(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/tables")
	b.run(chromedp.Click(chromedp.CSS(`a[href="#/tables/cluster/web.agg"]`)))
	b.sees(`document.title.startsWith('web.agg') && document.activeElement.tagName === 'H1'`, "a new view is said, and has the focus")
	b.run(chromedp.Click(chromedp.CSS(`.keys a`)))
	b.sees(`location.hash === '#/tables/cluster/web.agg/key/192.0.2.77'`, "a key has an address of its own")
	b.run(chromedp.NavigateBack(), chromedp.NavigateBack())
	b.sees(`document.querySelector('h1').textContent === 'Tables'`, "the back button goes back")
	for hash, words := range map[string]string{
		"#/nowhere": "No such view", "#/tables/cluster/nix": "publishes no table nix", "#/peers/cluster/nix": "No such peer", "#/tables/%zz": "No such view",
	} {
		b.run(chromedp.Navigate(b.s.URL + "/" + hash))
		b.text(words)
	}
}
