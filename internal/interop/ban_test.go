package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tallystick/internal/haproxytest"
)

// bannedBy starts nodes of every version that deny whoever has too many requests on all nodes together, or is tagged. Their
// entries live for three seconds and their rates count two, so that a ban has to be kept alive in both.
func bannedBy(t *testing.T) *cluster {
	t.Helper()
	c := start(t, everyVersion(t, func(haproxytest.Version) haproxytest.Config {
		return haproxytest.Config{
			Tables: withTwins(
				haproxytest.Table{Name: "/rates", Type: "string len 16", Store: "http_req_rate(2s),http_req_cnt", Expire: "3s", Track: haproxytest.Key},
				haproxytest.Table{Name: "/tags", Type: "string len 16", Store: "gpt0", Expire: "never"},
			),
			Web: fmt.Sprintf("    http-request deny deny_status 429 if { %s,table_http_req_rate(%s/rates.agg) gt 5000 }\n"+
				"    http-request deny deny_status 403 if { %[1]s,table_gpt0(%[2]s/tags.agg) gt 0 }", haproxytest.Key, haproxytest.Section),
		}
	}))
	haproxytest.Eventually(t, patience, func() error {
		if said, err := c.agg.cli("show table"); err != nil || !strings.Contains(said, "/tags.agg") || !strings.Contains(said, "/rates.agg") {
			return fmt.Errorf("not all tables are there: %s (%v)", said, err)
		}
		return nil
	})
	c.learned()
	return c
}

// say gives the aggregator a command, and fails the test unless it answers with what is wanted.
func (c *cluster) say(line, want string) {
	c.t.Helper()
	if said, err := c.agg.cli(line); err != nil || !strings.Contains(said, want) {
		c.t.Fatalf("%s: answer %q (%v), want %q", line, said, err, want)
	}
}

// meets fails the test unless all nodes answer the client with a status within d.
func (c *cluster) meets(key string, status int, d time.Duration, why string) {
	c.t.Helper()
	for _, n := range c.nodes {
		haproxytest.Eventually(c.t, d, func() error {
			if statuses, err := n.Request(key, 1); err != nil || statuses[status] != 1 {
				return fmt.Errorf("%s (%v), %s: statuses %v, error %v, want %d", n.Name, n.Version, why, statuses, err, status)
			}
			return nil
		})
	}
}

// TestBan: a ban bites on all nodes within a second and goes on for longer than their entries live and than several
// periods of their rates; it ends by itself.
func TestBan(t *testing.T) {
	t.Parallel()
	c := bannedBy(t)
	c.meets("mallory", 200, patience, "before the ban")
	const life = 12 * time.Second
	began := time.Now()
	for _, ban := range []string{"rates.agg mallory http_req_rate 100000", "rates.agg eve http_req_rate 7000", "rates.agg eve http_req_cnt 30", "tags.agg trudy gpt0 1"} {
		c.say("ban data "+ban+" for 12s", "it ends when this process is restarted")
	}
	c.meets("mallory", 429, time.Second, "a banned rate")
	c.meets("trudy", 403, time.Second, "a banned tag")
	looks := 0
	for ; time.Since(began) < life-500*time.Millisecond; time.Sleep(50 * time.Millisecond) {
		for _, n := range c.nodes {
			looks++
			row, err := n.Row("/rates.agg", "eve")
			if err != nil || row.Numbers["http_req_rate(2000)"] != 7000 || row.Numbers["http_req_cnt"] != 30 {
				t.Fatalf("%s (%v) after %v: it reads %v (%v), want the rate and the count that were said, all the time", n.Name, n.Version, time.Since(began), row, err)
			}
			if statuses, err := n.Request("mallory", 1); err != nil || statuses[429] != 1 {
				t.Fatalf("%s (%v) after %v: mallory is let in: %v, %v", n.Name, n.Version, time.Since(began), statuses, err)
			}
			if row, err = n.Row("/tags.agg", "trudy"); err != nil || row.Numbers["gpt0"] != 1 {
				t.Fatalf("%s (%v) after %v: trudy's tag is %v (%v)", n.Name, n.Version, time.Since(began), row, err)
			}
		}
	}
	if looks < 100 {
		t.Errorf("looked %d times only", looks)
	}
	time.Sleep(time.Until(began.Add(life + 200*time.Millisecond)))
	c.meets("mallory", 200, time.Second, "the ban is over")
	c.meets("trudy", 200, time.Second, "the tag is over, though the table has no expire")
	c.untouched("eve", "trudy")
	if said, err := c.agg.cli("show bans"); err != nil || strings.TrimSpace(said) != "" {
		t.Errorf("no ban is left: %q (%v)", said, err)
	}
	c.clean()
}

// TestUnban: a ban ends at once when that is said, one value or all.
func TestUnban(t *testing.T) {
	t.Parallel()
	c := bannedBy(t)
	c.say("ban data rates.agg mallory http_req_rate 100000 for 1h; ban data rates.agg mallory http_req_cnt 1000 for 1h; ban data tags.agg trudy gpt0 1 for 1h", "banned")
	c.meets("mallory", 429, time.Second, "a banned rate")
	c.meets("trudy", 403, time.Second, "a banned tag")
	c.say("unban data rates.agg mallory http_req_rate", "1 ban ended")
	c.meets("mallory", 200, time.Second, "the rate is not banned any more")
	for _, n := range c.nodes {
		if row, err := n.Row("/rates.agg", "mallory"); err != nil || row.Numbers["http_req_cnt"] < 1000 {
			t.Errorf("%s (%v): the count still is: %v (%v)", n.Name, n.Version, row, err)
		}
	}
	c.say("unban data rates.agg mallory; unban data tags.agg trudy", "1 ban ended")
	c.meets("trudy", 200, time.Second, "nobody else has tagged trudy")
	haproxytest.Eventually(t, time.Second, func() error {
		for _, n := range c.nodes {
			if row, err := n.Row("/rates.agg", "mallory"); err == nil && row.Numbers["http_req_cnt"] >= 1000 {
				return fmt.Errorf("%s (%v): the count is %d", n.Name, n.Version, row.Numbers["http_req_cnt"])
			}
		}
		return nil
	})
	c.untouched("trudy")
	c.clean()
}

// untouched fails the test if a node counts anything itself for keys that were banned: those are in the sums alone. The
// requests of this test are counted, so the sums of those who made none must be all that there is.
func (c *cluster) untouched(keys ...string) {
	c.t.Helper()
	for _, n := range c.nodes {
		for _, key := range keys {
			if row, err := n.Row("/tags", key); err == nil {
				c.t.Errorf("%s (%v) has %s in its own table: %v", n.Name, n.Version, key, row)
			}
			if row, err := n.Row("/rates", key); err == nil && key == "eve" {
				c.t.Errorf("%s (%v) has %s in its own table: %v", n.Name, n.Version, key, row)
			}
		}
	}
}
