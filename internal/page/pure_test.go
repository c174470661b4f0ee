package page

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// pure are calls of the modules under static/lib, which touch neither page nor network, and what they give, as JSON.
var pure = []struct{ call, want, why string }{
	{`format.human(99999)`, `"99\u202f999"`, "up to 99 999 all digits"},
	{`format.human(412806)`, `"413k"`, "above it three"},
	{`format.human(1204118)`, `"1.20M"`, ""},
	{`format.human(999499)`, `"999k"`, ""},
	{`format.human(999501)`, `"1.00M"`, "never 1000k"},
	{`format.human(18446744073709552000)`, `"18447P"`, "a counter at its end is still a number"},
	{`format.human(null)`, `"–"`, "unknown is never 0"},
	{`format.human(0.25)`, `"0.3"`, ""},
	{`format.human(-250000)`, `"-250k"`, "gpt may be signed"},
	{`format.short(21840)`, `"21.8k"`, ""},
	{`format.short(999)`, `"999"`, ""},
	{`format.exact(9007199254740993)`, `"about 9007199254740992"`, "JSON has lost the last digit, and that is said"},
	{`format.exact(null)`, `"not known"`, ""},
	{`format.bytes(412345678)`, `"393\u202fMiB"`, ""},
	{`format.bytes(1023.9)`, `"1.00\u202fKiB"`, ""},
	{`format.duration(412)`, `"412\u202fms"`, ""},
	{`format.duration(734000)`, `"12\u202fmin 14\u202fs"`, "two units"},
	{`format.duration(86400000)`, `"1\u202fd"`, "none that is 0"},
	{`format.duration(59999)`, `"1\u202fmin"`, "rounded as a whole"},
	{`format.duration(-1)`, `"–"`, "clocks that differ give no time below 0"},
	{`format.percent(1, 1000)`, `"<1\u202f%"`, "what is there is not 0 %"},
	{`format.percent(999, 1000)`, `">99\u202f%"`, "what is missing is not 100 %"},
	{`format.percent(1, 0)`, `"0\u202f%"`, ""},
	{`text.visible('a\u202eb\u0000c')`, `"a\\u{202e}b\\x00c"`, "what turns or hides is shown"},
	{`text.visible('e\u0301')`, `"e\u0301"`, "an accent is a letter"},
	{`text.visible('e\u0301\u0301\u0301')`, `"e\u0301\u0301\\u{301}"`, "a tower of them is not"},
	{`text.visible('\u0301a')`, `"\\u{301}a"`, "a mark on nothing would stand on what is before"},
	{`text.visible('\ud800')`, `"\\u{d800}"`, "half a pair"},
	{`text.middle('abcdefghij', 7)`, `"abcd…ij"`, "cut in the middle: keys differ at their ends"},
	{`text.middle('abc', 7)`, `"abc"`, ""},
	{`Array.from(text.middle('👩'.repeat(99), 7)).length`, `7`, "by characters, none is halved"},
	{`filter.parse('data.conn_cur gt 1', cols).filters`, `["data.conn_cur gt 1"]`, ""},
	{`filter.parse('data.gpc1 eq 0 data.gpc[2] ne 1', cols).filters.length`, `2`, "elements of arrays in both spellings"},
	{`filter.parse('key 192.0.2.1', cols).key`, `"192.0.2.1"`, ""},
	{`filter.parse('', cols)`, `{"error":null,"filters":[],"key":null}`, "nothing is no error"},
	{`filter.parse('conn_cur gt 1', cols).error`, `"“conn_cur”: a filter begins with data.COLUMN or key"`, ""},
	{`filter.parse('data.conn_cur > 1', cols).error`, `"after “data.conn_cur” comes one of eq, ne, lt, le, gt, ge"`, ""},
	{`filter.parse('data.conn_cur gt x', cols).error`, `"after “data.conn_cur gt” comes a whole number"`, ""},
	{`filter.parse('data.server_key eq 1', [{name:'server_key',kind:'text'},{name:'a',kind:'gauge'}]).filters.length`, `1`, "the server has the last word on it"},
	{`filter.parse('data.conn_cur gt 1 '.repeat(5), cols).error`, `"at most 4 filters are possible, as in HAProxy"`, ""},
	{`route.parse('#/tables/s/%2Flogin.agg/key/a%2Fb?by=x').key`, `"a/b"`, "slashes in names and keys"},
	{`route.parse('#/tables/s/%2Flogin.agg').table`, `"/login.agg"`, ""},
	{`route.parse('#/tables/%').view`, `"lost"`, "a % that encodes nothing"},
	{`route.parse(route.link('key', 's', 't', '..')).key`, `".."`, ""},
	{`route.pathWord('..')`, `"%5Cx2e%5Cx2e"`, "a browser would take .. out of the path"},
	{`route.pathWord('a.b')`, `"a.b"`, ""},
	{`route.withQuery('#/tables/s/t?by=a&n=10', {by: 'b', n: null})`, `"#/tables/s/t?by=b"`, ""},
	{`layout.sizeOf(12) + layout.sizeOf(13) + layout.sizeOf(41)`, `"bigsmallgrid"`, ""},
	{`layout.lines([{group:'', peers:[{name:'a'},{name:'b'},{name:'c'}]}], 320, 'big').length`, `2`, "what does not fit goes into the next line"},
	{`layout.lines([{group:'g', framed:true, leader:'b', peers:[{name:'a'},{name:'b'}]}], 900, 'big')[0].cards.map((c) => c.leader)`, `[false,true]`, "the leader is marked"},
	{`overlaps(layout.layout(section(2), 390))`, `0`, "no card on another, on a phone"},
	{`overlaps(layout.layout(section(12), 1400))`, `0`, ""},
	{`overlaps(layout.layout(section(40), 800))`, `0`, ""},
	{`layout.layout(section(1000), 1400).grids[0].tiles.length`, `1000`, "a crowd is a grid"},
	{`outside(layout.layout(section(40), 390))`, `0`, "nothing beyond the edge of a phone"},
	{`outside(layout.layout(section(12), 390))`, `0`, ""},
	{`peers.colourClass(new Map([['a', 0], ['k', 10]]), 'k')`, `"n0 striped"`, "the eleventh has the first colour, striped"},
	{`trouble.troubles({info: null, topology: null, findings: null, lintCounts: null})`, `[]`, "what is not known is no trouble"},
	{`stream('event: a\ndata: 1\nda', 'ta: 2\n\n: alive\n\ndata: 3\r\n\r\n')`, `[["a","1\n2"],["message","3"]]`, "events in pieces, comments, both line ends"},
}

// TestPureFunctions calls them in the browser, where they will run.
func TestPureFunctions(t *testing.T) {
	t.Parallel()
	b := open(t, newSite(t), "#/lint")
	var thunks []string
	for _, c := range pure {
		thunks = append(thunks, "() => "+c.call)
	}
	script := `(async () => {
		const load = (name) => import('/lib/' + name + '.js');
		const [format, text, filter, route, layout, peers, trouble, sse] = await Promise.all(['format', 'text', 'filter', 'route', 'layout', 'peers', 'trouble', 'stream'].map(load));
		const cols = [{ name: 'conn_cur', kind: 'gauge', elements: null }, { name: 'gpc', kind: 'counter', elements: 3 }];
		const stream = (...parts) => { const got = []; const feed = sse.createParser((e) => got.push([e.event, e.data])); parts.forEach(feed); return got; };
		const section = (n) => { const names = Array.from({ length: n }, (_, i) => 'p' + i); return { levels: [{ role: 'us', groups: [] }, { role: 'node', groups: [{ group: 'g', leader: 'p0', peers: names }] }], peers: names.map((name) => ({ name, state: 'up' })) }; };
		const overlaps = (d) => { const b = [...d.cards, d.us]; return b.filter((p, i) => b.some((q, k) => k > i && p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h)).length; };
		const outside = (d) => [...d.cards, ...d.frames, d.us].filter((c) => c.x < 0 || c.x + c.w > d.width || c.y < 0 || c.y + c.h > d.height).length;
		return [` + strings.Join(thunks, ",\n") + `].map((f) => { try { return JSON.stringify(f(), (k, v) => (v && v.constructor === Object ? Object.fromEntries(Object.entries(v).sort()) : v)); } catch (e) { return String(e); } });
	})()`
	got := value(b, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
	for i, c := range pure {
		// JSON escapes what it likes: both sides are read and written alike.
		var want, have any
		must(t, json.Unmarshal([]byte(c.want), &want))
		if err := json.Unmarshal([]byte(got[i]), &have); err != nil || fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("%s is %s, want %s: %s", c.call, got[i], c.want, c.why)
		}
	}
}

// TestModulesParse tells the line of a mistake that a browser would only call a failed import.
func TestModulesParse(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node here: only the browser has read the modules")
	}
	dir, argv := t.TempDir(), []string{"--experimental-vm-modules", "--no-warnings", "-e", `
		let wrong = 0;
		for (const file of process.argv.slice(1)) {
			try { new (require('vm').SourceTextModule)(require('fs').readFileSync(file, 'utf8'), { identifier: file }); }
			catch (e) { wrong = 1; console.log(e.stack); }
		}
		process.exitCode = wrong;`}
	own(t, func(name, text string) {
		if filepath.Ext(name) == ".js" {
			file := filepath.Join(dir, strings.ReplaceAll(strings.TrimSuffix(name, ".js"), "/", "_")+".mjs")
			must(t, os.WriteFile(file, []byte(text), 0o666))
			argv = append(argv, file)
		}
	})
	// One process for all: starting it is what costs. It says that something is wrong; where, says another one.
	out, err := exec.Command(node, argv...).CombinedOutput()
	if err == nil {
		return
	}
	t.Errorf("%v: %s", err, out)
	for _, file := range argv[4:] {
		if out, err := exec.Command(node, "--check", file).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	}
}
