package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestActs: what is asked for is done, and the log has who did it, from where, and no key.
func TestActs(t *testing.T) {
	json := func(text string) func(*http.Request) { return body("application/json", text) }
	none := func(*http.Request) {}
	for _, c := range []struct {
		why, method, path string
		body              func(*http.Request)
		code              int
		did               string // "" if nothing may be done
	}{
		{"a peer is kept away", "POST", "peers/data/lb1/disable", none, 200, "peer data/lb1 false"},
		{"and may come again", "POST", "peers/data/lb1/enable", none, 200, "peer data/lb1 true"},
		{"a peer that there is not", "POST", "peers/data/lb9/disable", none, 404, ""},
		{"a section that there is not", "POST", "peers/dat/lb1/disable", none, 404, ""},
		{"the configuration is read again", "POST", "reload", none, 200, "reload"},
		{"the log's level", "POST", "log-level", json(`{"level":"debug"}`), 200, "log debug"},
		{"a level that there is not", "POST", "log-level", json(`{"level":"debu"}`), 400, ""},
		{"nothing said", "POST", "log-level", json(``), 400, ""},
		{"a word too many", "POST", "log-level", json(`{"level":"debug","all":true}`), 400, ""},
		{"something behind it", "POST", "log-level", json(`{"level":"debug"}{}`), 400, ""},
		{"a form, as another site's page could send it", "POST", "log-level", body("application/x-www-form-urlencoded", `{"level":"debug"}`), 415, ""},
		{"a key is banned", "POST", "tables/data/rates.agg/keys/192.0.2.1/ban", json(`{"column":"http_req_rate","value":5,"for_ms":60000}`), 200, "ban data rates.agg c0000201 http_req_rate[0]=5 1m0s"},
		{"an element of an array, of a string key that is escaped", "POST", `tables/data/%2Fall.agg/keys/a%5Cx3bb%2Fc/ban`, json(`{"column":"gpc[1]","value":5,"for_ms":1}`), 200, "ban data /all.agg 613b622f63 gpc[1]=5 1ms"},
		{"a key that is a slash", "POST", `tables/data/%2Fall.agg/keys/%2F/ban`, json(`{"column":"gpc[1]","value":5,"for_ms":1}`), 200, "ban data /all.agg 2f gpc[1]=5 1ms"},
		{"nothing", "POST", "tables/data/rates.agg/keys/192.0.2.1/ban", json(`{"column":"http_req_rate","value":0,"for_ms":60000}`), 400, ""},
		{"more than the column holds", "POST", "tables/data/rates.agg/keys/192.0.2.1/ban", json(`{"column":"http_req_rate","value":4294967296,"for_ms":60000}`), 400, ""},
		{"for ever", "POST", "tables/data/rates.agg/keys/192.0.2.1/ban", json(`{"column":"http_req_rate","value":5,"for_ms":9223372036854775807}`), 400, ""},
		{"for no time", "POST", "tables/data/rates.agg/keys/192.0.2.1/ban", json(`{"column":"http_req_rate","value":5,"for_ms":0}`), 400, ""},
		{"a text", "POST", "tables/data/%2Fall.agg/keys/a/ban", json(`{"column":"server_key","value":5,"for_ms":1}`), 400, ""},
		{"one ban ends", "DELETE", "tables/data/rates.agg/keys/192.0.2.1/ban?column=http_req_cnt", none, 200, "unban data rates.agg c0000201 http_req_cnt[0]"},
		{"all bans end", "DELETE", "tables/data/rates.agg/keys/192.0.2.1/ban", none, 200, "unban data rates.agg c0000201"},
		{"shares are forgotten", "POST", "tables/data/rates.agg/keys/192.0.2.1/clear", none, 200, "clear data rates.agg c0000201"},
		{"a key of another type", "POST", "tables/data/rates.agg/keys/x/clear", none, 400, ""},
		{"reading does nothing", "GET", "reload", none, 405, ""},
	} {
		r := newRig(t)
		r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
		w := r.ask(c.method, root+c.path, ada, c.body)
		if w.Code != c.code {
			t.Errorf("%s: %d, want %d\n%s", c.why, w.Code, c.code, w.Body)
		}
		if did := strings.Join(r.fake.done, "; "); did != c.did {
			t.Errorf("%s: did %q, want %q", c.why, did, c.did)
		}
		if c.code == 405 {
			continue
		}
		line := r.log.String()
		if !strings.Contains(line, "user=ada from=127.0.0.1:55555") {
			t.Errorf("%s: the log does not tell who: %s", c.why, line)
		}
		if strings.Contains(line, "192.0.2.1/") {
			t.Errorf("%s: the log has a key: %s", c.why, line)
		}
		if refused := strings.Contains(line, "acting call refused"); refused != (c.code != 200) {
			t.Errorf("%s: the log tells another thing: %s", c.why, line)
		}
	}
}

// TestActingNeedsPermission: without the word, or by nobody in particular, nothing is done, and the
// answer has the line to write.
func TestActingNeedsPermission(t *testing.T) {
	for _, c := range []struct {
		why      string
		settings Settings
		change   func(*http.Request)
		code     int
		says     string
	}{
		{"without admin", Settings{Listen: "127.0.0.1:8404", Auth: passwords(t, "ada:secret")}, ada, 403, "write 'http 127.0.0.1:8404 ... admin'"},
		{"admin by nobody", Settings{Listen: "127.0.0.1:8404", Admin: true}, func(*http.Request) {}, 403, "write 'http 127.0.0.1:8404 auth FILE admin'"},
		{"a password that nobody asks for is none", Settings{Listen: "127.0.0.1:8404", Admin: true}, ada, 403, "auth FILE admin"},
		{"no password", Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")}, func(*http.Request) {}, 401, "user and password are wanted"},
	} {
		for _, route := range newRig(t).list() {
			if !route.acts {
				continue
			}
			r := newRig(t)
			r.Use(c.settings)
			path := strings.NewReplacer("{section}", "data", "{name}", "rates.agg", "{key}", "192.0.2.1", "{peer}", "lb1").Replace(route.path)
			w := r.ask(route.method, root+path, c.change, body("application/json", "{}"))
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%s: %s %s: %d %s", c.why, route.method, path, w.Code, w.Body)
			}
			if len(r.fake.done) > 0 {
				t.Errorf("%s: it was done all the same: %v", c.why, r.fake.done)
			}
			if n := r.counter(t, "HttpActsDenied"); (n == 1) != (c.code == 403) {
				t.Errorf("%s: %d were counted", c.why, n)
			}
		}
	}
}

// TestRefusedActs: what the program says to an operator is the answer.
func TestRefusedActs(t *testing.T) {
	r := newRig(t)
	r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
	r.fake.deny = errDenied
	w := r.ask("POST", root+"peers/data/lb1/disable", ada)
	if w.Code != 409 || !strings.Contains(w.Body.String(), errDenied.Error()) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestOnlyRoutesThatActChangeAnything: whatever is asked for with GET leaves the program as it is.
func TestOnlyRoutesThatActChangeAnything(t *testing.T) {
	r := newRig(t)
	r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
	for _, c := range everything {
		if c.method == "GET" {
			r.ask(c.method, root+c.path, ada)
		}
	}
	if len(r.fake.done) > 0 {
		t.Errorf("reading has done: %v", r.fake.done)
	}
	for _, route := range r.list() {
		if route.path == "adopt" {
			continue // it computes from what it is sent, and has nothing of ours
		}
		if route.acts != slices.Contains([]string{"POST", "DELETE"}, route.method) {
			t.Errorf("%s %s: what acts is POST or DELETE, and nothing else is", route.method, route.path)
		}
	}
}

// TestALongBodyIsNotRead: a call says a few words.
func TestALongBodyIsNotRead(t *testing.T) {
	r := newRig(t)
	r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
	w := r.ask("POST", root+"log-level", ada, body("application/json", `{"level":"`+strings.Repeat("x", maxBody)+`"}`))
	if w.Code != 413 || r.counter(t, "HttpBodiesRefused") != 1 {
		t.Errorf("%d %s, counted %d", w.Code, w.Body, r.counter(t, "HttpBodiesRefused"))
	}
}
