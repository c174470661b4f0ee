package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// everything asks for each route, and for what goes wrong with it: method, path, body, status.
var everything = []struct {
	method, path, body string
	want               int
}{
	{"GET", "info", "", 200},
	{"GET", "topology", "", 200},
	{"GET", "peers", "", 200},
	{"GET", "peers?section=data", "", 200},
	{"GET", "peers?section=dat", "", 404},
	{"GET", "tables", "", 200},
	{"GET", "tables?section=nope", "", 404},
	{"GET", "tables/data/rates.agg", "", 200},
	{"GET", "tables/data/%2Fall.agg", "", 200},
	{"GET", "tables/data/rates", "", 404}, // a source
	{"GET", "tables/data/rates.agg/entries", "", 200},
	{"GET", "tables/data/%2Fall.agg/entries", "", 200},
	{"GET", "tables/data/bin.agg/entries?limit=1000", "", 200},
	{"GET", "tables/data/rates.agg/entries?key=192.0.2.1", "", 200},
	{"GET", "tables/data/rates.agg/entries?top=2&by=http_req_cnt&filter=data.http_req_cnt%20gt%205&filter=data.http_req_rate%20lt%20100", "", 200},
	{"GET", "tables/data/rates.agg/entries?limit=1001", "", 400},
	{"GET", "tables/data/rates.agg/entries?key=x", "", 400},
	{"GET", "tables/data/rates.agg/entries?top=5&by=http_req_cn", "", 400},
	{"GET", "tables/data/rates.agg/entries?filter=http_req_cnt", "", 400},
	{"GET", "tables/data/rates.agg/keys/192.0.2.1", "", 200},
	{"GET", "tables/data/rates.agg/keys/192.0.2.77", "", 200}, // it is not there
	{"GET", "tables/data/%2Fall.agg/keys/plain", "", 200},
	{"GET", "tables/data/rates.agg/keys/x", "", 400},
	{"GET", "history", "", 200},
	{"GET", "history?section=data&table=rates.agg&seconds=5", "", 200},
	{"GET", "history?seconds=901", "", 400},
	{"GET", "history?section=data&table=nope", "", 404},
	{"GET", "history/keys?section=data&table=rates.agg&n=3", "", 200},
	{"GET", "history/keys?section=data", "", 404},
	{"GET", "lint", "", 200},
	{"GET", "bans", "", 200},
	{"GET", "openapi.json", "", 200},
	{"POST", "adopt", `{"nodes":[{"name":"lb1","address":"192.0.2.11:10000"}],"tables":[{"name":"web","type":"ip","length":null,"expire":"10m","store":"http_req_cnt","limits":[{"column":"http_req_rate","period":"10s","value":100}]}],"aggregator":{"name":"agg1","address":""}}`, 200},
	{"POST", "adopt", `{"haproxy_cfg":"peers cluster\n  bind :10000\n  server lb1\n  table web type ip size 1m expire 10m store http_req_cnt\n"}`, 200},
	{"POST", "adopt", `{"nodes":[],"tables":[]}`, 422},
	{"POST", "peers/data/lb1/disable", "", 200},
	{"POST", "peers/data/lb1/enable", "", 200},
	{"POST", "peers/data/lb9/enable", "", 404},
	{"POST", "reload", "", 200},
	{"POST", "log-level", `{"level":"debug"}`, 200},
	{"POST", "tables/data/rates.agg/keys/192.0.2.1/ban", `{"column":"http_req_cnt","value":5,"for_ms":1000}`, 200},
	{"DELETE", "tables/data/rates.agg/keys/192.0.2.1/ban?column=http_req_cnt", "", 200},
	{"DELETE", "tables/data/rates.agg/keys/192.0.2.1/ban", "", 200},
	{"POST", "tables/data/rates.agg/keys/192.0.2.1/clear", "", 200},
}

// TestAnswersAreAsDescribed holds real answers, errors among them, against the description that we
// serve: every route, every field, none that is not described, none that is missing.
func TestAnswersAreAsDescribed(t *testing.T) {
	r := newRig(t)
	r.Use(Settings{Listen: "127.0.0.1:8404", Admin: true, Auth: passwords(t, "ada:secret")})
	s := sampled{}
	r.look(r.fake.Now(), &s)
	r.fake.pass(1e9)
	r.fake.change(func() { r.fake.samples[0].In += 50 })
	r.look(r.fake.Now(), &s) // there is a history, and there are rates
	r.ask("GET", root+"history/keys?section=data&table=rates.agg", ada)
	r.fake.pass(1e9)
	r.look(r.fake.Now(), &s)

	doc, err := openapi3.NewLoader().LoadFromData(r.ask("GET", root+"openapi.json", ada).Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("the description is none: %v", err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, c := range everything {
		change := []func(*http.Request){ada}
		if c.body != "" {
			change = append(change, body("application/json", c.body))
		}
		w := r.ask(c.method, root+c.path, change...)
		if w.Code != c.want {
			t.Errorf("%s %s: %d, want %d\n%s", c.method, c.path, w.Code, c.want, w.Body)
		}
		q := httptest.NewRequest(c.method, root+strings.ReplaceAll(c.path, "%2F", "x"), nil) // the router of the test knows no such slash
		found, path, err := router.FindRoute(q)
		if err != nil {
			t.Errorf("%s %s: the description does not have it: %v", c.method, c.path, err)
			continue
		}
		asked[c.method+" "+found.Path] = true
		in := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: q, PathParams: path, Route: found},
			Status:                 w.Code, Header: w.Header(), Options: &openapi3filter.Options{IncludeResponseStatus: true},
		}
		in.SetBodyBytes(w.Body.Bytes())
		if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
			t.Errorf("%s %s: the answer is not as described: %v", c.method, c.path, err)
		}
	}
	for _, route := range r.list() {
		if route.path != "events" && !asked[route.method+" "+root+route.path] {
			t.Errorf("nobody has asked for %s %s", route.method, route.path)
		}
	}
}

// TestDescriptionNoticesMistakes breaks answers on purpose: a field too many, one that is missing, one
// of another type. Else the test above would prove nothing.
func TestDescriptionNoticesMistakes(t *testing.T) {
	r := newRig(t)
	doc, err := openapi3.NewLoader().LoadFromData(r.ask("GET", root+"openapi.json").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Counter"].Value
	for _, c := range []struct {
		why  string
		v    map[string]any
		good bool
	}{
		{"as it is", map[string]any{"name": "a", "value": 1.0}, true},
		{"a field too many", map[string]any{"name": "a", "value": 1.0, "more": 1.0}, false},
		{"one is missing", map[string]any{"name": "a"}, false},
		{"another type", map[string]any{"name": "a", "value": "1"}, false},
		{"null where that cannot be", map[string]any{"name": nil, "value": 1.0}, false},
	} {
		if err := schema.VisitJSON(c.v); (err == nil) != c.good {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}

// TestEveryFieldIsSnakeCase: what the agreement says of names holds for all of them.
func TestEveryFieldIsSnakeCase(t *testing.T) {
	r := newRig(t)
	n := 0
	for name, schema := range r.description()["components"].(object)["schemas"].(object) {
		for field := range schema.(object)["properties"].(object) {
			n++
			if field == "" || field != strings.ToLower(field) || strings.ContainsAny(field, "- ") {
				t.Errorf("%s has a field %q", name, field)
			}
		}
	}
	if n < 100 {
		t.Errorf("%d fields only: this test looks in the wrong place", n)
	}
	ids := map[string]bool{}
	for _, route := range r.list() {
		id := operationID(&route)
		if ids[id] {
			t.Errorf("%s %s: %s is there already", route.method, route.path, id)
		}
		ids[id] = true
	}
	if !slices.ContainsFunc(r.list(), func(r route) bool { return r.acts }) {
		t.Error("nothing acts")
	}
}
