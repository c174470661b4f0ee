package haproxytest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseTable(t *testing.T) {
	for _, c := range []struct {
		why, answer string
		want        map[string]Entry
	}{
		{"an empty table is no error", "# table: t, type: ip, size:1024, used:0\n\n", map[string]Entry{}},
		{
			"signed, 64-bit and text columns, an escaped key, the shard of a 3.0",
			"# table: t, type: string, size:1024, used:1\n" +
				`0x7f2e: key=a\ b\= use=2 exp=599983 shard=1 server_id=-3 bytes_in_cnt=5000000000 gpc0_rate(10000)=9 server_key=s1` + "\n\n",
			map[string]Entry{`a\ b\=`: {
				Life: 599983 * time.Millisecond, Use: 2,
				Numbers: map[string]uint64{"server_id": 1<<64 - 3, "bytes_in_cnt": 5000000000, "gpc0_rate(10000)": 9},
				Texts:   map[string]string{"server_key": "s1"},
			}},
		},
		{
			"an empty key, and a server that is none",
			"# table: t, type: string, size:1024, used:1\n0x7f2e: key= use=0 exp=0 server_name=-\n",
			map[string]Entry{"": {Numbers: map[string]uint64{}, Texts: map[string]string{"server_name": ""}}},
		},
	} {
		got, err := ParseTable(c.answer)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, d)
		}
	}
}

func TestParseTableRefuses(t *testing.T) {
	const heading = "# table: t, type: ip, size:1024, used:1\n"
	for why, answer := range map[string]string{
		"HAProxy says no":           "No such table\n\n",
		"no answer":                 "",
		"a line that was cut":       heading + "0x7f2e: key=10.0.0.1",
		"a number that is not one":  heading + "0x7f2e: key=10.0.0.1 use=0 exp=1 gpc0=x\n",
		"a key that is there twice": heading + "0x7f2e: key=1 use=0 exp=1 gpc0=1\n0x7f2f: key=1 use=0 exp=1 gpc0=1\n",
	} {
		if rows, err := ParseTable(answer); err == nil {
			t.Errorf("%s: %v", why, rows)
		}
	}
}

// TestParsePeers reads answers of an old and of a new HAProxy, which differ in names, order and dictionaries.
func TestParsePeers(t *testing.T) {
	for _, file := range []string{"2.2-show-peers.txt", "3.2-show-peers.txt"} {
		answer, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		peers := ParsePeers(string(answer))
		agg, lb := peers["agg"], peers["n1"]
		if len(peers) != 2 || agg.Local || !lb.Local {
			t.Errorf("%s: one remote and one local peer: %v", file, peers)
		}
		for field, want := range map[string]string{"last_status": "CONN", "new_conn": "1", "st0": "6", "flags": "0x0", "section.id": "cluster"} {
			if got := agg.Fields[field]; got != want {
				t.Errorf("%s: %s=%s, want %s", file, field, got, want)
			}
		}
		rates := agg.Tables["cluster/rates"]
		if rates.Fields["update"] != "0" || rates.Table["update"] != "3" || rates.Table["localupdate"] != "3" {
			t.Errorf("%s: the table's numbers are not the peer's: %v", file, rates)
		}
		if len(agg.Tables) != len(lb.Tables) || len(agg.Tables) < 5 {
			t.Errorf("%s: all tables are shared with all peers: %d, %d", file, len(agg.Tables), len(lb.Tables))
		}
		if agg.Established() == nil || agg.Clean() == nil {
			t.Errorf("%s: a peer that is being called is not established", file)
		}
	}
}
