package haproxytest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// each runs a test against every version.
func each(t *testing.T, test func(t *testing.T, v Version)) {
	for _, v := range Versions(t) {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			test(t, v)
		})
	}
}

// one is a HAProxy that counts requests by their key: in a table of a peers section, and in one of a proxy.
func one(v Version) Config {
	store := "http_req_cnt,http_req_rate(10s),gpc0,server_id"
	return Config{Version: v, Name: "lb1", Tables: []Table{
		{Name: "/rates", Type: "string len 32", Store: store, Track: Key},
		{Name: "addresses", Type: "ip", Store: store, Expire: "never", Track: "src"},
	}}
}

func TestVersionIsWhatItSays(t *testing.T) {
	each(t, func(t *testing.T, v Version) {
		info, err := Start(t, one(v)).Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(info["Version"], v.String()+".") {
			t.Errorf("version %q started for %v", info["Version"], v)
		}
	})
}

func TestCountsTraffic(t *testing.T) {
	each(t, func(t *testing.T, v Version) {
		h := Start(t, one(v))
		statuses, err := h.Request("alice", 20)
		if err != nil || statuses[200] != 20 {
			t.Fatalf("statuses %v, error %v", statuses, err)
		}
		c, err := h.Dial("127.0.0.9")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if status, err := c.Get("/404", `two words=\`); err != nil || status != 404 {
			t.Fatalf("status %d, error %v", status, err)
		}
		row, err := h.Row("/rates", "alice")
		if err != nil || row.Numbers["http_req_cnt"] != 20 || row.Numbers["http_req_rate(10000)"] != 20 {
			t.Errorf("alice made 20 requests just now: %v, error %v", row, err)
		}
		if row.Life < 5*time.Minute || row.Life > 10*time.Minute {
			t.Errorf("a row of a table that keeps rows for 10 minutes lives %v", row.Life)
		}
		rows, err := h.Table("/rates")
		if err != nil || len(rows) != 2 || rows[`two\ words\=\\`].Numbers["http_req_cnt"] != 1 {
			t.Errorf("keys are as HAProxy escapes them: %v, error %v", rows, err)
		}
		rows, err = h.Table("addresses")
		if err != nil || rows["127.0.0.9"].Numbers["http_req_cnt"] != 1 || rows["127.0.0.1"].Numbers["http_req_cnt"] != 20 {
			t.Errorf("requests by source address: %v, error %v", rows, err)
		}
		if life := rows["127.0.0.1"].Life; life != 0 {
			t.Errorf("a row of a table without expire lives %v", life)
		}
	})
}

func TestTrafficKeepsItsPace(t *testing.T) {
	h := Start(t, one(Get(t, 2, 6)))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	n := h.Traffic(ctx, "alice", 100)
	row, err := h.Row("/rates", "alice")
	if err != nil || row.Numbers["http_req_cnt"] != uint64(n) {
		t.Errorf("%d requests were answered: %v, error %v", n, row, err)
	}
	if n < 20 || n > 101 {
		t.Errorf("%d requests in a second at 100 a second", n)
	}
}

func TestSet(t *testing.T) {
	each(t, func(t *testing.T, v Version) {
		h := Start(t, one(v))
		var rows []string
		for i := range 2000 { // several lines' worth
			rows = append(rows, fmt.Sprintf("k%d gpc0 %d server_id -3 http_req_cnt 4294967295 http_req_rate 7", i, i))
		}
		if err := h.Set("/rates", rows...); err != nil {
			t.Fatal(err)
		}
		if n, err := h.Used("/rates"); err != nil || n != len(rows) {
			t.Errorf("%d rows, error %v", n, err)
		}
		got, err := h.Table("/rates")
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			n := got[fmt.Sprintf("k%d", i)].Numbers
			if n["gpc0"] != uint64(i) || int64(n["server_id"]) != -3 || n["http_req_cnt"] != 1<<32-1 || n["http_req_rate(10000)"] == 0 {
				t.Fatalf("row %d: %v", i, n)
			}
		}
		if err := h.Set("/rates", "k1 nosuchcolumn 1"); err == nil {
			t.Error("HAProxy refuses an unknown column, and that is an error here")
		}
		if err := h.Clear("/rates"); err != nil {
			t.Error(err)
		}
		if n, err := h.Used("/rates"); err != nil || n != 0 {
			t.Errorf("%d rows after clear, error %v", n, err)
		}
	})
}

func TestReloadKeepsEntries(t *testing.T) {
	each(t, func(t *testing.T, v Version) {
		h := Start(t, one(v))
		if err := h.Set("/rates", "alice http_req_cnt 7"); err != nil {
			t.Fatal(err)
		}
		Eventually(t, 15*time.Second, func() error {
			peers, err := h.Peers()
			if err != nil {
				return err
			}
			return peers["lb1"].Learned() // it has nobody to learn from, and waits 5 s
		})
		old := h.Process()
		h.Reload()
		if h.Pid() == old.Pid() {
			t.Error("the same process after a reload")
		}
		Eventually(t, 10*time.Second, func() error {
			row, err := h.Row("/rates", "alice") // the old process teaches the new one
			if err == nil && row.Numbers["http_req_cnt"] != 7 {
				err = fmt.Errorf("row %v", row)
			}
			return err
		})
		select {
		case <-old.Done():
		case <-time.After(20 * time.Second):
			t.Error("the old process does not end")
		}
	})
}

func TestRestartForgets(t *testing.T) {
	each(t, func(t *testing.T, v Version) {
		h := Start(t, one(v))
		if err := h.Set("/rates", "alice http_req_cnt 7"); err != nil {
			t.Fatal(err)
		}
		h.Kill()
		if _, err := h.Info(); err == nil {
			t.Error("a killed HAProxy answers")
		}
		if _, err := h.Dial(""); err == nil {
			t.Error("a killed HAProxy accepts connections")
		}
		h.Restart()
		if n, err := h.Used("/rates"); err != nil || n != 0 {
			t.Errorf("%d rows after a crash, error %v", n, err)
		}
		if _, err := h.Request("alice", 1); err != nil {
			t.Errorf("it serves at the same address again: %v", err)
		}
	})
}

func TestPauseAndResume(t *testing.T) {
	h := Start(t, one(Get(t, 3, 0)))
	h.Pause()
	c, err := h.Dial("") // the kernel still accepts for it
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answered := make(chan error, 1)
	go func() {
		_, err := c.Get("/", "alice")
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("a paused HAProxy answers: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	h.Resume()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// TestPeers proves the harness without this project's program: two HAProxys replicate a table by themselves.
func TestPeers(t *testing.T) {
	versions := Versions(t)
	for i, v := range versions {
		w := versions[(i+1)%len(versions)]
		t.Run(fmt.Sprintf("%v and %v", v, w), func(t *testing.T) {
			t.Parallel()
			a, b := one(v), one(w)
			b.Name = "lb2"
			a.Addr, b.Addr = Address(t), Address(t)
			a.Peers, b.Peers = []Peer{{Name: b.Name, Addr: b.Addr}}, []Peer{{Name: a.Name, Addr: a.Addr}}
			h, other := Start(t, a), Start(t, b)
			replicates(t, h, other, "/rates")
			replicates(t, other, h, "addresses")
		})
	}
}

// TestPeersInTLS has two that want certificates of each other, and two that are only called: of these one has a
// certificate for another name than its own.
func TestPeersInTLS(t *testing.T) {
	each(t, func(t *testing.T, v Version) {
		ca := NewAuthority(t)
		nobody, addr := Address(t), map[string]string{}
		names := []string{"lb1", "lb2", "called", "mistaken"}
		for _, name := range names {
			addr[name] = Address(t)
		}
		node := func(name, certified string) *HAProxy {
			c := one(v)
			c.Name, c.Addr, c.Bind = name, addr[name], ca.Words(certified)
			for _, other := range names {
				at := addr[other]
				if name == "called" || name == "mistaken" {
					at = nobody
				}
				if other != name {
					c.Peers = append(c.Peers, Peer{Name: other, Addr: at, Args: c.Bind + " verifyhost " + other})
				}
			}
			return Start(t, c)
		}
		node("called", "called")
		node("mistaken", "lb9")
		first, second := node("lb1", "lb1"), node("lb2", "lb2")
		replicates(t, first, second, "/rates")
		replicates(t, second, first, "addresses")
		Eventually(t, 20*time.Second, func() error {
			peers, err := first.Peers()
			if err == nil {
				err = peers["called"].Established()
			}
			if err == nil && peers["mistaken"].Established() == nil {
				t.Fatal("a session with a peer whose certificate is for another name")
			}
			return err
		})
	})
}

// TestShards has a HAProxy tell each of two others about half of its keys.
func TestShards(t *testing.T) {
	for _, v := range Versions(t) {
		if !v.AtLeast(2, 7) {
			continue
		}
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			from, to := one(v), []Config{one(v), one(v)}
			from.Addr, from.Shards = Address(t), 2
			var others []*HAProxy
			for i := range to {
				to[i].Name, to[i].Addr = fmt.Sprintf("lb%d", i+2), Address(t)
				to[i].Peers = []Peer{{Name: from.Name, Addr: from.Addr}}
				from.Peers = append(from.Peers, Peer{Name: to[i].Name, Addr: to[i].Addr, Args: fmt.Sprintf("shard %d", i+1)})
				others = append(others, Start(t, to[i]))
			}
			h := Start(t, from)
			var rows []string
			for k := range 200 {
				rows = append(rows, fmt.Sprintf("k%d gpc0 1", k))
			}
			if err := h.Set("/rates", rows...); err != nil {
				t.Fatal(err)
			}
			Eventually(t, 20*time.Second, func() error {
				a, err := others[0].Used("/rates")
				b, other := others[1].Used("/rates")
				if err != nil || other != nil || a+b != 200 || a < 50 || b < 50 {
					err = fmt.Errorf("%d and %d of 200 keys, errors %v, %v", a, b, err, other)
				}
				return err
			})
		})
	}
}

// TestBegun has requests that are answered, and some that are not: no more are counted than were begun.
func TestBegun(t *testing.T) {
	h := Start(t, one(Get(t, 2, 6)))
	if _, err := h.Request("alice", 7); err != nil {
		t.Fatal(err)
	}
	c, err := h.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h.Kill()
	if _, err := c.Get("/", "alice"); err == nil {
		t.Error("the dead answer")
	}
	if n, other := h.Begun("alice"), h.Begun("bob"); n != 8 || other != 0 {
		t.Errorf("%d requests of alice and %d of bob were begun, want 8 and none", n, other)
	}
}

func replicates(t *testing.T, from, to *HAProxy, table string) {
	t.Helper()
	const key = "127.0.0.77"
	Eventually(t, 20*time.Second, func() error {
		peers, err := from.Peers()
		if err != nil {
			return err
		}
		return peers[to.Name].Established()
	})
	if err := from.Set(table, key+" gpc0 5"); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 20*time.Second, func() error {
		row, err := to.Row(table, key)
		if err == nil && row.Numbers["gpc0"] != 5 {
			err = fmt.Errorf("%s has %v", to.Name, row)
		}
		return err
	})
	again := time.Now().Add(3 * time.Second)
	Eventually(t, 20*time.Second, func() error {
		if time.Now().After(again) { // what comes while the other one still learns is taken, but not acked
			again = time.Now().Add(3 * time.Second)
			if err := from.Set(table, key+" gpc0 5"); err != nil {
				return err
			}
		}
		peers, err := from.Peers()
		if err != nil {
			return err
		}
		if err := peers[to.Name].Clean(); err != nil {
			return err
		}
		return peers[to.Name].Heard(table)
	})
}
