package fleet

import (
	"strings"
	"testing"

	"tallystick/internal/haproxycfg"
)

// TestRequest: nothing that would be more than one word gets into a file.
func TestRequest(t *testing.T) {
	good := func() Request {
		return Request{
			Aggregators: []Place{{"agg", "192.0.2.50:10000"}}, Nodes: []Place{{"lb1", "192.0.2.11:10000"}, {"lb2", "192.0.2.12:10000"}},
			Tables: []Table{{Name: "rates", Type: "ip", Size: "1m", Expire: "30s", Store: "http_req_rate(10s)"}, {Name: "users", Type: "string", Len: 20, Size: "10k", Store: "http_req_cnt", Key: "req.hdr(x-user)"}},
			Limits: []Limit{{Table: "rates", Column: "http_req_rate", Above: 100}, {Table: "users", Column: "http_req_cnt", Above: 5, Status: 403}},
		}
	}
	p, err := Propose(good())
	if err != nil {
		t.Fatal(err)
	}
	verify(t, "from nothing", p, good(), haproxycfg.Options{})
	for _, line := range []string{
		"http-request track-sc1 req.hdr(x-user) table cluster/users",
		"http-request deny deny_status 429 if { src,table_http_req_rate(cluster/rates.agg) gt 100 }",
		"http-request deny deny_status 403 if { req.hdr(x-user),table_http_req_cnt(cluster/users.agg) gt 5 }",
		"table users.agg type string len 20 size 20k store http_req_cnt",
	} {
		if !strings.Contains(p.Nodes[1].After, "    "+line+"\n") {
			t.Errorf("there is no %q in\n%s", line, p.Nodes[1].After)
		}
	}
	for _, v := range versions(t) {
		taken(t, "from nothing", v, p.Nodes[0].After)
	}
	for why, spoil := range map[string]func(r *Request){
		"nobody to call":            func(r *Request) { r.Aggregators = nil },
		"three side by side":        func(r *Request) { r.Aggregators = []Place{{"a", "h:1"}, {"b", "h:2"}, {"c", "h:3"}} },
		"a name that is two words":  func(r *Request) { r.Nodes[0].Name = "lb1\nbackend x" },
		"a name twice":              func(r *Request) { r.Nodes[0].Name = "agg" },
		"an address that is two":    func(r *Request) { r.Nodes[0].Addr = "192.0.2.1:1 ssl" },
		"an address without a port": func(r *Request) { r.Nodes[0].Addr = "192.0.2.1" },
		"a section":                 func(r *Request) { r.Section = "a b" },
		"a suffix without a dot":    func(r *Request) { r.Suffix = "agg" },
		"one with two":              func(r *Request) { r.Suffix = ".a.b" },
		"a socket":                  func(r *Request) { r.Socket = "/run/x level admin" },
		"a peers section":           func(r *Request) { r.Peers = "#" },
		"too many tables":           func(r *Request) { r.Tables = append(r.Tables, r.Tables...) },
		"no node":                   func(r *Request) { r.Nodes = nil },
		"no table":                  func(r *Request) { r.Tables = nil },
		"a table's name":            func(r *Request) { r.Tables[0].Name = "a.b" },
		"its type":                  func(r *Request) { r.Tables[0].Type = "float" },
		"its length":                func(r *Request) { r.Tables[0].Len = 4 },
		"its size":                  func(r *Request) { r.Tables[0].Size = "many" },
		"its life":                  func(r *Request) { r.Tables[0].Expire = "30s store gpc0" },
		"its columns":               func(r *Request) { r.Tables[0].Store = "nonsense" },
		"its key":                   func(r *Request) { r.Tables[0].Key = "src } { always_true" },
		"the table of a limit":      func(r *Request) { r.Limits[0].Table = "other" },
		"the column of a limit":     func(r *Request) { r.Limits[0].Column = "a(b)" },
		"the status of a limit":     func(r *Request) { r.Limits[0].Status = 1000 },
	} {
		r := good()
		spoil(&r)
		if _, err := Propose(r); err == nil {
			t.Errorf("%s: refused", why)
		}
	}
}
