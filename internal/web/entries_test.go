package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tallystick/internal/view"
)

// TestEntries: which rows are asked for, in which order.
func TestEntries(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		why, query, want string // keys
		more             bool
	}{
		{"the first ones, in the order of the table", "", "192.0.2.1 192.0.2.2 192.0.2.3", false},
		{"so many", "limit=2", "192.0.2.1 192.0.2.2", true},
		{"exactly as many as there are", "limit=3", "192.0.2.1 192.0.2.2 192.0.2.3", false},
		{"one", "key=192.0.2.2", "192.0.2.2", false},
		{"one that is not there", "key=192.0.2.99", "", false},
		{"the largest by the first rate", "top=2", "192.0.2.3 192.0.2.1", true},
		{"by a column", "top=3&by=http_req_cnt", "192.0.2.2 192.0.2.1 192.0.2.3", false},
		{"as HAProxy names it", "top=1&by=data.http_req_cnt", "192.0.2.2", true},
		{"all by a column", "by=http_req_cnt", "192.0.2.2 192.0.2.1 192.0.2.3", false},
		{"that pass a filter", "filter=data.http_req_cnt+gt+6", "192.0.2.1 192.0.2.2", false},
		{"that pass two", "filter=data.http_req_cnt+gt+6&filter=http_req_rate+ge+7", "192.0.2.1", false},
		{"a key that does not pass", "key=192.0.2.3&filter=data.http_req_cnt+gt+6", "", false},
		{"the largest of those that pass", "top=1&by=http_req_cnt&filter=data.http_req_cnt+lt+100", "192.0.2.1", true},
	} {
		w := r.ask("GET", root+"tables/data/rates.agg/entries?"+c.query)
		var got struct {
			Entries []struct{ Key struct{ Text string } }
			More    bool
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Errorf("%s: %d %v\n%s", c.why, w.Code, err, w.Body)
		}
		var keys []string
		for _, e := range got.Entries {
			keys = append(keys, e.Key.Text)
		}
		if s := strings.Join(keys, " "); s != c.want || got.More != c.more {
			t.Errorf("%s: got %q, more %v; want %q, %v", c.why, s, got.More, c.want, c.more)
		}
	}
}

// TestWrongQuestions: what is wrong is said, with what may have been meant.
func TestWrongQuestions(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		path string
		code int
		want string // of the answer
	}{
		{"tables/data/rates.ag", 404, `{"code":"no_such_table","message":"there is no table \"rates.ag\"","did_you_mean":"rates.agg"}`},
		{"tables/data/rates", 404, `{"code":"no_such_table","message":"\"rates\" is a source; its sum is in \"rates.agg\"","did_you_mean":"rates.agg"}`},
		{"tables/dada/rates.agg", 404, `{"code":"no_such_section","message":"there is no section \"dada\"","did_you_mean":"data"}`},
		{"tables/data/rates.agg/entries?limit=0", 400, `"bad_limit","message":"limit: not a number from 1 to 1000: \"0\""`},
		{"tables/data/rates.agg/entries?top=1001", 400, `"bad_top","message":"top: at most 1000"`},
		{"tables/data/rates.agg/entries?key=1.2.3", 400, `"bad_key","message":"key: the table has IPv4 addresses"`},
		{"tables/data/rates.agg/entries?by=http_req_rat", 400, `"no_such_column","message":"there is no column \"http_req_rat\"","did_you_mean":"http_req_rate"`},
		{"tables/data/%2Fall.agg/entries?by=server_key", 400, `"bad_by","message":"by: \"server_key\" is no number"`},
		{"tables/data/rates.agg/entries?filter=http_req_cnt+above+5", 400, `"bad_filter","message":"filter: \"above\" is none of eq, ne, le, ge, lt, gt"`},
		{"tables/data/rates.agg/entries?filter=http_req_cnt+gt+many", 400, `"bad_filter","message":"filter: \"many\" is no whole number"`},
		{"tables/data/rates.agg/entries?filter=a+gt+1&filter=a+gt+1", 400, `"no_such_column"`},
		{"tables/data/rates.agg/entries?" + strings.Repeat("filter=http_req_cnt+gt+1&", 5), 400, `"bad_filter","message":"filter: at most 4 are possible"`},
		{"tabels", 404, `"no_such_route"`},
		{"tables/data/%2Fall.agg/keys/..", 404, `"no_such_route","message":"write '/' within a name as %2F`},
	} {
		w := r.ask("GET", root+c.path)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d, want %d\n%s\nwant %s", c.path, w.Code, c.code, w.Body, c.want)
		}
	}
}

// TestKeysInPaths: a key is given as it is printed, whatever is in it.
func TestKeysInPaths(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ why, key, text, hex string }{
		{"a word", "plain", "plain", ""},
		{"the empty string", "", "", ""},
		{"as it is printed", `%3Cscript%3Ealert(1)%3C%2Fscript%3E%5Cx0a%5Cx22%5Cx27%5Cx3b&%5Cx1b[2J%5Cxff`, `<script>alert(1)</script>\x0a\x22\x27\x3b&\x1b[2J\xff`, "3C7363"},
		{"byte by byte", `%3Cscript%3Ealert(1)%3C%2Fscript%3E%0a%22%27%3b&%1b[2J%ff`, `<script>alert(1)</script>\x0a\x22\x27\x3b&\x1b[2J\xff`, "3C7363"},
	} {
		w := r.ask("GET", root+"tables/data/%2Fall.agg/keys/"+c.key)
		var raw struct {
			Found bool
			Key   struct {
				Text string
				Hex  *string
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
			t.Fatalf("%s: %v\n%s", c.why, err, w.Body)
		}
		if !raw.Found || raw.Key.Text != c.text || (raw.Key.Hex != nil) != (c.hex != "") || raw.Key.Hex != nil && !strings.HasPrefix(*raw.Key.Hex, c.hex) {
			t.Errorf("%s: got %s", c.why, w.Body)
		}
	}
}

// TestKeysThatPathsTakeForTheirs: a slash alone is no end of the path, and dots, escaped as they are printed, no folders.
func TestKeysThatPathsTakeForTheirs(t *testing.T) {
	r := newRig(t)
	for key, want := range map[string]string{"%2F": `"/"`, "%2f": `"/"`, "%2F%2F": `"//"`, "": `""`, `%5Cx2e`: `"."`, `%5Cx2e%5Cx2e`: `".."`, "a%2F": `"a/"`} {
		w := r.ask("GET", root+"tables/data/%2Fall.agg/keys/"+key)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"key":{"text":`+want+`,`) {
			t.Errorf("%q: %d, want the key %s\n%s", key, w.Code, want, w.Body)
		}
	}
}

// TestShares: what each member contributes, and why some of it does not count.
func TestShares(t *testing.T) {
	r := newRig(t)
	w := r.ask("GET", root+"tables/data/rates.agg/entries?key=192.0.2.1")
	for _, want := range []string{
		`"sum":{"http_req_cnt":7,"http_req_rate":7},"expires_ms":600000`,
		`{"peer":"lb1","node":"lb1","group":null,"values":{"http_req_cnt":3,"http_req_rate":3},"expires_ms":500000,"counts":true,"why":null}`,
		`{"peer":"lb2(rates.v2)","node":"lb2","group":"pair",`,
		`"counts":false,"why":"stands by: lb2 leads group pair"}`,
		`{"peer":"lb4","node":"lb4","group":null,"values":{"http_req_cnt":0,"http_req_rate":0},"expires_ms":null,"counts":false,"why":"expired"}`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("there is no %s in\n%s", want, w.Body)
		}
	}
	if w := r.ask("GET", root+"tables/data/%2Fall.agg/entries?key=plain"); !strings.Contains(w.Body.String(), `"bytes_in_cnt":18446744073709551615,"server_key":"","gpc":[10,11,12],"gpc_rate":[3,9]`) ||
		!strings.Contains(w.Body.String(), `"server_id":-3`) {
		t.Errorf("numbers are whole, with their sign, and arrays are arrays: %s", w.Body)
	}
}

// TestTheLargestHaveShares: they are looked for without, and shown with them.
func TestTheLargestHaveShares(t *testing.T) {
	r := newRig(t)
	if w := r.ask("GET", root+"tables/data/rates.agg/entries?top=3"); strings.Count(w.Body.String(), `"node":"lb1"`) != 1 {
		t.Errorf("192.0.2.1 has one of lb1: %s", w.Body)
	}
}

// TestTablesThatHaveGone: between a look and the next a table may go.
func TestTablesThatHaveGone(t *testing.T) {
	r := newRig(t)
	delete(r.fake.rows, "data rates.agg")
	for _, path := range []string{"tables/data/rates.agg/entries", "tables/data/rates.agg/entries?key=192.0.2.1", "tables/data/rates.agg/keys/192.0.2.1"} {
		if w := r.ask("GET", root+path); w.Code != 404 || !strings.Contains(w.Body.String(), `"gone"`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestTopologyAndPeers: what a page draws is there.
func TestTopologyAndPeers(t *testing.T) {
	r := newRig(t)
	w := r.ask("GET", root+"topology")
	for _, want := range []string{
		`"warm":false,"warm_left_ms":5000,"warm_heard":3,"warm_expected":5`,
		`"levels":[{"role":"up","groups":[{"group":"","leader":null,"peers":["top"]}]},{"role":"us","groups":[{"group":"","leader":null,"peers":["agg"]}]},` +
			`{"role":"node","groups":[{"group":"","leader":null,"peers":["lb1","lb4"]},{"group":"pair","leader":"lb2","peers":["lb2","lb3"]}]},{"role":"down"`,
		`"name":"lb1","role":"node","group":null,"dynamic":false,"disabled":false,"state":"up","since":"2026-01-31T11:59:00.000Z"`,
		`"lesson":{"from_peer":null,"to_peer":{"running":true,"sent":3,"total":9}}`,
		`"acks_behind":2`,
		`"state":"learning"`, `"state":"disabled"`, `"state":"down"`, `"state":"connecting"`, `"state":"never"`,
		`"counts":false,"why":"stands by: lb2 leads group pair"`, `"counts":false,"why":"set aside: its key type differs"`,
		`"error":{"at":"2026-01-31T11:59:00.000Z","text":"varint too long"}`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("there is no %s in\n%s", want, w.Body)
		}
	}
	w = r.ask("GET", root+"tables/data/rates.agg")
	for _, want := range []string{
		`"type":"ip","key_length":4,"expire_ms":600000`, `"columns":[{"name":"http_req_cnt","kind":"counter","elements":null,"period_ms":null},{"name":"http_req_rate","kind":"rate","elements":null,"period_ms":60000}]`,
		`"lag_ms":{"p50":1,"p99":2.5}`, `{"peer":"lb1","pushed":11,"acked":9,"behind":0,"unacked":2,"not_to":null}`, `"not_to":"its key type differs"`, `"leads":[{"group":"pair","peer":"lb2"}]`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("there is no %s in\n%s", want, w.Body)
		}
	}
}

// TestManyEntriesAreReadInSlices: no question holds a table for long, and what is not needed is not read.
func TestManyEntriesAreReadInSlices(t *testing.T) {
	r := newRig(t)
	one := r.fake.rows["data rates.agg"][0]
	rows := make([]view.Entry, 100_000)
	for i := range rows {
		rows[i] = one.Clone()
		rows[i].Key = []byte{10, byte(i >> 16), byte(i >> 8), byte(i)}
		rows[i].Shares = nil
		rows[i].Sum.Values[0] = uint64(i)
	}
	r.fake.rows["data rates.agg"] = rows
	if w := r.ask("GET", root+"tables/data/rates.agg/entries?limit=10"); w.Code != 200 || r.fake.nexts > 1 {
		t.Errorf("ten rows were read in %d slices: %d", r.fake.nexts, w.Code)
	}
	r.fake.nexts = 0
	w := r.ask("GET", root+"tables/data/rates.agg/entries?top=1&by=http_req_cnt")
	if !strings.Contains(w.Body.String(), `"text":"10.1.134.159"`) || r.fake.nexts != (len(rows)+slice-1)/slice {
		t.Errorf("the largest of all was looked for in %d slices\n%s", r.fake.nexts, w.Body)
	}
}

// TestOnlyAFewReadTables: a third who would read a table waits, and is refused if it takes too long.
func TestOnlyAFewReadTables(t *testing.T) {
	r := newRig(t)
	r.fake.hold = make(chan struct{})
	codes := make(chan int)
	for range 2 {
		go func() { codes <- r.ask("GET", root+"tables/data/rates.agg/entries").Code }()
	}
	eventually(t, "both read", func() bool { return len(r.scans) == 2 })
	if w := r.ask("GET", root+"tables/data/rates.agg/entries"); w.Code != 503 || w.Header().Get("Retry-After") == "" || r.counter(t, "HttpScansRefused") != 1 {
		t.Errorf("the third: %d, counted %d", w.Code, r.counter(t, "HttpScansRefused"))
	}
	if w := r.ask("GET", root+"tables/data/rates.agg/entries?key=192.0.2.1"); w.Code != 200 {
		t.Errorf("who asks for one key does not wait: %d", w.Code)
	}
	close(r.fake.hold)
	for range 2 {
		if code := <-codes; code != 200 {
			t.Errorf("those who were there before are answered: %d", code)
		}
	}
}

// TestEntriesAreBounded counts who wants more.
func TestEntriesAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Entries = 2 })
	if w := r.ask("GET", root+"tables/data/rates.agg/entries?limit=3"); w.Code != 400 || r.counter(t, "HttpEntriesRefused") != 1 {
		t.Errorf("%d, counted %d", w.Code, r.counter(t, "HttpEntriesRefused"))
	}
}

// TestSnapshotsAreShared: a flood of requests is not a flood of looks at every session, and who has just
// changed something sees it.
func TestSnapshotsAreShared(t *testing.T) {
	r := newRig(t)
	r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
	for range 50 {
		r.ask("GET", root+"topology", ada)
	}
	if r.fake.looks != 1 {
		t.Errorf("50 requests looked %d times", r.fake.looks)
	}
	r.ask("POST", root+"peers/data/lb1/disable", ada)
	r.ask("GET", root+"topology", ada)
	if r.fake.looks != 2 {
		t.Errorf("after an act there is a new look: %d", r.fake.looks)
	}
	r.fake.pass(freshFor)
	r.ask("GET", root+"topology", ada)
	if r.fake.looks != 3 {
		t.Errorf("and after a while: %d", r.fake.looks)
	}
}

// TestRatesOfPeers: they are what was counted between two looks, and null before.
func TestRatesOfPeers(t *testing.T) {
	r := newRig(t)
	has := func(why, want string) {
		t.Helper()
		if w := r.ask("GET", root+"peers"); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: no %s in\n%s", why, want, w.Body)
		}
	}
	has("at first nothing is known", `"updates_in_rate":null,"updates_out_rate":null`)
	r.fake.pass(2e9)
	r.fake.change(func() {
		peers := append([]view.Peer(nil), r.fake.sections[0].Peers...)
		peers[0].UpdatesIn, peers[0].UpdatesOut = 1050, 501
		r.fake.sections[0].Peers = peers
	})
	has("then what came in two seconds", `"updates_in_rate":25,"updates_out_rate":0.5`)
	r.fake.pass(3e8)
	has("a moment later it is the same, and not what came in a moment", `"updates_in_rate":25,"updates_out_rate":0.5`)
}

// TestABugIsNotTheEnd: one answer fails, and the log has where.
func TestABugIsNotTheEnd(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Page = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") })
	})
	if w := r.ask("GET", "/"); w.Code != 500 || !strings.Contains(r.log.String(), "what=oh") || r.counter(t, "HttpPanics") != 1 {
		t.Errorf("%d\n%s", w.Code, r.log)
	}
}
