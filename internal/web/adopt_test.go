package web

import (
	"encoding/json"
	"strings"
	"testing"
)

// adopted asks and reads the answer.
func (r *rig) adopted(t *testing.T, ask string) (out Adopted) {
	t.Helper()
	w := r.ask("POST", root+"adopt", body("application/json", ask))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAdopt: what a form asks for comes back as files that fit together; that they do is tested where they are made.
func TestAdopt(t *testing.T) {
	r := newRig(t)
	out := r.adopted(t, `{"nodes":[{"name":"lb1","address":"192.0.2.11:10000"},{"name":"lb2","address":"192.0.2.12:10000"}],
		"tables":[{"name":"web","type":"ip","length":null,"expire":"10m","store":"http_req_cnt, conn_cnt","limits":[{"column":"http_req_rate","period":"10s","value":100}]}],
		"aggregator":{"name":"agg1","address":"192.0.2.5:10000"}}`)
	var names []string
	text := map[string]string{}
	for _, f := range out.Files {
		names = append(names, f.Name)
		text[f.Name] = f.Text
	}
	if got := strings.Join(names, " "); got != "lb1/lb1.cfg lb2/lb2.cfg tallystick.cfg" {
		t.Fatalf("a file for each node, and ours: %s", got)
	}
	for _, c := range []struct{ why, file, want string }{
		{"the column of a limit is stored", "lb1/lb1.cfg", "http_req_rate(10s)"},
		{"the twin is there", "lb1/lb1.cfg", "table web.agg"},
		{"the limit reads the twin", "lb2/lb2.cfg", "table_http_req_rate(cluster/web.agg) gt 100"},
		{"nodes find us", "lb2/lb2.cfg", "server agg1 192.0.2.5:10000"},
		{"and we them", "tallystick.cfg", "peer lb2 192.0.2.12:10000"},
	} {
		if !strings.Contains(text[c.file], c.want) {
			t.Errorf("%s: no %q in %s:\n%s", c.why, c.want, c.file, text[c.file])
		}
	}
}

// TestAdoptFile: a file that there is comes back with what it needs, and an address that is an example is called one.
func TestAdoptFile(t *testing.T) {
	out := newRig(t).adopted(t, `{"haproxy_cfg":"global\n  localpeer lb1\npeers cluster\n  bind :10000\n  server lb1\n  table web type ip size 1m expire 10m store http_req_cnt\n"}`)
	if len(out.Files) != 2 || out.Files[0].Name != "haproxy.cfg" || !strings.Contains(out.Files[0].Text, "table web.agg") {
		t.Errorf("got %+v", out.Files)
	}
	if len(out.Notes) == 0 || !strings.Contains(out.Notes[0], "192.0.2.50:10000 is an example") {
		t.Errorf("got %q", out.Notes)
	}
}

// TestAdoptRefuses: what cannot be is told in the words of who knows.
func TestAdoptRefuses(t *testing.T) {
	for _, c := range []struct{ why, ask, says string }{
		{"nothing", `{}`, "at least one of each is wanted"},
		{"a line within a name", `{"nodes":[{"name":"lb1\nglobal","address":"192.0.2.1:1"}],"tables":[]}`, "letters, digits"},
		{"no address", `{"nodes":[{"name":"lb1","address":""}],"tables":[{"name":"web","type":"ip","expire":"1m","store":"gpc0"}]}`, "not HOST:PORT"},
		{"a type that is none", `{"nodes":[{"name":"lb1","address":"192.0.2.1:1"}],"tables":[{"name":"web","type":"ipv5","expire":"1m","store":"gpc0"}]}`, "ipv5"},
	} {
		w := newRig(t).ask("POST", root+"adopt", body("application/json", c.ask))
		if w.Code != 422 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s; want %q", c.why, w.Code, w.Body, c.says)
		}
	}
	if w := newRig(t).ask("POST", root+"adopt", body("application/json", `{"haproxy_cfg":"`+strings.Repeat("#", maxAdopt)+`"}`)); w.Code != 413 {
		t.Errorf("a file without end: %d", w.Code)
	}
}
