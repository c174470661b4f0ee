package interop

import (
	"fmt"
	"strings"
	"testing"

	"tallystick/internal/haproxytest"
)

// columns are all data types that a version can store in one table and its CLI can set. Periods are long, so that
// rates stand nearly still while four tables are read one after the other.
func columns(v haproxytest.Version) []string {
	names := []string{
		"server_id", "gpt0", "gpc0", "gpc0_rate", "conn_cnt", "conn_rate", "conn_cur", "sess_cnt", "sess_rate",
		"http_req_cnt", "http_req_rate", "http_err_cnt", "http_err_rate", "bytes_in_cnt", "bytes_in_rate",
		"bytes_out_cnt", "bytes_out_rate", "gpc1", "gpc1_rate",
	}
	if v.AtLeast(2, 4) {
		names = append(names, "http_fail_cnt", "http_fail_rate")
	}
	if v.AtLeast(3, 0) {
		names = append(names, "glitch_cnt", "glitch_rate")
	}
	return names
}

// store is the store argument of a table with columns.
func store(columns []string) string {
	var words []string
	for _, c := range columns {
		if strings.HasSuffix(c, "_rate") {
			c += "(1h)"
		}
		words = append(words, c)
	}
	return strings.Join(words, ",")
}

// keyTypes are tables of each key type that HAProxy's CLI can write, in peers sections and in proxies, with
// keys that are at the edges. A suffix that a table has is replaced in its twin.
var keyTypes = []struct {
	table haproxytest.Table
	twin  string
	keys  []string
}{
	{haproxytest.Table{Name: "/ip", Type: "ip"}, "/ip.agg", []string{"0.0.0.0", "192.0.2.1", "255.255.255.255"}},
	{haproxytest.Table{Name: "ip6.v1", Type: "ipv6"}, "ip6.agg", []string{"::", "2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}},
	{haproxytest.Table{Name: "int", Type: "integer"}, "int.agg", []string{"0", "305419896", "4294967295"}},
	{haproxytest.Table{Name: "/str", Type: "string len 40"}, "/str.agg", []string{"a", "alice@example.org", strings.Repeat("x", 40)}},
	{haproxytest.Table{Name: "short", Type: "string len 3", Expire: "never"}, "short.agg", []string{"a", "abc"}},
}

// TestEveryKeyAndDataType sets every column of every key type to another value on every node. Columns that only newer
// nodes have are summed over these.
func TestEveryKeyAndDataType(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(v haproxytest.Version) haproxytest.Config {
		var tables []haproxytest.Table
		for _, k := range keyTypes {
			k.table.Store = store(columns(v))
			twin := k.table.Twin("")
			twin.Name = k.twin
			if v.AtLeast(3, 2) {
				twin.Args = "recv-only" // so that it learns conn_cur
			}
			tables = append(tables, k.table, twin)
		}
		return haproxytest.Config{Tables: tables}
	}))
	for _, k := range keyTypes {
		for i, n := range c.nodes {
			var rows []string
			for j, key := range k.keys {
				row := key
				for number, column := range columns(n.Version) {
					row += fmt.Sprintf(" %s %d", column, (i+1)*1000+j*100+number)
				}
				rows = append(rows, row)
			}
			set(t, n, k.table.Name, rows...)
		}
	}
	for _, k := range keyTypes {
		haproxytest.Eventually(t, patience, func() error { return c.compare(k.table.Name, k.twin) })
	}
	c.clean("/ip", "ip6.v1", "int", "/str", "short")
}

// TestSumsStopAtTheirLimit has four nodes with the largest values that HAProxy's CLI takes.
func TestSumsStopAtTheirLimit(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(v haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{Tables: withTwins(haproxytest.Table{Name: "/rates", Type: "ip", Store: "gpc0,http_req_cnt,bytes_in_cnt,bytes_out_cnt"})}
	}))
	for _, n := range c.nodes {
		set(t, n, "/rates", "192.0.2.1 gpc0 4294967295 http_req_cnt 1073741823 bytes_in_cnt 9223372036854775807 bytes_out_cnt 1152921504606846976")
	}
	c.exact("/rates")
	for _, n := range c.nodes {
		row, err := n.Row("/rates.agg", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		for column, want := range map[string]uint64{
			"gpc0":          1<<32 - 1, // four times as much does not fit
			"http_req_cnt":  1<<32 - 4, // four times 2^30-1 does
			"bytes_in_cnt":  1<<64 - 1,
			"bytes_out_cnt": 1 << 62,
		} {
			if got := row.Numbers[column]; got != want {
				t.Errorf("%s (%v): %s is %d, want %d", n.Name, n.Version, column, got, want)
			}
		}
	}
}

// TestBinaryKeysAndArrays makes what CLI cannot set: by requests, which also exercise the counters that HAProxy itself
// keeps. Arrays are unknown to 2.2, which shares the other table only.
func TestBinaryKeysAndArrays(t *testing.T) {
	t.Parallel()
	c := start(t, everyVersion(t, func(v haproxytest.Version) haproxytest.Config {
		tables := []haproxytest.Table{{
			Name: "/bin", Type: "binary len 8", Track: haproxytest.Key,
			Store: "gpt0,gpc0,conn_cnt,conn_cur,http_req_cnt,http_req_rate(1h),http_err_cnt,bytes_in_cnt,bytes_out_cnt",
		}}
		web := "http-request sc-inc-gpc0(0)\n    http-request sc-set-gpt0(0) 7"
		if v.AtLeast(2, 5) {
			tables = append(tables, haproxytest.Table{Name: "arrays", Type: "string len 16", Store: "gpt(2),gpc(3),gpc_rate(3,1h)", Track: haproxytest.Key})
			web += "\n    http-request sc-inc-gpc(0,1)\n    http-request sc-inc-gpc(2,1)\n    http-request sc-set-gpt(1,1) 9"
		}
		return haproxytest.Config{Tables: withTwins(tables...), Web: "    " + web}
	}))
	for i, n := range c.nodes {
		client, err := n.Dial("")
		if err != nil {
			t.Fatal(err)
		}
		for r := range 10 * (i + 1) {
			for _, key := range []string{"ab", "exactly8", "longer than 8"} {
				path := "/"
				if r%5 == 0 {
					path = "/404"
				}
				if _, err := client.Get(path, key); err != nil {
					t.Fatalf("%s: %v", n.Name, err)
				}
			}
		}
		client.Close()
	}
	c.exact("/bin")
	haproxytest.Eventually(t, patience, func() error {
		return c.only(c.nodes[1:]...).compare("arrays", "arrays.agg")
	})
	row, err := c.nodes[1].Row("arrays.agg", "ab")
	if err != nil || row.Numbers["gpc0"] != 20+30+40 || row.Numbers["gpc1"] != 0 || row.Numbers["gpc2"] != 90 || row.Numbers["gpt1"] != 9 {
		t.Errorf("three nodes that know arrays had 20, 30 and 40 requests: %v, error %v", row, err)
	}
	c.clean("/bin")
}
