package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"tallystick/internal/haproxytest"
)

// TestAPIAgreesWithTheNodes reads over HTTP what real nodes have counted: the sum is theirs, each share is what its
// node's own table shows, and the readiness is what the warm-up was.
func TestAPIAgreesWithTheNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tables := withTwins(haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_cnt", Track: haproxytest.Key})
	a := w.aggregator(name, "global\n    http {http}\naggregations data\n    from any to .agg\n    peer "+name+" {"+name+"} local\n    peer lb1\n    peer lb2\n")
	w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, 0), Name: "lb1", Tables: tables}, name)
	w.node(haproxytest.Config{Version: haproxytest.Get(t, 3, 2), Name: "lb2", Tables: tables}, name)
	c := w.everybody()
	c.shares("client", 5)
	c.exact("/rates")
	get := func(path string, v any) error {
		r, err := http.Get("http://" + w.addr("http") + path)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err == nil && r.StatusCode != 200 {
			err = fmt.Errorf("%s: %s", r.Status, text)
		}
		if err != nil || v == nil {
			return err
		}
		return json.Unmarshal(text, v)
	}
	haproxytest.Eventually(t, patience, func() error { return get("/readyz", nil) })
	var got struct {
		Entries []struct {
			Key    struct{ Text string }
			Sum    map[string]float64
			Shares []struct {
				Node   string
				Counts bool
				Values map[string]float64
			}
		}
	}
	if err := get("/api/v1/tables/data/%2Frates.agg/entries?top=1&by=http_req_cnt", &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 1 || got.Entries[0].Key.Text != "client" || got.Entries[0].Sum["http_req_cnt"] != 15 || len(got.Entries[0].Shares) != 2 {
		t.Fatalf("5 of lb1 and 10 of lb2 are 15: %+v", got)
	}
	for _, n := range w.nodes {
		row, err := n.Row("/rates", "client")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got.Entries[0].Shares {
			if s.Node == n.Name && (!s.Counts || s.Values["http_req_cnt"] != float64(row.Numbers["http_req_cnt"])) {
				t.Errorf("%s has %d, the API says %+v", n.Name, row.Numbers["http_req_cnt"], s)
			}
		}
	}
	// Who was told of it, and what it should read, is what it reads.
	haproxytest.Eventually(t, patience, func() error {
		var x struct {
			Receivers []struct {
				Peer       string
				Acked      bool
				ShouldRead map[string]float64 `json:"should_read"`
			}
		}
		if err := get("/api/v1/tables/data/%2Frates.agg/keys/client", &x); err != nil {
			return err
		}
		for _, to := range x.Receivers {
			if !to.Acked || to.ShouldRead["http_req_cnt"] != 15 {
				return fmt.Errorf("%+v", to)
			}
		}
		if len(x.Receivers) != 2 {
			return fmt.Errorf("%d receivers", len(x.Receivers))
		}
		return nil
	})
	a.silent("ERROR")
}
